"""The same strategies again: under other seeds, and with another part held out for testing."""

from collections.abc import Sequence

import streamlit as st

from backend.figures import repetition as figures
from backend.workflows import repetition
from backend.workflows.comparison import Leaderboard
from backend.workflows.workspace import open_workspace
from pages.components import charts, state
from pages.components.cached import remember


def show(board: Leaderboard, dataset_id: str) -> None:
    """Spread over seeds, then the effect of the split."""
    ids = tuple(row.run_id for row in board.rows)
    found = remember(repetition.repetitions, ids, board.metric)
    charts.show(figures.seeds(found, board.metric), key="seeds", data=True)
    st.caption(
        "A point is one training, the stroke their mean, ± their standard deviation. Points of one "
        "strategy differ by luck alone (which numbers a model starts from): where the lines of two "
        "strategies overlap, another seed may turn their order round."
    )
    if _only_once(found):
        state.link("train", "Repeat with more seeds", icon=":material/casino:")
    effect = repetition.split_effect(open_workspace(), dataset_id, board.metric)
    charts.show(
        figures.split_effect(effect, board.metric, charts.is_dark()), key="splits", data=True
    )
    st.caption(
        "Each column hides another part of the data for the test; the number in brackets is the "
        "rank within the column. Values of different columns cannot be compared, ranks can: a "
        "strategy that leads under one split only owes that to the split. What is closest to use "
        "is usually the last in time."
    )


def _only_once(found: Sequence[repetition.Repetition]) -> bool:
    return all(len(row.seeds) < 2 for row in found)
