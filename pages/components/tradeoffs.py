"""Views of the Compare page beyond one metric: trade-offs, kinds of items, person by person."""

from collections.abc import Sequence

import streamlit as st

from backend.figures import tradeoffs as figures
from backend.figures import wording
from backend.workflows import comparison, recommendation, segments, synergy
from backend.workflows.comparison import Leaderboard
from backend.workflows.workspace import open_workspace
from pages.components import cards, charts, state
from pages.components.boundary import boundary
from pages.components.cached import remember

_OTHERS = ("diversity@20", "novelty@20", "coverage@20", "serendipity@20", "popularity_bias@20")
_MOST_ON_A_RADAR = 4


def show(board: Leaderboard, chosen: Sequence[str]) -> None:
    """The Pareto front over all runs, then every metric of the chosen ones."""
    others = [name for name in _OTHERS if name in board.metrics and name != board.metric]
    higher = {
        n: comparison.metric_help()[n.partition("@")[0]].higher_is_better for n in board.metrics
    }
    if others:
        other = state.pick(
            "Against",
            "against",
            others,
            titles={name: wording.metric_title(name) for name in others},
            control="segments",
        )
        charts.show(
            figures.pareto(board, other, higher[other], charts.is_dark()),
            key=f"pareto_{other}",
            data=True,
        )
        st.caption(
            "The dotted line joins the runs that no other run beats in both; to gain in one, they "
            "have to give in the other."
        )
    rows = [row for row in board.rows if row.run_id in chosen]
    table = [(row.label, row.metrics) for row in rows]
    shown = [name for name in board.metrics if name.endswith("@20") or "@" not in name]
    charts.show(
        figures.all_metrics(table, shown, higher, charts.is_dark()), key="all_metrics", data=True
    )
    st.caption("Each column is a metric with its own scale: a stronger colour is better within it.")
    charts.show(
        figures.radar(table[:_MOST_ON_A_RADAR], board.metrics, higher), key="radar", data=True
    )
    st.caption(
        f"The first {_MOST_ON_A_RADAR} chosen runs. On each axis the outer end is the best of "
        "them, the inner one the worst: the shape says where a run is strong, not by how much."
    )


def items(chosen: Sequence[str]) -> None:
    """For which items each run works."""
    kind = state.pick(
        "Items by", "items", tuple(segments.KINDS), titles=segments.KINDS, control="segments"
    )
    found = remember(segments.item_segments, tuple(chosen), kind)
    charts.show(
        figures.item_segments(found, segments.KINDS[kind], charts.is_dark()),
        key=f"items_{kind}",
        data=True,
    )
    st.caption(
        "Of all test choices of such items, the share that stood among the first 20 of the "
        "person's list."
    )


def people(board: Leaderboard, run_id: str, baseline: str) -> None:
    """Person by person, with both lists of the one that was clicked."""
    labels = {row.run_id: row.label for row in board.rows}
    pairs = remember(comparison.per_user, run_id, baseline, board.metric)
    figure = figures.win_loss_people(pairs, labels[run_id], labels[baseline], board.metric)
    event = st.plotly_chart(
        figure, key="people_scatter", on_select="rerun", selection_mode="points",
        alt="Every person by the metric under both runs",
    )  # fmt: skip
    st.caption(
        "Above the dashed line the list of the first run is better for a person, below it that of "
        "the second. Click a point to see both lists."
    )
    points = event["selection"]["points"] if event else []
    picked = next((p["customdata"] for p in points if p.get("customdata") is not None), "")
    user = picked[0] if isinstance(picked, list | tuple) else picked
    if user:
        with boundary():
            _both_lists(str(user), {run_id: labels[run_id], baseline: labels[baseline]})


def _both_lists(user: str, labels: dict[str, str]) -> None:
    st.subheader("One person, two lists", anchor=False)
    for column, (run_id, label) in zip(st.columns(len(labels)), labels.items(), strict=True):
        with column:
            st.text(label)
            found = recommendation.recommend(open_workspace(), run_id, user, 8)
            cards.strip([item.card for item in found.items], side=88)
            hits = sum(item.in_test for item in found.items)
            cards.quiet(f"{hits} of these 8 were really chosen later")
            state.link("recommend", "The whole list", icon=":material/arrow_forward:",
                       run=run_id, user=user)  # fmt: skip


def together(chosen: Sequence[str], board: Leaderboard) -> None:
    """Whether modalities complete each other, for one run that reads content."""
    able = {
        row.run_id: row.label
        for row in board.rows
        if row.run_id in chosen and row.reads_content and len(row.encoders) > 1
    }
    if not able:
        st.info("Choose a run that reads at least two modalities.", icon=":material/touch_app:")
        return
    run_id = state.pick("Run", "synergy", list(able), titles=able)
    charts.show(
        figures.synergy(remember(synergy.synergy, run_id), charts.is_dark()),
        key="synergy",
        data=True,
    )
    st.caption(
        "For each category: what two modalities are worth together beyond what each is worth "
        "alone. Above zero they complete each other, below they say the same; where what they "
        "say runs against each other over people and items, they disagree."
    )
