"""The what-if editor: another title or picture, and how rank and contributions move."""

import streamlit as st

from backend.figures import theme, wording
from backend.workflows import inside
from backend.workflows.cards import ItemCard
from backend.workflows.workspace import open_workspace
from pages.components import uploads
from pages.components.boundary import boundary


@st.fragment
def show(run_id: str, user: str, item: ItemCard) -> None:
    """Nothing is stored: the item in the catalogue stays as it is."""
    readable = inside.readable(open_workspace(), run_id)
    if not {"image", "text"} & set(readable):
        return
    st.subheader("What if it were different?", anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        before = ". ".join(part for part in (item.title, item.category, item.text) if part)
        words = before
        if "text" in readable:
            words = st.text_area(
                "Title and description", before, height=140, key=f"if_{item.item_id}"
            )
        picture = uploads.picture() if "image" in readable else None
    with right, boundary():
        changed = "" if words.strip() == before.strip() else words
        if not changed and picture is None:
            st.caption(
                "Change the words or drop another picture to see where the item would stand."
            )
            return
        _answer(inside.what_if(open_workspace(), run_id, user, item.item_id, changed, picture))


def _answer(found: inside.WhatIf) -> None:
    st.metric(
        "Place in this person's list",
        f"{found.new_rank:,}",
        delta=f"{found.rank - found.new_rank:+,} places" if found.rank != found.new_rank else None,
        border=True,
        help=f"It is number {found.rank:,} as it is.",
    )
    for player, value in found.attributions.items():
        new = found.new_attributions[player]
        moved = f" ({wording.signed(new - value)})" if abs(new - value) > 1e-6 else ", as before"
        st.markdown(f"{theme.player_title(player)}: {wording.signed(new)}{moved}")
