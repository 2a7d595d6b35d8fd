"""Recommend: what a person gets, from one or two models side by side."""

import streamlit as st

from backend.workflows import recommendation
from backend.workflows.workspace import open_workspace
from pages.components import empty, headline, launching, lists, pickers, similar, state

MODES = {
    "person": "For a person",
    "like": "Like these items",
    "content": "From picture or words",
    "launch": "Launch a new item",
}
TITLES = {
    "like": "More like these",
    "content": "What comes near",
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
        "The history on the left, the list of one or two models on the right, every item with what "
        "its picture, its text and other people's clicks contributed.",
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
    run_id = pickers.run(known)
    run = next(option for option in known if option.run_id == run_id)
    if mode == "like":
        similar.like_items(dataset_id, run_id)
    elif mode == "content":
        similar.from_content(run)
    else:
        launching.show(run, answer)
    st.stop()

left, right = st.columns([1, 3], gap="large")
with left:
    user = pickers.person(dataset_id)
with right:
    first, second = st.columns(2)
    with first:
        run_id = pickers.run(known)
    with second:
        other = pickers.other_run(known, run_id)
chosen = [run_id] if other == pickers.NO_RUN else [run_id, other]

with right, st.skeleton(320):
    person = recommendation.person(workspace, run_id, user)
    found = [recommendation.recommend(workspace, run, user, 12) for run in chosen]
with top:
    headline.show(lists.finding(person, found), "Hidden choices are kept from training.")
with left:
    lists.profile(person)
with right:
    lists.legend(found)
    shared = lists.shared_items(found)
    for column, single in zip(st.columns(len(found), gap="medium"), found, strict=True):
        with column:
            lists.show(single, shared, user)
