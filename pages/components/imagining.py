"""Somebody who does not exist: some items, a picture, a wish; and what each model makes of it."""

import streamlit as st

from backend.figures import wording
from backend.workflows import catalogue, made_up, searching
from backend.workflows.cards import ItemCard
from backend.workflows.catalogue import GalleryQuery
from backend.workflows.made_up import MadeUp
from backend.workflows.recommendation import RunOption
from backend.workflows.workspace import open_workspace
from pages.components import cards, headline, lists, pickers, reranking, state, uploads
from pages.components.boundary import boundary

LIKE = "like"
_MOST = 20
_OFFERED = 8
_SHOWN = 12


def show(
    dataset_id: str, known: tuple[RunOption, ...], top: st.delta_generator.DeltaGenerator
) -> None:
    """The person on the left, what he or she would get on the right."""
    left, right = st.columns([1, 2], gap="large")
    with left:
        who = _person(dataset_id)
    with right:
        readers = [option.run_id for option in known if option.reads_content]
        chosen = pickers.beside(known, default=readers[0] if readers else "")
        if who is None:
            st.info(
                "Choose items on the left, drop a picture or type a wish: the lists of this person "
                "stand here, with no training at all.",
                icon=":material/person_add:",
            )
            return
        wishes = reranking.wishes(dataset_id)
        with boundary():
            with st.skeleton(320):
                found = [
                    made_up.recommend_made_up(open_workspace(), run, who, _SHOWN, wishes)
                    for run in chosen
                ]
            with top.container():
                headline.show(
                    _finding(who), "Folded in at once, without training; nothing is stored."
                )
            lists.beside(found)


def _finding(who: MadeUp) -> str:
    parts = [f"{len(who.items)} choice{'s' if len(who.items) > 1 else ''}"] if who.items else []
    parts += [f"the wish “{wording.shortened(who.words, 40)}”"] if who.words else []
    parts += ["a picture"] if who.picture else []
    parts += ["a recording"] if who.audio or who.video else []
    return f"What somebody with {' and '.join(parts)} would get"


def _person(dataset_id: str) -> MadeUp | None:
    words = state.write_in("A wish", "words", placeholder="for example: a light dress for summer")
    with st.popover("Drop a picture or a recording", icon=":material/upload:"):
        picture, recording = uploads.picture(), uploads.recording()
    chosen = _chosen(dataset_id)
    wished = bool(words or picture)
    with st.expander("Choose items", icon=":material/add_circle:", expanded=not wished):
        _offer(dataset_id, [item.item_id for item in chosen])
    who = MadeUp(
        tuple(item.item_id for item in chosen), words, picture, recording.sound, recording.clip
    )
    return who if who.items or who.brings_content else None


def _chosen(dataset_id: str) -> tuple[ItemCard, ...]:
    items = searching.named(open_workspace(), dataset_id, state.read_many(LIKE))
    items = tuple(item for item in items if not item.added)[:_MOST]
    if items:
        st.markdown(f"**Chose {len(items)}**")
    for place, item in enumerate(items):
        with st.container(horizontal=True, vertical_alignment="center"):
            cards.row(item)
            st.button(
                "",
                icon=":material/close:",
                key=f"unchoose_{place}",
                type="tertiary",
                help="Take it away",
                on_click=_toggle,
                args=(item.item_id,),
            )
    return items


def _offer(dataset_id: str, chosen: list[str]) -> None:
    """Items to click; by words, or the most chosen ones."""
    find = state.write_in("Find items to choose", "find", placeholder="Words in title or text")
    page = catalogue.gallery(
        open_workspace(), dataset_id, GalleryQuery(search=find, size=_OFFERED + len(chosen))
    )
    left = [item for item in page.items if item.item_id not in chosen and not item.added]

    def below(place: int, item: ItemCard) -> None:
        st.button(
            "Choose",
            key=f"choose_{place}",
            icon=":material/add_circle:",
            type="tertiary",
            on_click=_toggle,
            args=(item.item_id,),
        )

    cards.grid(left[:_OFFERED], smallest=110, below=below)


def _toggle(item_id: str) -> None:
    kept = [item for item in state.read_many(LIKE) if item != item_id]
    if len(kept) == len(state.read_many(LIKE)):
        kept.append(item_id)
    state.write(**{LIKE: ",".join(kept)})
