"""Past choices behind a recommendation, and what would take it out of the list."""

import streamlit as st

from backend.figures import theme, wording
from backend.workflows import past
from pages.components import cards
from pages.components.cached import remember
from pages.components.markup import plain

_SHOWN = 5


def show(run_id: str, user: str, item: str) -> None:
    """The choices with the largest parts, and two sentences on what it would take."""
    with st.skeleton(160):
        found = remember(past.driven, run_id, user, item)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader("What this person chose before", anchor=False)
        _choices(found)
    with right:
        st.subheader("What would take it off the list", anchor=False)
        for sentence in _sentences(found):
            st.markdown(plain(sentence))
        if found.removed:
            cards.strip(found.removed, side=72)


def _choices(found: past.Driven) -> None:
    if not found.choices:
        st.caption(
            "This model keeps a summary of every person, so single past choices cannot be told "
            "apart in it."
        )
        return
    for choice in found.choices[:_SHOWN]:
        cards.row(choice.card, f"{wording.signed(choice.share)} to the score")
    how = "exact terms of the score" if found.exact else "what the score loses without each"
    st.caption(f"The largest of {len(found.choices)} choices: {how}.")


def _sentences(found: past.Driven) -> list[str]:
    if found.rank > past.LIST_LENGTH:
        return [f"It is number {found.rank:,}, not among the first {past.LIST_LENGTH}."]
    return [_by_players(found), _by_choices(found)]


def _by_players(found: past.Driven) -> str:
    if found.players is None:
        return "Even without all that is known of the item it would stay on the list."
    names = " and ".join(theme.player_title(name).lower() for name in found.players)
    return (
        f"Without the item's {names} it would fall from number {found.rank} to "
        f"{found.players_rank:,}."
    )


def _by_choices(found: past.Driven) -> str:
    if found.removed is None:
        return "No few of the past choices would take it off the list."
    count = len(found.removed)
    which = "this one past choice" if count == 1 else f"these {count} past choices"
    return f"Without {which} it would fall to number {found.removed_rank:,}:"
