"""Search: items by words, a picture or other items, and less like some."""

import streamlit as st

from backend.workflows import searching
from backend.workflows.workspace import open_workspace
from pages.components import asking, empty, headline, hits, state
from pages.components.boundary import boundary

VIEWS = {"nearest": "Nearest", "sides": "Side by side", "map": "On the map"}
SHOWN = 24

workspace = open_workspace()
dataset_id = state.dataset_id()
if not dataset_id:
    headline.show("Find things by what they look like")
    empty.no_dataset()
    st.stop()

able = searching.ability(workspace, dataset_id)
if not able.modalities:
    headline.show("Nothing can be searched yet")
    empty.nothing_yet(
        "Items found by words, pictures and other items will stand here",
        "For that, an encoder has to look at the pictures and read the texts once. Training does "
        "it by itself; you can also do it now.",
        "Encode the items",
        "catalogue",
        "search",
        view="Features",
    )
    st.stop()

top = st.empty()
query = asking.query(dataset_id, able)
with top.container():
    headline.show(hits.asked(query))
if query is None:
    asking.beginnings(dataset_id)
    asking.better(dataset_id, able)
    st.stop()

with boundary():
    with st.skeleton(320):
        found = searching.search(workspace, dataset_id, query, SHOWN)
    with top.container():
        headline.show(*hits.finding(query, found))
    view = state.pick(
        "View", "view", tuple(VIEWS), titles=VIEWS, control="segments", hide_label=True
    )
    if view == "sides":
        hits.sides(dataset_id, query)
    elif view == "map":
        hits.on_map(dataset_id, query, found)
    else:
        hits.cards_of(found)
asking.better(dataset_id, able)
