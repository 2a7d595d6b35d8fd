"""The views below the leaderboard; only the one that is open is computed."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from backend.figures import compare as figures
from backend.figures import wording
from backend.workflows import comparison
from backend.workflows.comparison import Leaderboard
from pages.components import charts, state, tradeoffs
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
    "Costs",
    "Settings that differ",
)
_AT_FIRST = 8


def show(board: Leaderboard, pinned: str) -> None:
    """One of the views, and which runs it is about."""
    view = state.pick("View", "view", VIEWS, control="segments", hide_label=True)
    if view == VIEWS[0]:
        charts.show(figures.fusion_strategies(board), key="fusions", data=True)
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
    elif view == "For which items":
        tradeoffs.items(chosen)
    elif view == "Trade-offs":
        tradeoffs.show(board, chosen)
    elif view == "Together":
        tradeoffs.together(chosen, board)
    else:
        _settings([pinned, *(run for run in chosen if run != pinned)], titles)


def _paired(board: Leaderboard, chosen: Sequence[str], pinned: str) -> None:
    baseline = next(row.label for row in board.rows if row.run_id == pinned)
    rows = remember(comparison.paired, tuple(chosen), pinned, board.metric)
    charts.show(figures.forest(rows, baseline, board.metric), key="forest", data=True)
    if not rows:
        return
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
    best = chosen[0] if chosen[0] != pinned else next((r for r in chosen if r != pinned), "")
    if best:
        labels = {row.run_id: row.label for row in board.rows}
        pairs = remember(comparison.per_user, best, pinned, board.metric)
        charts.show(
            figures.win_loss(pairs, labels[best], labels[pinned]), key="win_loss", data=True
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


def _settings(chosen: Sequence[str], titles: dict[str, str]) -> None:
    rows = remember(comparison.config_differences, tuple(chosen))
    if not rows:
        st.info("The chosen runs have the same settings.", icon=":material/drag_handle:")
        return
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
