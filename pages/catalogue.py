"""Catalogue: what is in the shop, what the data look like, how to add to it."""

import streamlit as st

from pages.components import (
    adding,
    alignment,
    catalogue_map,
    encoding,
    gallery,
    headline,
    health,
    importing,
    profile,
    state,
    validation,
    worlds,
)

VIEWS = ("Gallery", "Map", "Data health", "Profile", "Import", "Add an item", "Features")
dataset_id = state.dataset_id()

if not dataset_id:
    headline.show(
        "Bring a catalogue to look at",
        "Items with pictures, text, sound or video, and what people did with them. Nothing leaves "
        "this machine.",
    )
    importing.form()
    worlds.show()
    st.stop()

view = state.read("view", VIEWS[0])
if view == catalogue_map.VIEW:
    catalogue_map.header(dataset_id)
elif view == health.VIEW:
    headline.show(health.finding(dataset_id), health.context(dataset_id))
else:
    headline.show(profile.finding(dataset_id), health.hint(dataset_id))
view = state.pick("View", "view", VIEWS, control="segments", hide_label=True)

if view == "Gallery":
    gallery.show(dataset_id)
elif view == catalogue_map.VIEW:
    catalogue_map.show(dataset_id)
elif view == health.VIEW:
    health.show(dataset_id)
elif view == "Profile":
    profile.show(dataset_id)
elif view == "Import":
    if importing.form() != dataset_id:
        validation.show(dataset_id)
    worlds.show()
elif view == "Add an item":
    adding.form(dataset_id)
else:
    encoding.show(dataset_id)
    alignment.show(dataset_id)
