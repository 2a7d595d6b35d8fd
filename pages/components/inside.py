"""Inside the picture, the words, the recordings of one recommended item."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from backend.figures import inside as figures
from backend.workflows import inside
from backend.workflows.inside import Method, Part
from pages.components import charts, state
from pages.components.boundary import boundary
from pages.components.cached import remember
from pages.components.markup import plain

_STRONG, _WEAK = 0.5, 0.2
"""Parts of the strongest word's drop from which on a word is marked, in bold or not."""


_CALLED: Final = {Method.COVERING: "Covering parts", Method.GRADIENT: "Following the slope"}
_EXPLAINED: Final = {
    Method.COVERING: "Parts are covered one by one, and the model is asked again each time.",
    Method.GRADIENT: (
        "How the score changes with every pixel and word on the way from nothing to this item "
        "(gradient times input, in steps). Finer than covering; in pictures more easily misled."
    ),
}
_MUCH, _LITTLE = 0.6, 0.3
"""Rank correlations from which on two methods agree well, or hardly."""


@st.fragment
def show(run_id: str, user: str, item: str) -> None:
    """Computed when asked for: the encoder reads the item again and again, parts covered."""
    st.subheader("Inside the item", anchor=False)
    if not st.toggle("Look inside its picture and words", key="look_inside"):
        st.caption("Takes parts of the item away and watches this person's score.")
        return
    with boundary():
        with st.skeleton(320):
            found = remember(inside.inside, run_id, user, item)
        method = _method(found)
        left, right = st.columns(2, gap="medium")
        with left:
            _picture(found, method)
        with right:
            _words(found, method)
            for modality, parts in found.seconds.items():
                charts.show(figures.stretches(modality, parts), key=f"stretches_{modality}")


def _method(found: inside.Inside) -> Method:
    """Chosen where there is a choice."""
    able = [m for m in Method if m in found.heats or m in found.words]
    if len(able) < 2:
        if able:
            st.caption(_EXPLAINED[able[0]] + " This model has no slope to follow.")
        return Method.COVERING
    chosen = state.pick(
        "How parts are weighed",
        "weighed_by",
        tuple(map(str, able)),
        titles={str(m): called for m, called in _CALLED.items()},
        control="segments",
    )
    method = Method(chosen)
    st.caption(_EXPLAINED[method])
    return method


def _picture(found: inside.Inside, method: Method) -> None:
    if found.picture is None or not found.heats:
        st.caption("This model reads no picture of the item.")
        return
    seen = found.heats.get(method)
    if seen is None:
        st.caption("The encoder of pictures has no slope to follow; cover parts instead.")
        return
    st.image(
        figures.overlay(found.picture, seen.heat.heat, seen.trusted),
        width="stretch",
        alt="The picture, coloured by how much each place speaks for the item",
    )
    if seen.trusted:
        st.caption("Orange speaks for the item, blue against it; pale parts do not count.")
    _judged(seen.trusted, "picture")
    _agreed(found.picture_agreement)


def _words(found: inside.Inside, method: Method) -> None:
    if not found.words:
        st.caption("This model reads no words of the item.")
        return
    told = found.words.get(method)
    if told is None:
        st.caption("The encoder of text has no slope to follow; cover parts instead.")
        return
    best = figures.strongest_words(found.text, told.words)
    if best and told.trusted:
        named = ", ".join(f"“{plain(word)}”" for word in best)
        st.markdown(f"**The words that count most: {named}**")
    elif told.trusted:
        st.markdown("**No word speaks for the item**")
    st.markdown(_marked(found.text, told.words, told.trusted))
    if told.trusted:
        st.caption("Marked words speak for the item, struck ones against it.")
    _judged(told.trusted, "words")
    _agreed(found.words_agreement)


def _judged(trusted: bool, what: str) -> None:
    if trusted:
        st.caption(
            ":material/check: Checked: without its strongest parts the score falls more than "
            "without parts drawn at random."
        )
    else:
        st.warning(
            f"Grey, because it is not to be trusted: taking away the strongest parts of the {what} "
            "costs no more than taking away parts drawn at random.",
            icon=":material/visibility_off:",
        )


def _agreed(correlation: float | None) -> None:
    if correlation is None:
        return
    how = (
        "agree well"
        if correlation >= _MUCH
        else "agree in part"
        if correlation >= _LITTLE
        else "hardly agree"
    )
    st.caption(
        f"Both ways of weighing {how}: rank correlation {correlation:.2f} "
        "(1 is the same order of parts, 0 is chance)."
    )


def _marked(text: str, parts: Sequence[Part], trusted: bool) -> str:
    """Markdown in which every piece of the text itself is escaped."""
    most = max(abs(part.drop) for part in parts) or 1.0
    pieces, last = [], 0
    for part in parts:
        start, end = int(part.start), int(part.end)
        pieces += [
            _spaced(text[last:start]),
            _mark(plain(text[start:end]), part.drop / most, trusted),
        ]
        last = end
    return "".join([*pieces, _spaced(text[last:])])


def _mark(word: str, strength: float, trusted: bool) -> str:
    colour = "orange" if trusted else "grey"
    if strength >= _STRONG:
        return f":{colour}-background[**{word}**]"
    if strength >= _WEAK:
        return f":{colour}-background[{word}]"
    if strength > -_WEAK:
        return word
    return f":{'blue' if trusted else 'grey'}-background[~~{word}~~]"


def _spaced(between: str) -> str:
    """`plain` drops the spaces at the ends, which part words here."""
    left = " " if between[:1].isspace() else ""
    right = " " if between[-1:].isspace() and between.strip() else ""
    return f"{left}{plain(between)}{right}"
