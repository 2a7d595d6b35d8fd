"""The top of a page: the finding first, in one sentence."""

import streamlit as st

from backend.figures import wording
from pages.components.markup import plain


def show(finding: str, context: str = "") -> None:
    """The first sentence of `finding` large, the rest below it; `context` in grey.

    `finding` may hold names from data and is shown literally; `context` is Markdown of ours.
    """
    first, rest = wording.headline(finding)
    st.title(plain(first), anchor=False)
    if rest:
        st.markdown(plain(rest))
    if context:
        st.caption(context)
