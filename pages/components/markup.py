"""Text from data, made harmless where Streamlit would read it as Markdown."""

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: object) -> str:
    """`text` so that st.markdown, st.error, labels and help show it literally, on one line.

    Every ASCII punctuation mark may be escaped in Markdown, and an escaped one never starts
    emphasis, a link, a heading, a formula, a colour directive or HTML.
    """
    return _PUNCTUATION.sub(r"\\\1", " ".join(str(text).split()))
