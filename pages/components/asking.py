"""What a person looks for: words, a picture, items to be like and unlike, and what counts."""

import streamlit as st

from backend.figures import theme, wording
from backend.workflows import alignment, catalogue, searching
from backend.workflows.aligning import AlignmentPlan
from backend.workflows.cards import ItemCard
from backend.workflows.catalogue import GalleryQuery
from backend.workflows.search_examples import examples
from backend.workflows.searching import Ability, SearchQuery
from backend.workflows.workspace import open_workspace
from pages.components import cards, jobs, state, uploads
from pages.components.boundary import boundary
from pages.components.markup import plain
from pages.components.words import explain

LIKE, UNLIKE = "like", "unlike"
_MOST = 8
_OFFERED = 12


def query(dataset_id: str, able: Ability) -> SearchQuery | None:
    """The form, its words and weights bound to the URL; None while nothing is looked for.

    A dropped picture cannot stand in a URL; it stays with this browser tab.
    """
    words, picture = "", None
    left, right = st.columns([3, 2], gap="medium")
    if able.words:
        with left:
            words = state.write_in(
                "Words", "words", placeholder="What you look for, in your own words"
            )
    if able.pictures:
        with right:
            picture = uploads.picture()
    with left:
        like, unlike = _chosen(dataset_id)
        asked = bool(words or picture or like)
        weights, share = _weights(able, bool(words and picture)) if asked else ({}, 0.5)
    if not asked:
        return None
    return SearchQuery(words, picture, like, unlike, weights, share)


def beginnings(dataset_id: str) -> None:
    """Examples to begin with: phrases of this catalogue, and a few of its items."""
    phrases = examples(open_workspace(), dataset_id)
    if phrases:
        st.caption("For example, in this catalogue's own words:")
        with st.container(horizontal=True, gap="small"):
            for place, phrase in enumerate(phrases):
                st.button(
                    plain(phrase),
                    key=f"example_{place}",
                    icon=":material/search:",
                    on_click=lambda text=phrase: state.write(words=text),
                )
    st.caption("Or begin with an item:")
    page = catalogue.gallery(open_workspace(), dataset_id, GalleryQuery(size=_OFFERED))
    cards.grid(page.items, smallest=132, below=_begin)


def choices(place: int, item: ItemCard) -> None:
    """Under a card: more like it, less like it."""
    with st.container(horizontal=True, gap="small"):
        _button(LIKE, "More", place, item)
        _button(UNLIKE, "Less", place, item)


def _begin(place: int, item: ItemCard) -> None:
    _button(LIKE, "Like this", place, item, "begin")


def _button(name: str, label: str, place: int, item: ItemCard, key: str = "") -> None:
    st.button(
        label,
        key=f"{key or name}_{place}",
        icon=":material/add_circle:" if name == LIKE else ":material/do_not_disturb_on:",
        type="tertiary",
        help="More like this" if name == LIKE else "Less like this",
        on_click=_add,
        args=(name, item.item_id),
    )


def better(dataset_id: str, able: Ability) -> None:
    """What words can and cannot find as things are, and the way to a better search."""
    workspace = open_workspace()
    if able.crossing:
        found = alignment.alignment(workspace, dataset_id)
        if found is not None:
            share = wording.percent(found.after["text_to_image"]["recall@10"])
            st.caption(
                ":material/join_inner: Words are compared with pictures too: of "
                f"{found.held_out:,} items kept aside, words find the right picture in the top 10 "
                f"for {share} (by chance {wording.percent(found.chance)}).",
                help=explain("alignment"),
            )
        return
    if alignment.hindrance(workspace, dataset_id):
        return
    with boundary(), st.container(border=True):
        st.markdown(
            "**Words find descriptions, not pictures yet.** Once pictures and words are aligned, "
            "“a blue shirt” also finds blue shirts whose description says nothing of blue.",
            help=explain("alignment"),
        )
        _align(dataset_id)


def _align(dataset_id: str) -> None:
    workspace, plan = open_workspace(), AlignmentPlan(dataset_id)
    under_way = alignment.active(workspace, dataset_id)
    jobs.bars(lambda: alignment.active(open_workspace(), dataset_id))
    if under_way:
        return
    cost = alignment.estimate(workspace, plan)
    label = f"Align pictures and words (about {wording.duration(cost.seconds)})"
    if st.button(label, icon=":material/join_inner:", key="search_align"):
        alignment.queue_align(workspace, plan)
        st.rerun()


def _chosen(dataset_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The items that were chosen, as small pictures to be taken back; unknown ones are dropped."""
    found = {}
    for name, title in ((LIKE, "More like"), (UNLIKE, "Less like")):
        items = searching.named(open_workspace(), dataset_id, state.read_many(name))[:_MOST]
        found[name] = tuple(item.item_id for item in items)
        if items:
            st.caption(title)
            with st.container(horizontal=True, gap="small"):
                for place, item in enumerate(items):
                    with st.container(width=96, gap="xxsmall"):
                        cards.strip([item], side=88)
                        st.button(
                            "Remove",
                            key=f"drop_{name}_{place}",
                            type="tertiary",
                            help=plain(cards.name_of(item)),
                            on_click=_drop,
                            args=(name, item.item_id),
                        )
    return found[LIKE], found[UNLIKE]


def _weights(able: Ability, both: bool) -> tuple[dict[str, float], float]:
    """How much each modality of the items counts, and the picture beside the words."""
    share = 0.5
    weights: dict[str, float] = {}
    if len(able.modalities) < 2 and not both:
        return weights, share
    with st.expander("What counts", icon=":material/tune:"):
        if both:
            share = state.slide(
                "Your picture against your words",
                "share",
                default=0.5,
                help="0: only the words count. 1: only the picture counts.",
            )
        if len(able.modalities) > 1:
            for modality in able.modalities:
                weights[modality] = state.slide(
                    f"{theme.player_title(modality)} of the items",
                    f"w_{modality}",
                    high=2.0,
                    step=0.1,
                    default=1.0,
                    help="0 leaves it out, 2 counts it twice.",
                )
    return weights, share


def _add(name: str, item_id: str) -> None:
    other = UNLIKE if name == LIKE else LIKE
    kept = [item for item in state.read_many(name) if item != item_id]
    rest = [item for item in state.read_many(other) if item != item_id]
    state.write(**{name: ",".join([*kept, item_id]), other: ",".join(rest)})


def _drop(name: str, item_id: str) -> None:
    rest = [item for item in state.read_many(name) if item != item_id]
    state.write(**{name: ",".join(rest)})
