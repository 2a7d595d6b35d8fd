"""Add a single item by hand; runs that read content can recommend it at once."""

import streamlit as st

from backend.workflows import catalogue, recommendation
from backend.workflows.catalogue import NewItem
from backend.workflows.workspace import open_workspace
from pages.components import cards, gallery, state, uploads


def form(dataset_id: str) -> None:
    """The form, and what an added item means."""
    left, right = st.columns([3, 2], gap="medium")
    with left, st.form("add_item", border=True, clear_on_submit=False):
        picture = uploads.picture()
        recording = uploads.recording()
        title = st.text_input("Title", placeholder="for example: Striped linen shirt")
        text = st.text_area("Description", placeholder="What a shop would write about it")
        category = st.text_input("Category")
        price = st.number_input("Price", min_value=0.0, value=None, placeholder="Optional")
        if st.form_submit_button("Add the item", type="primary", icon=":material/add:"):
            item = catalogue.add_item(
                open_workspace(),
                dataset_id,
                NewItem(
                    title=title,
                    text=text,
                    category=category,
                    price=price,
                    image=picture,
                    audio=recording.sound,
                    video=recording.clip,
                ),
            )
            state.write(added=item.item_id)
    with right:
        st.markdown(
            "**What happens with it**\n\n"
            "The item is encoded at once and stands in the catalogue. Runs that read what "
            "it has can recommend it right away, without being trained again; runs that see clicks "
            "only cannot, because nobody has clicked it yet."
        )
        _result(dataset_id)


def _result(dataset_id: str) -> None:
    added = state.read("added")
    page = catalogue.gallery(
        open_workspace(), dataset_id, catalogue.GalleryQuery(sort="newest", size=60)
    )
    found = [item for item in page.items if item.added and item.item_id == added]
    if not found:
        return
    st.success("Added and encoded.", icon=":material/check_circle:")
    with st.container(border=True, width=260):
        cards.face(found[0])
        with st.popover("Details", type="tertiary"):
            gallery.details(found[0])
    readers = [
        run for run in recommendation.runs(open_workspace(), dataset_id) if run.reads_content
    ]
    if readers:
        state.link(
            "explain",
            "What would move it for a person",
            icon=":material/query_stats:",
            run=readers[0].run_id,
            item=added,
        )
    else:
        state.link("train", "Train a model that reads content", icon=":material/model_training:")
