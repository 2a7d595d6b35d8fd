"""Explain: how much each source contributed, and how far to trust that."""

import streamlit as st

from backend.workflows import explanation, recommendation
from backend.workflows.workspace import open_workspace
from pages.components import (
    ahead,
    editor,
    empty,
    explanations,
    headline,
    inside,
    past,
    pickers,
    preferences,
    probing,
    state,
    trust,
)
from pages.components.cached import remember

VIEWS = ("This recommendation", "This person", "Whole run")
workspace = open_workspace()
dataset_id = state.dataset_id()
if not dataset_id:
    headline.show("Take recommendations apart here")
    empty.no_dataset()
    st.stop()

known = recommendation.runs(workspace, dataset_id)
if not known:
    headline.show("There is no model to explain yet")
    empty.nothing_yet(
        "The reasons will stand here",
        "For any recommendation: how much its picture, its text and other people's clicks "
        "contributed, from the baseline to the score, and how far to trust that.",
        "Train models",
        "train",
        "explain",
    )
    st.stop()

top = st.container()
view = state.pick("View", "view", VIEWS, control="segments", hide_label=True)
readers = [option.run_id for option in known if option.reads_content]
columns = st.columns(3)
with columns[0]:
    run_id = pickers.run(known, default=readers[0] if readers else "")
if view == "Whole run":
    with top:
        headline.show(remember(explanation.explain_run, run_id).sentence)
    trust.run(run_id)
    explanations.run(run_id)
    preferences.run(run_id)
    probing.panel(run_id)
    st.stop()

with columns[1]:
    user = pickers.person(dataset_id)
if view == "This person":
    with top:
        headline.show(explanations.person_finding(run_id, user))
    explanations.person(run_id, user)
    preferences.person(run_id, user)
    st.stop()

with columns[2]:
    item = pickers.item(run_id, user)
waiting = st.empty()
waiting.caption(explanations.WAITING)
with st.skeleton(320):
    found = explanation.explain(workspace, run_id, user, item, judged=ahead.judged(run_id))
waiting.empty()
with top:
    headline.show(found.sentence, "Contributions and baseline add up to the score.")
explanations.one(found)
if not found.card.added:
    past.show(run_id, user, item)
    if run_id in readers:
        inside.show(run_id, user, item)
        editor.show(run_id, user, found.card)
else:
    explanations.added()
