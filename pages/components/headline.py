"""The top of a page: the finding first, in one sentence."""

import re

import streamlit as st

from pages.components.markup import plain

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def show(finding: str, context: str = "") -> None:
    """The first sentence of `finding` large, the rest below it; `context` in grey.

    `finding` may hold names from data and is shown literally; `context` is Markdown of ours.
    """
    first, *rest = _SENTENCE_END.split(finding, maxsplit=1)
    st.title(plain(first.rstrip(".")), anchor=False)
    if rest:
        st.markdown(plain(rest[0]))
    if context:
        st.caption(context)
