"""The top of a page: the finding first, in one sentence."""

import streamlit as st

from pages.components.markup import plain


def show(finding: str, context: str = "") -> None:
    """`finding` may hold names from data and is shown literally; `context` is Markdown of ours."""
    st.title(plain(finding), anchor=False)
    if context:
        st.caption(context)
