"""Train: choose what to compare, start it, watch it learn."""

import streamlit as st

from backend.workflows import training
from backend.workflows.workspace import open_workspace
from pages.components import empty, guards, headline, plans, runs, state, tuning

dataset_id = state.dataset_id()
if not dataset_id:
    headline.show("Train models here")
    empty.no_dataset()
    st.stop()

known = training.progress(open_workspace(), dataset_id)
headline.show(
    runs.finding(known),
    "Training runs in a worker of its own: closing the browser stops nothing.",
)

left, right = st.columns([2, 3], gap="large")
with left:
    guards.leaks(dataset_id)
    plans.form(dataset_id)
with right:
    tuning.show(dataset_id)
    st.subheader("Runs", anchor=False)
    if known:
        runs.watch(dataset_id, known)
        if sum(run.run.state == "done" for run in known) > 1:
            state.link("compare", "Compare the finished runs", icon=":material/leaderboard:")
    else:
        st.info(
            "Curves, progress and the time left appear here once a run has started. "
            "The choice on the left is a good first comparison.",
            icon=":material/lightbulb:",
        )
