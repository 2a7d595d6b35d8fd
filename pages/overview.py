"""Overview: what is here, what it says, what to do next."""

import streamlit as st

from backend.workflows import overview
from backend.workflows.workspace import open_workspace
from pages.components import datasets, headline, jobs, state, story, worlds
from pages.components.markup import plain

workspace = open_workspace()
view = overview.overview(workspace, state.dataset_id())

if not view.datasets:
    headline.show(
        "Find out what pictures and words add to your recommendations",
        "FusionLens trains recommenders that join images, text and clicks in different ways, shows "
        "which wins and by how much, and takes every recommendation apart.",
    )
else:
    shown = datasets.chosen(view.datasets)
    headline.show(shown.verdict, f"Data set {plain(shown.name)}")

story.next_step(view.next_step, preparing=any(job.kind == "demo" for job in view.active_jobs))

if view.active_jobs:
    jobs.bars(lambda: overview.active_jobs(workspace))

if not view.datasets:
    story.promise()
    worlds.show()
else:
    reasons = story.tell(shown)
    datasets.show_all(view.datasets)
    with st.expander("More generated worlds", icon=":material/public:"):
        worlds.show("")

for warning in view.warnings:
    st.warning(f"{plain(warning.dataset)}: {plain(warning.text)} {plain(warning.action)}")

if view.recent_jobs:
    failed = sum(job.state == "failed" for job in view.recent_jobs)
    title = "Finished lately" + (f", {failed} failed" if failed else "")
    with st.expander(title, expanded=bool(failed), icon=":material/history:"):
        jobs.ended(view.recent_jobs)

if view.datasets:
    story.show_why(shown, reasons)
