"""Lists of recommended items: cards with what contributed, shared items and true choices marked."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import streamlit as st

from backend.figures import recommend as figures
from backend.figures import theme, wording
from backend.schema import COLLABORATIVE, Modality
from backend.workflows.cards import ItemCard
from backend.workflows.recommendation import Person, RecommendationList
from pages.components import cards, charts, reranking, state
from pages.components.markup import plain

_CLEARLY: Final = 1.5
"""So many times as much as all other sources together is "mostly"."""
_PARTS: Final = {
    Modality.IMAGE.value: "its picture",
    Modality.TEXT.value: "its words",
    Modality.AUDIO.value: "its sound",
    Modality.VIDEO.value: "its video",
    Modality.ATTRIBUTES.value: "its attributes",
    COLLABORATIVE: "what others chose",
}


def finding(person: Person, lists: Collection[RecommendationList]) -> str:
    """How many of the hidden choices each list found."""
    hidden = len(person.held_out)
    if not hidden:
        return f"Ten things for somebody who chose {person.history_total:,} before"
    found = [
        f"{single.label} finds {sum(item.in_test for item in single.items)}" for single in lists
    ]
    return f"Of {hidden} hidden choice{'s' if hidden > 1 else ''}, " + ", ".join(found)


def profile(person: Person) -> None:
    """What a person did: categories and history as small pictures."""
    st.markdown(f"**Chose {person.history_total:,} before**")
    if person.categories:
        top = list(person.categories.items())[:5]
        cards.quiet(", ".join(f"{wording.shortened(name, 22)} ({n})" for name, n in top))
    for item in person.history[:6]:
        cards.row(item)
    if len(person.history) > 6:
        with st.expander("More of the history"):
            cards.strip(person.history[6:], limit=40, side=56)
    if person.held_out:
        st.markdown("**Hidden from training**", help="What the person really chose in the test.")
        cards.strip(person.held_out, limit=12, side=56)


def legend(lists: Collection[RecommendationList]) -> None:
    """Which colour is which source."""
    players = [player for single in lists for player in single.players]
    if any(item.attributions for single in lists for item in single.items):
        st.image(figures.legend(players, charts.is_dark()), alt="Colours of the sources")


def beside(found: Sequence[RecommendationList], user: str = "") -> None:
    """One to four lists beside each other, what they have in common marked."""
    legend(found)
    agreement = Counter(item.card.item_id for single in found for item in single.items)
    if len(found) > 1:
        st.caption(plain(agreeing(found)))
    for place, (column, single) in enumerate(
        zip(st.columns(len(found), gap="medium"), found, strict=True)
    ):
        with column:
            show(single, agreement, len(found), user, place)


def agreeing(found: Sequence[RecommendationList]) -> str:
    """ "4 of 12 items stand in all 3 lists, 9 in one alone"."""
    counts = Counter(item.card.item_id for single in found for item in single.items)
    everywhere = sum(count == len(found) for count in counts.values())
    alone = sum(count == 1 for count in counts.values())
    lists = "both lists" if len(found) == 2 else f"all {len(found)} lists"
    return f"{everywhere} of {len(counts)} items stand in {lists}, {alone} in one alone."


def show(
    found: RecommendationList,
    agreement: Mapping[str, int],
    lists: int,
    user: str = "",
    column: int = 0,
) -> None:
    """One list as cards; `agreement` says in how many of the `lists` an item stands."""
    st.markdown(f"**{plain(found.label)}**")
    if found.note:
        st.caption(plain(found.note))
    if not found.items:
        st.info("This run has nothing to recommend here.", icon=":material/search_off:")
        return

    def below(place: int, card: ItemCard) -> None:
        item = found.items[place]
        if item.attributions:
            st.image(
                figures.attribution_strip(item.attributions),
                width="stretch",
                alt=figures.describe(item.attributions),
            )
        marks = [f":gray-badge[{item.rank}]"]
        if item.in_test:
            marks.append(":green-badge[:material/check: really chosen]")
        if item.reason:
            marks.append(f":violet-badge[{plain(item.reason)}]")
        if lists > 1 and agreement[card.item_id] > 1:
            marks.append(f":blue-badge[:material/link: {_common(agreement[card.item_id], lists)}]")
        st.markdown(" ".join(marks))
        if user:
            state.link(
                "explain",
                "Why?",
                icon=":material/query_stats:",
                help=figures.describe(item.attributions),
                run=found.run_id,
                user=user,
                item=card.item_id,
            )
        elif item.attributions:
            cards.quiet(because(item.attributions))
        reranking.rules(place, card, column)

    cards.grid([item.card for item in found.items], below=below)


def because(attributions: Mapping[str, float]) -> str:
    """What speaks for an item most: "Mostly its picture"."""
    player, value = max(attributions.items(), key=lambda pair: pair[1])
    if value <= 0:
        return "Nothing in particular"
    others = sum(part for part in attributions.values() if part > 0) - value
    much = "Mostly" if value > _CLEARLY * others else "First of all"
    return f"{much} {_PARTS.get(player, theme.player_title(player).lower())}"


def _common(count: int, lists: int) -> str:
    if lists == 2:
        return "in both"
    return f"in all {lists}" if count == lists else f"in {count} of {lists}"
