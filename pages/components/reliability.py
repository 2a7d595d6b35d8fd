"""Whether predicted chances of a click come true, for the runs of a leaderboard."""

import streamlit as st

from backend.figures import clicks as figures
from backend.workflows import clicks
from backend.workflows.comparison import Leaderboard
from backend.workflows.workspace import open_workspace
from pages.components import charts
from pages.components.boundary import boundary
from pages.components.words import explain

_SHOWN = 6


def show(board: Leaderboard) -> None:
    """Nothing where the runs do not predict clicks."""
    with boundary():
        ids = [row.run_id for row in board.rows[:_SHOWN]]
        runs = clicks.reliability(open_workspace(), ids)
        if not runs:
            return
        best = min(runs, key=lambda run: run.error)
        st.subheader("Calibration", anchor=False, help=explain("calibration"))
        st.caption(
            f"On the test part, the chances that {best.label} predicts are off by "
            f"{best.error:.1%} of all impressions in the mean. Points above the diagonal: more "
            "people clicked than predicted."
        )
        charts.show(figures.reliability(runs), "reliability", data=True)
