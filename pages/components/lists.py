"""Lists of recommended items: cards with what contributed, shared items and true choices marked."""

from collections.abc import Collection

import streamlit as st

from backend.figures import recommend as figures
from backend.figures import wording
from backend.workflows.cards import ItemCard
from backend.workflows.recommendation import Person, RecommendationList
from pages.components import cards, charts, state
from pages.components.markup import plain


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


def show(found: RecommendationList, shared: Collection[str], user: str = "") -> None:
    """One list as cards."""
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
        if card.item_id in shared:
            marks.append(":blue-badge[:material/link: in both]")
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
        else:
            st.caption(f"Similarity {wording.number(item.score)}")

    cards.grid([item.card for item in found.items], below=below)


def shared_items(lists: Collection[RecommendationList]) -> set[str]:
    """Items that stand in every one of several lists; none for a single list."""
    if len(lists) < 2:
        return set()
    return set.intersection(*({item.card.item_id for item in single.items} for single in lists))
