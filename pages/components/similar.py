"""Lists without a person: like these items, or like a picture, words, a sound or a video."""

import streamlit as st

from backend.workflows import catalogue, recommendation
from backend.workflows.catalogue import GalleryQuery
from backend.workflows.recommendation import RunOption
from backend.workflows.workspace import open_workspace
from pages.components import cards, lists, state, uploads
from pages.components.boundary import boundary

_MOST = 5


def like_items(dataset_id: str, run_id: str) -> None:
    """Items nearest to up to five chosen ones."""
    workspace = open_workspace()
    words = state.write_in("Find an item", "find", placeholder="Words in title or description")
    hits = catalogue.gallery(workspace, dataset_id, GalleryQuery(search=words, size=24)).items
    titles = {item.item_id: cards.name_of(item) for item in hits if not item.added}
    wanted = state.read_many("like")
    titles = {item: titles.get(item, "Chosen item") for item in wanted} | titles
    chosen = state.pick_many("Like these", "like", list(titles), titles=titles)[:_MOST]
    if not chosen:
        st.caption("Choose one or more items; here are some.")
        cards.strip(hits, limit=12)
        return
    with boundary():
        with st.skeleton(320):
            found = recommendation.recommend_like(workspace, run_id, chosen, 12)
        lists.show(found, shared=())


def from_content(run: RunOption) -> None:
    """Items nearest to whatever of a new thing the run can read."""
    if not run.reads_content:
        st.info(
            "This model sees clicks only. Choose one that reads content above.",
            icon=":material/lightbulb:",
        )
        return
    brought = uploads.brought(
        run.modalities, "Words", placeholder="for example: a light dress for summer"
    )
    if brought.nothing:
        st.caption("Give something of it to see what comes nearest.")
        return
    with boundary():
        with st.skeleton(320):
            found = recommendation.recommend_from_content(
                open_workspace(),
                run.run_id,
                brought.picture,
                brought.words,
                12,
                audio=brought.recording.sound,
                video=brought.recording.clip,
            )
        lists.show(found, shared=())
