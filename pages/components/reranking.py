"""What to change about a list: variety, bestsellers, filters, rules; all of it in the URL."""

from urllib.parse import quote, unquote

import streamlit as st

from backend.workflows import reranking, searching
from backend.workflows.cards import ItemCard
from backend.workflows.reranking import Wishes
from backend.workflows.workspace import open_workspace
from pages.components import cards, state
from pages.components.markup import plain

_METHODS = {"mmr": "Unlike any other (MMR)", "dpp": "Most different together (DPP)"}
PIN, EXCLUDE = "pin", "exclude"
_NAMES = ("variety", "rare", "varied", "only", "boost", "from", "to", "seen", PIN, EXCLUDE)


def wishes(dataset_id: str) -> Wishes:
    """The controls; without a choice nothing is changed."""
    known = reranking.choices(open_workspace(), dataset_id)
    changed = sum(bool(state.read(name)) for name in _NAMES if name != "varied")
    title = f"Change the list ({changed} change{'s' if changed > 1 else ''})" if changed else ""
    with st.expander(title or "Change the list", icon=":material/tune:"):
        left, right = st.columns(2, gap="medium")
        with left:
            variety = state.slide(
                "Variety",
                "variety",
                help="0 is the model's own order. Further right, an item that looks and reads "
                "like one above it gives way to something else.",
            )
            method = state.pick(
                "How",
                "varied",
                tuple(_METHODS),
                titles=_METHODS,
                control="segments",
                hide_label=True,
            )
        with right:
            rare = state.slide(
                "Fewer bestsellers",
                "rare",
                help="0 is the model's own order. At 1, what popularity alone explains of the "
                "scores counts no more.",
            )
            seen = state.pick(
                "Had before",
                "seen",
                ("no", "yes"),
                titles={"no": "Left out", "yes": "Shown too"},
                control="segments",
            )
        only, boost = _categories(known.categories)
        low, high = _prices(known.prices)
        pinned, excluded = _rules(dataset_id)
    return Wishes(
        diversity=variety,
        method="dpp" if method == "dpp" else "mmr",
        less_popular=rare,
        categories=only,
        cheapest=low,
        dearest=high,
        seen=seen == "yes",
        pinned=pinned,
        boosted=boost,
        excluded=excluded,
    )


def rules(place: int, item: ItemCard, column: int) -> None:
    """Under a card: pin it, never show it."""
    pinned = item.item_id in state.read_many(PIN)
    with st.popover("Rule", type="tertiary", key=f"rule_{column}_{place}"):
        st.button(
            "Unpin" if pinned else "Pin to the top",
            key=f"pin_{column}_{place}",
            icon=":material/push_pin:",
            on_click=_toggle,
            args=(PIN, item.item_id),
        )
        st.button(
            "Never show",
            key=f"exclude_{column}_{place}",
            icon=":material/block:",
            on_click=_toggle,
            args=(EXCLUDE, item.item_id),
        )


def _categories(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names may hold a comma, which parts values in a URL."""
    if not names:
        return (), ()
    titles = {quote(name): name for name in names}
    left, right = st.columns(2, gap="medium")
    with left:
        only = state.pick_many("Only these categories", "only", tuple(titles), titles=titles)
    with right:
        boost = state.pick_many(
            "Push these categories",
            "boost",
            tuple(titles),
            titles=titles,
            help="Adds one standard deviation to their scores.",
        )
    return tuple(map(unquote, only)), tuple(map(unquote, boost))


def _prices(span: tuple[float, float] | None) -> tuple[float | None, float | None]:
    if span is None:
        return None, None
    left, right = st.columns(2, gap="medium")
    step = max((span[1] - span[0]) / 100, 0.01)
    with left:
        low = state.slide("Price from", "from", low=span[0], high=span[1], step=step,
                          default=span[0])  # fmt: skip
    with right:
        high = state.slide("Price to", "to", low=span[0], high=span[1], step=step,
                           default=span[1])  # fmt: skip
    return low if low > span[0] else None, high if high < span[1] else None


def _rules(dataset_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was pinned and excluded, to be taken back; the rules are part of the link."""
    found = {}
    for name, title in ((PIN, "Pinned"), (EXCLUDE, "Never shown")):
        items = searching.named(open_workspace(), dataset_id, state.read_many(name))
        found[name] = tuple(item.item_id for item in items)
        for place, item in enumerate(items):
            with st.container(horizontal=True, vertical_alignment="center"):
                cards.row(item, title)
                st.button(
                    "Take back",
                    key=f"undo_{name}_{place}",
                    type="tertiary",
                    help=plain(cards.name_of(item)),
                    on_click=_toggle,
                    args=(name, item.item_id),
                )
    return found[PIN], found[EXCLUDE]


def _toggle(name: str, item_id: str) -> None:
    kept = [item for item in state.read_many(name) if item != item_id]
    if len(kept) == len(state.read_many(name)):
        kept.append(item_id)
    state.write(**{name: ",".join(kept)})
