"""Generated worlds as cards: four pictures, what carries the taste, one click."""

import streamlit as st

from backend.figures import theme
from backend.workflows import demo
from backend.workflows.demo import Offer
from backend.workflows.workspace import open_workspace
from pages.components import cards, state
from pages.components.markup import plain

TITLE = "Or start with a generated world"
_WHY = (
    "Made on this machine from a random seed, without network. Who likes what, and why, is known "
    "there, so that every explanation can be checked against the truth."
)


def show(title: str = TITLE) -> None:
    """A card for every scenario, below a title ("": none)."""
    if title:
        st.subheader(title, anchor=False)
    st.markdown(_WHY)
    cells = st.grid(min_column_width=215, gap="small", border=True)
    for offer in demo.offers(open_workspace()):
        with cells.cell():
            _card(offer)


def _card(offer: Offer) -> None:
    st.image(
        demo.preview(offer.scenario), width="stretch", alt=f"Four items of the world {offer.title}"
    )
    st.markdown(f"**{plain(offer.title)}**")
    st.markdown(plain(offer.summary))
    carried = ", ".join(theme.player_title(str(m)).lower() for m in offer.modalities)
    cards.quiet(f"{offer.items:,} items, {offer.users:,} people · {carried}")
    if offer.dataset_id is not None:
        state.link("catalogue", "Look at it", dataset=offer.dataset_id, run="", user="", item="")
    elif offer.preparing:
        st.markdown("Being prepared; you can close the browser meanwhile.")
    elif st.button("Generate", icon=":material/public:", key=f"world_{offer.scenario}"):
        demo.start_demo(open_workspace(), offer.scenario)
        st.rerun()
