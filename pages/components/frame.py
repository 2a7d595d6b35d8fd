"""The frame that every page stands in: which pages there are, in which order, with which icon."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

PAGES: Final[Mapping[str, tuple[str, str]]] = {
    "overview": ("Overview", ":material/home:"),
    "catalogue": ("Catalogue", ":material/storefront:"),
    "train": ("Train", ":material/model_training:"),
    "experiment": ("Experiment", ":material/science:"),
    "compare": ("Compare", ":material/leaderboard:"),
    "recommend": ("Recommend", ":material/recommend:"),
    "explain": ("Explain", ":material/query_stats:"),
    "search": ("Search", ":material/search:"),
}
"""Name (file and address) to title and icon."""


def path(page: str) -> str:
    """The file of a page, as Streamlit names it."""
    return f"pages/{page}.py"


def navigation():  # type: ignore[no-untyped-def]  # Streamlit names the type differently over time
    """The page that the address asks for.

    The built-in menu is hidden: links of our own keep data set, run and person in the URL.
    """
    return st.navigation(
        [
            # Without its icon, which would become the tab's and be fetched from the network.
            st.Page(path(name), title=title, default=name == "overview")
            for name, (title, _) in PAGES.items()
        ],
        position="hidden",
    )


def require() -> None:
    """Make sure that app.py drew the frame before a page.

    Streamlit takes a folder named `pages` for its older kind of app until the first call of
    st.navigation in the process: a deep link to a fresh server would run the bare page.
    """
    if "_dataset" not in st.session_state:
        navigation()
        st.rerun()
