"""Empty states that teach: what will be here, and one button that makes it happen."""

import streamlit as st

from pages.components import state


def nothing_yet(title: str, what: str, label: str, page: str, key: str, **parameters: str) -> None:
    """What will be here, and the way to it. `title`, `what` are our own words, not data."""
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader(title, anchor=False, text_alignment="center")
        st.markdown(what, text_alignment="center")
        if st.button(label, type="primary", key=f"empty_{key}"):
            state.go(page, **parameters)


def no_dataset() -> None:
    """For every page that needs data."""
    nothing_yet(
        "There is no data yet",
        "This page shows what models make of a catalogue. Prepare the demo shop on the Overview "
        "page (about five minutes, no network needed), or import your own catalogue.",
        "Go to Overview",
        "overview",
        "dataset",
    )
