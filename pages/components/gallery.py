"""The catalogue as cards, with search, filters, sorting and pages."""

import streamlit as st

from backend.figures import theme
from backend.workflows import catalogue
from backend.workflows.cards import ItemCard
from backend.workflows.catalogue import GalleryQuery
from backend.workflows.workspace import open_workspace
from pages.components import cards, players, state

_SORTS = {
    "popular": "Most chosen first",
    "rare": "Least chosen first",
    "title": "By title",
    "price": "Cheapest first",
    "newest": "Newest first",
}
_ALL = "all"


def show(dataset_id: str) -> None:
    """Sixty cards to a page."""
    workspace = open_workspace()
    whole = catalogue.gallery(workspace, dataset_id, GalleryQuery(size=1))
    query = _query(whole.categories, whole.modalities)
    page = catalogue.gallery(workspace, dataset_id, query)
    if page.total == 0:
        st.info("No item matches. Remove a word or a filter.", icon=":material/search_off:")
        return
    first = query.page * query.size + 1
    last = first + len(page.items) - 1
    st.caption(f"{first:,} to {last:,} of {page.total:,} items")
    cards.grid(page.items, below=_below)
    state.page_number("page", page.pages)


def _query(categories: tuple[str, ...], modalities: tuple[str, ...]) -> GalleryQuery:
    again = ("page",)
    left, middle, lacking, right = st.columns([3, 2, 2, 2])
    with left:
        search = state.write_in(
            "Search", "q", placeholder="Words in title or description", forget=again
        )
    with middle:
        category = state.pick(
            "Category",
            "category",
            (_ALL, *categories),
            titles={_ALL: "All categories"},
            forget=again,
        )
    with lacking:
        missing = state.pick(
            "Show",
            "missing",
            (_ALL, *modalities),
            titles={_ALL: "All items"}
            | {m: f"Without {theme.player_title(m).lower()}" for m in modalities},
            forget=again,
            help="Items that lack something are still recommended from the rest.",
        )
    with right:
        sort = state.pick("Order", "sort", tuple(_SORTS), titles=_SORTS, forget=again)
    return GalleryQuery(
        search=search,
        category="" if category == _ALL else category,
        missing="" if missing == _ALL else missing,
        sort=sort,
        page=state.current_page("page"),
    )


def _below(place: int, item: ItemCard) -> None:
    plays = bool(item.audio or item.video)
    opened = st.popover(
        "Details",
        type="tertiary",
        key=f"details_{place}",
        # sixty players would be loaded for one that is looked at
        on_change="rerun" if plays else "ignore",
    )
    if not plays or opened.open:
        with opened:
            details(item)


def details(item: ItemCard) -> None:
    """Everything that is known about an item."""
    st.text(cards.name_of(item))
    players.show(item)
    if item.text:
        st.text(item.text)
    cards.quiet(f"Chosen {item.popularity:,} times")
    for name, value in item.attributes.items():
        cards.quiet(f"{name.replace('_', ' ')}: {value}")
    state.link(
        "recommend",
        "Find items like this",
        icon=":material/content_copy:",
        mode="like",
        like=item.item_id,
    )
