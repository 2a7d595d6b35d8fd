"""Do words find pictures? The space that both share: what it is worth, how to get it, a try."""

import streamlit as st

from backend.figures import alignment as figures
from backend.figures import theme, wording
from backend.workflows import alignment, training
from backend.workflows.aligning import AlignmentPlan
from backend.workflows.alignment import Alignment
from backend.workflows.cards import ItemCard
from backend.workflows.workspace import open_workspace
from pages.components import cards, charts, forms, jobs, state
from pages.components.boundary import boundary
from pages.components.markup import plain
from pages.components.words import explain

_SIDES = {"image": "In their pictures", "text": "In their words"}
_NEAR = {"image": "picture", "text": "words"}
_SHOWN = 12


def show(dataset_id: str) -> None:
    """The finding first, then the figure and the search, then the way to learn it (again)."""
    workspace = open_workspace()
    found = alignment.alignment(workspace, dataset_id)
    st.subheader(_finding(found), anchor=False, help=explain("alignment"))
    hindrance = alignment.hindrance(workspace, dataset_id)
    if hindrance and found is None:
        st.info(plain(hindrance), icon=":material/lightbulb:")
        return
    if found is None:
        st.markdown(
            "Each encoder has a language of its own. From the pairs in this catalogue two small "
            "networks learn to translate both into one, so that words can be compared with "
            "pictures. A fifth of the items is kept aside to measure how well."
        )
        _start(dataset_id, "Align pictures and words")
        return
    st.caption(_context(found))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        charts.show(figures.recall(found), key="alignment_recall", alt=_finding(found), data=True)
        st.caption("Solid: found first. Paler: in the top 5. Palest: in the top 10.")
        _start(dataset_id, "Align again")
    with right:
        _try_it(dataset_id)


def _finding(found: Alignment | None) -> str:
    if found is None:
        return "Words do not find pictures yet"
    return (
        f"Words find the right picture among {found.held_out:,} in the top 10 for "
        f"{wording.percent(found.after['text_to_image']['recall@10'])} of items; by chance "
        f"{wording.percent(found.chance)}"
    )


def _context(found: Alignment) -> str:
    compared = (
        "Before, the encoders' own numbers already lay in one space"
        if found.before
        else "Before, the two encoders' numbers could not be compared at all"
    )
    shared = (
        f" {found.duplicates:,} of them share picture or words with another one; any of those "
        "counts as right, for chance too."
        if found.duplicates
        else ""
    )
    return (
        f"Measured on {found.held_out:,} of {found.pairs:,} items that learning had never seen."
        f"{shared} {compared}. Learned in {wording.duration(found.seconds)}."
    )


def _start(dataset_id: str, label: str) -> None:
    workspace = open_workspace()
    under_way = alignment.active(workspace, dataset_id)
    jobs.bars(lambda: alignment.active(open_workspace(), dataset_id))
    plan = _plan(dataset_id)
    with boundary():
        cost = alignment.estimate(workspace, plan)
        if st.button(
            label, icon=":material/join_inner:", disabled=bool(under_way), key="start_alignment"
        ):
            alignment.queue_align(workspace, plan)
            st.toast("Queued. You can close the browser; it goes on.")
            st.rerun()
        st.caption(f"About {wording.duration(cost.seconds)}. Basis: {plain(cost.basis)}.")


def _plan(dataset_id: str) -> AlignmentPlan:
    with st.expander("Encoders and settings", icon=":material/tune:"):
        choices = training.choices(open_workspace(), dataset_id)
        encoders = {
            side: st.selectbox(
                f"{theme.player_title(side)} encoder",
                [choice.name for choice in choices.encoders[side]],
                format_func={c.name: c.title for c in choices.encoders[side]}.get,
                key=f"align_{side}",
                help=explain("encoder"),
            )
            for side in _SIDES
            if choices.encoders.get(side)
        }
        settings = forms.fields(alignment.settings(), "alignment")
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="align_seed", help=explain("seed"))
    return AlignmentPlan(dataset_id, encoders, settings=settings, seed=int(seed))


def _try_it(dataset_id: str) -> None:
    st.markdown("**Try it**")
    words = state.write_in(
        "Words to look for", "find", placeholder="for example: a denim jacket with pockets"
    )
    by = state.pick("Look", "by", tuple(_SIDES), titles=_SIDES, control="segments", hide_label=True)
    if not words:
        st.caption(
            "Items whose pictures fit your words come first, whatever their description says."
        )
        return
    with boundary():
        with st.skeleton(320):
            hits = alignment.text_to_items(open_workspace(), dataset_id, words, _SHOWN, by)

        def below(place: int, item: ItemCard) -> None:
            near = hits[place].similarities
            said = [
                f"{name} {wording.number(near[s], 2)}" for s, name in _NEAR.items() if s in near
            ]
            cards.quiet("Nearness: " + ", ".join(said))

        cards.grid([hit.card for hit in hits], smallest=130, below=below)
