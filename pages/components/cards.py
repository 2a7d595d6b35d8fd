"""Items as cards: picture, title, price or category; never an id."""

from collections.abc import Callable, Sequence

import streamlit as st

from backend.figures import theme, wording
from backend.schema import Modality
from backend.workflows.cards import ItemCard
from pages.components import charts, pictures, state
from pages.components.markup import plain


def grid(
    items: Sequence[ItemCard],
    *,
    smallest: int = 168,
    below: Callable[[int, ItemCard], None] | None = None,
) -> None:
    """Cards in as many columns as fit; `below(place, card)` adds to each card."""
    cells = st.grid(min_column_width=smallest, gap="xsmall", border=True)
    for place, item in enumerate(items):
        with cells.cell(), st.container(gap="xxsmall"):
            face(item)
            if below is not None:
                below(place, item)


def face(item: ItemCard, side: int = 240) -> None:
    """Picture, title (two lines at most) and one quiet line."""
    title = name_of(item)
    st.image(
        pictures.square(item.thumbnail, charts.is_dark(), side, _marks(item)),
        width="stretch",
        alt=(title if item.thumbnail else f"{title} (no picture)") + _said(item),
    )
    st.text(wording.shortened(title, 32))
    quiet(_second_line(item))


def strip(items: Sequence[ItemCard], limit: int = 8, side: int = 72) -> None:
    """A row of small pictures, titles as their descriptions."""
    tiles = items[:limit]
    if not tiles:
        return
    dark = charts.is_dark()
    with st.container(horizontal=True, gap="xxsmall"):
        for item in tiles:
            st.image(pictures.square(item.thumbnail, dark, side), width=side, alt=name_of(item))


def row(item: ItemCard, note: str = "") -> None:
    """Picture left, title and facts right: one line of a list."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.image(pictures.square(item.thumbnail, charts.is_dark(), 96), width=64, alt=name_of(item))
        with st.container(gap="xxsmall"):
            st.text(wording.shortened(name_of(item), 60))
            quiet(note or _second_line(item))


def explain_link(item: ItemCard, label: str = "Why?", **changes: str) -> None:
    """From an item to its explanation."""
    state.link("explain", label, icon=":material/query_stats:", item=item.item_id, **changes)


def name_of(item: ItemCard) -> str:
    """The title; an item without one is named by its category, never by its id."""
    if item.title and item.title != item.item_id:
        return item.title
    return f"Untitled, {item.category}" if item.category else "Untitled item"


def quiet(text: str) -> None:
    """A small grey line of text from data; shown literally."""
    st.caption(plain(text) if text else "\u00a0")


def _marks(item: ItemCard) -> tuple[str, ...]:
    """What the item has, where that is more than what the card shows by itself."""
    plays = {Modality.AUDIO, Modality.VIDEO} & {*item.modalities, *item.missing}
    return item.modalities if plays else ()


def _said(item: ItemCard) -> str:
    """The marks in words."""
    marks = [theme.player_title(modality).lower() for modality in _marks(item)]
    return f"; has {', '.join(marks)}" if marks else ""


def _second_line(item: ItemCard) -> str:
    parts = [
        f"{item.price:,.2f}" if item.price is not None else "",
        wording.shortened(item.category.replace("|", ", "), 24),
        "added by you" if item.added else "",
    ]
    if item.missing:
        parts.append("no " + ", no ".join(theme.player_title(m).lower() for m in item.missing))
    return " · ".join(part for part in parts if part)
