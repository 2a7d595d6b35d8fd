"""Experiment: is fusion worth it, for whom, at what cost? One click, one verdict."""

import streamlit as st

from backend.workflows import experiment_view
from backend.workflows.workspace import open_workspace
from pages.components import empty, experiments, guards, headline, state

workspace = open_workspace()
dataset_id = state.dataset_id()
if not dataset_id:
    headline.show("Find out here whether fusion is worth it")
    empty.no_dataset()
    st.stop()

known = experiment_view.names(workspace, dataset_id)
if not known:
    headline.show(
        "Is fusion worth it here?",
        "One click trains every fusion strategy, every modality alone, models that see clicks only "
        "and controls whose content has lost its meaning, all under one protocol and one budget.",
    )
    guards.leaks(dataset_id)
    experiments.form(dataset_id)
    st.stop()

chosen = state.pick("Experiment", "experiment", list(known), titles=known)
found = experiment_view.view(workspace, chosen)
experiments.finding(found)
guards.leaks(dataset_id)
experiments.show(found)
with st.expander("Start another experiment", icon=":material/science:"):
    experiments.form(dataset_id)
