"""Inside the picture, the words, the recordings of one recommended item."""

from collections.abc import Sequence

import streamlit as st

from backend.figures import inside as figures
from backend.workflows import inside
from backend.workflows.inside import Part
from pages.components import charts
from pages.components.boundary import boundary
from pages.components.cached import remember
from pages.components.markup import plain

_STRONG, _WEAK = 0.5, 0.2
"""Parts of the strongest word's drop from which on a word is marked, in bold or not."""


@st.fragment
def show(run_id: str, user: str, item: str) -> None:
    """Computed when asked for: the encoder reads the item again and again, parts covered."""
    st.subheader("Inside the item", anchor=False)
    if not st.toggle("Look inside its picture and words", key="look_inside"):
        st.caption("Covers parts of the item one by one and watches this person's score.")
        return
    with boundary():
        with st.skeleton(320):
            found = remember(inside.inside, run_id, user, item)
        left, right = st.columns(2, gap="medium")
        with left:
            _picture(found)
        with right:
            _words(found)
            for modality, parts in found.seconds.items():
                charts.show(figures.stretches(modality, parts), key=f"stretches_{modality}")


def _picture(found: inside.Inside) -> None:
    if found.picture is None or found.heat is None:
        st.caption("This model reads no picture of the item.")
        return
    st.image(
        figures.overlay(found.picture, found.heat),
        width="stretch",
        alt="The picture, coloured where covering it changes the score",
    )
    st.caption("Orange speaks for the item, blue against it; pale parts do not count.")


def _words(found: inside.Inside) -> None:
    if not found.words:
        st.caption("This model reads no words of the item.")
        return
    best = figures.strongest_words(found.text, found.words)
    if best:
        named = ", ".join(f"“{plain(word)}”" for word in best)
        st.markdown(f"**The words that count most: {named}**")
    else:
        st.markdown("**No word speaks for the item**")
    st.markdown(_marked(found.text, found.words))
    st.caption("Marked words speak for the item: without them the score falls. Struck: against it.")


def _marked(text: str, parts: Sequence[Part]) -> str:
    """Markdown in which every piece of the text itself is escaped."""
    most = max(abs(part.drop) for part in parts) or 1.0
    pieces, last = [], 0
    for part in parts:
        start, end = int(part.start), int(part.end)
        pieces += [_spaced(text[last:start]), _mark(plain(text[start:end]), part.drop / most)]
        last = end
    return "".join([*pieces, _spaced(text[last:])])


def _mark(word: str, strength: float) -> str:
    if strength >= _STRONG:
        return f":orange-background[**{word}**]"
    if strength >= _WEAK:
        return f":orange-background[{word}]"
    return f":blue-background[~~{word}~~]" if strength <= -_WEAK else word


def _spaced(between: str) -> str:
    """`plain` drops the spaces at the ends, which part words here."""
    left = " " if between[:1].isspace() else ""
    right = " " if between[-1:].isspace() and between.strip() else ""
    return f"{left}{plain(between)}{right}"
