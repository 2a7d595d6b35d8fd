"""Recommend: what a person gets, from up to four models side by side."""

import streamlit as st

from backend.workflows import recommendation
from backend.workflows.workspace import open_workspace
from pages.components import (
    ahead,
    empty,
    headline,
    imagining,
    launching,
    lists,
    pickers,
    preferences,
    reranking,
    state,
    weighting,
)

MODES = {
    "person": "For a person",
    "like": "Make somebody up",
    "launch": "Launch a new item",
}
TITLES = {
    "like": "Make up a person and see what the models would recommend",
    "launch": "Who would want a new item",
}
workspace = open_workspace()
dataset_id = state.dataset_id()
if not dataset_id:
    headline.show("See recommendations here")
    empty.no_dataset()
    st.stop()

known = recommendation.runs(workspace, dataset_id)
if not known:
    headline.show("No model can recommend yet")
    empty.nothing_yet(
        "A person's list will stand here",
        "The history on the left, the lists of one to four models on the right, every item with "
        "what its picture, its text and other people's clicks contributed.",
        "Train models",
        "train",
        "recommend",
    )
    st.stop()

top = st.container()
mode = state.pick("View", "mode", list(MODES), titles=MODES, control="segments", hide_label=True)
if mode != "person":
    answer = top.empty()
    with answer:
        headline.show(TITLES[mode])
    if mode == "like":
        imagining.show(dataset_id, known, answer)
        st.stop()
    run_id = pickers.run(known)
    launching.show(next(option for option in known if option.run_id == run_id), answer)
    st.stop()

left, right = st.columns([1, 3], gap="large")
with left:
    user = pickers.person(dataset_id)
with right:
    chosen = pickers.beside(known)
    wishes = reranking.wishes(dataset_id)

with right, st.skeleton(320):
    person = recommendation.person(workspace, chosen[0], user)
    found = [recommendation.recommend(workspace, run, user, 12, wishes) for run in chosen]
with left:
    found = weighting.turned(found, user, wishes)
with top:
    headline.show(lists.finding(person, found), "Hidden choices are kept from training.")
with left:
    preferences.brief(chosen[0], user)
    lists.profile(person)
with right:
    lists.beside(found, user)
ahead.explaining(chosen[0])
