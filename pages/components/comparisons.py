"""The views below the leaderboard; only the one that is open is computed."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from backend.figures import compare as figures
from backend.figures import wording
from backend.workflows import comparison, hyperparameters
from backend.workflows.comparison import Leaderboard
from pages.components import charts, repetitions, state, tradeoffs
from pages.components.cached import remember
from pages.components.words import explain

VIEWS = (
    "Fusion strategies",
    "Against the baseline",
    "For whom",
    "For which items",
    "Trade-offs",
    "Together",
    "Learning curves",
    "Seeds and splits",
    "Costs",
    "Settings that differ",
)
_AT_FIRST = 8


def show(board: Leaderboard, pinned: str) -> None:
    """One of the views, and which runs it is about."""
    view = state.pick("View", "view", VIEWS, control="segments", hide_label=True)
    if view == VIEWS[0]:
        charts.show(figures.fusion_strategies(board), key="fusions", data=True)
        st.caption(
            "One point per run, its line the 95 % interval, the bar the mean of the runs of one "
            "strategy. Right of the dashed rule: better than the best model that sees clicks only."
        )
        return
    if view == "Seeds and splits":
        repetitions.show(board, state.dataset_id())
        return
    if view == "Costs":
        _costs(board)
        return
    titles = {row.run_id: row.label for row in board.rows}
    chosen = state.pick_many(
        "Runs", "runs", list(titles), default=list(titles)[:_AT_FIRST], titles=titles
    )
    if not chosen:
        st.info("Choose at least one run.", icon=":material/touch_app:")
    elif view == "Against the baseline":
        _paired(board, chosen, pinned)
    elif view == "For whom":
        _segments(board, chosen, pinned)
    elif view == "Learning curves":
        curves = remember(comparison.curves, chosen, board.metric)
        charts.show(figures.learning_curves(curves, board.metric), key="curves", data=True)
        st.caption(
            "How good lists for the validation part became while the model was trained; the star "
            "marks the epoch that was kept. A curve that still rises at its end would gain from "
            "more epochs; one that falls after its star has begun to learn by heart."
        )
    elif view == "For which items":
        tradeoffs.items(chosen)
    elif view == "Trade-offs":
        tradeoffs.show(board, chosen)
    elif view == "Together":
        tradeoffs.together(chosen, board)
    else:
        _settings(board, [pinned, *(run for run in chosen if run != pinned)], titles)


def _paired(board: Leaderboard, chosen: Sequence[str], pinned: str) -> None:
    baseline = next(row.label for row in board.rows if row.run_id == pinned)
    rows = remember(comparison.paired, tuple(chosen), pinned, board.metric)
    charts.show(figures.forest(rows, baseline, board.metric), key="forest", data=True)
    if not rows:
        return
    st.caption(
        "A point right of the dashed rule is better than the run pinned above, for the same "
        "people. The line holds the true difference in 95 of 100 repetitions; where it crosses "
        "the rule (hollow point), chance may explain the difference."
    )
    st.dataframe(
        pd.DataFrame(
            {
                "Run": [row.label for row in rows],
                "Difference": [wording.signed(row.difference.value) for row in rows],
                "95 % interval": [
                    f"[{wording.signed(r.difference.low)}, {wording.signed(r.difference.high)}]"
                    for r in rows
                ],
                "Relative": [wording.percent(row.relative, sign=True) for row in rows],
                "p (corrected)": [wording.p_value(row.adjusted_p) for row in rows],
                "Effect size": [wording.signed(row.difference.effect_size) for row in rows],
                "People": [row.difference.n for row in rows],
                "In words": [row.sentence for row in rows],
            }
        ),
        hide_index=True,
        height="content",
        column_config={
            "p (corrected)": st.column_config.TextColumn(help=explain("p")),
            "Effect size": st.column_config.TextColumn(help=explain("effect")),
            "In words": st.column_config.TextColumn(width="large"),
        },
        alt="Differences from the baseline",
    )


def _segments(board: Leaderboard, chosen: Sequence[str], pinned: str) -> None:
    found = remember(comparison.segments, tuple(chosen), board.metric)
    charts.show(figures.segments(found, charts.is_dark()), key="segments", data=True)
    st.caption(
        "People in four groups by how much they chose in training, the least active left; each "
        "cell is the mean of their lists under one run, a stronger colour is better."
    )
    best = chosen[0] if chosen[0] != pinned else next((r for r in chosen if r != pinned), "")
    if best:
        labels = {row.run_id: row.label for row in board.rows}
        pairs = remember(comparison.per_user, best, pinned, board.metric)
        charts.show(
            figures.win_loss(pairs, labels[best], labels[pinned], charts.is_dark()),
            key="win_loss",
            data=True,
        )
        st.caption(
            "Of all test users, how many get a better list from one run, from the other, or an "
            "equally good one. A mean can rise although most people see no difference."
        )
        tradeoffs.people(board, best, pinned)


def _costs(board: Leaderboard) -> None:
    against = state.pick(
        "Against",
        "cost",
        ("seconds", "parameters"),
        titles={"seconds": "Training time", "parameters": "Size"},
        control="segments",
    )
    charts.show(figures.costs(board, against, charts.is_dark()), key=f"costs_{against}", data=True)
    st.caption(
        "The dotted line joins the runs that nothing cheaper beats; they are named, the others say "
        "their name on hover."
    )


def _settings(board: Leaderboard, chosen: Sequence[str], titles: dict[str, str]) -> None:
    rows = remember(comparison.config_differences, tuple(chosen))
    if not rows:
        st.info("The chosen runs have the same settings.", icon=":material/drag_handle:")
        return
    found = remember(hyperparameters.hyperparameters, tuple(chosen), board.metric)
    charts.show(
        figures.hyperparameters(found, board.metric, board.higher_is_better),
        key="hyperparameters",
        data=True,
    )
    st.caption(
        "A line is a run, from what it was set to on the left to how good it became on the right; "
        "the thick one is the best. Settings that bright lines share are worth keeping. The table "
        "below has only what differs, the pinned run first."
    )
    table = pd.DataFrame({"Setting": [plain_name(row.setting) for row in rows]})
    for place, run_id in enumerate(chosen):
        name = titles[run_id]
        while name in table:
            name += "\u200b"
        table[name] = [row.values[place] for row in rows]
    st.dataframe(table, hide_index=True, height="content", alt="Settings in which the runs differ")


def plain_name(setting: str) -> str:
    """ "learning_rate" -> "learning rate"."""
    return setting.replace("_", " ")
