"""Compare: who leads, by how much, for whom, at what cost."""

import streamlit as st

from backend.schema import HEADLINE_METRIC
from backend.workflows import comparison
from backend.workflows.workspace import open_workspace
from pages.components import comparisons, empty, guards, headline, leaderboard, reliability, state
from pages.components.markup import plain

dataset_id = state.dataset_id()
if not dataset_id:
    headline.show("Compare models here")
    empty.no_dataset()
    st.stop()

board = comparison.leaderboard(
    open_workspace(),
    dataset_id,
    state.read("metric", HEADLINE_METRIC),
    state.read("protocol"),
    controls=leaderboard.with_controls(),
)
if not board.rows or board.protocol is None:
    headline.show("No run has finished on these data yet")
    empty.nothing_yet(
        "A leaderboard will stand here",
        "Every finished run with its metric and interval, fusion strategies side by side, for whom "
        "each works and what it costs. Two runs are enough to begin.",
        "Train models",
        "train",
        "compare",
    )
    st.stop()

headline.show(
    board.verdict,
    f"{len(board.rows)} runs; {plain(board.protocol.label)}. The leader is chosen on validation "
    "and measured on the test part, so luck on the test does not flatter it.",
)
if st.button("See what the leader recommends", type="primary", icon=":material/arrow_forward:"):
    state.go("recommend", run=board.leader or board.rows[0].run_id)

pinned = leaderboard.controls(board)
above = st.container()
leaderboard.show(board, pinned)
with above:  # drawn after the board, for which nobody should wait longer
    guards.numbers([row.run_id for row in board.rows], board.metric)
reliability.show(board)
comparisons.show(board, pinned)
