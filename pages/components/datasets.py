"""Data sets in one glance."""

from collections.abc import Sequence

import streamlit as st

from backend.figures import wording
from backend.workflows.overview import DatasetCard
from pages.components import cards, state
from pages.components.markup import plain
from pages.components.words import explain


def chosen(known: Sequence[DatasetCard]) -> DatasetCard:
    """The one that the sidebar shows."""
    return next((card for card in known if card.id == state.dataset_id()), known[0])


def show_all(known: Sequence[DatasetCard]) -> None:
    """A card for each: size, best run against clicks alone, ways on."""
    st.subheader("Data sets", anchor=False)
    cells = st.grid(min_column_width=300, gap="small", border=True)
    for dataset in known:
        with cells.cell():
            st.markdown(f"**{plain(dataset.name)}**")
            cards.quiet(_contents(dataset))
            best = dataset.best
            if best is None:
                st.markdown("No finished run yet.")
            else:
                st.metric(
                    "Best NDCG@20",
                    wording.interval(best.score),
                    help=explain("interval"),
                )
                cards.quiet(best.label)
                if gain := _gain(dataset):
                    cards.quiet(gain)
            with st.container(horizontal=True):
                state.link("catalogue", "Look", dataset=dataset.id, run="", user="", item="")
                state.link("train", "Train", dataset=dataset.id, run="", user="", item="")
                if dataset.runs_finished:
                    state.link("compare", "Compare", dataset=dataset.id, run="", user="", item="")


def _contents(dataset: DatasetCard) -> str:
    parts = [
        f"{dataset.items:,} items",
        f"{dataset.users:,} people",
        f"{dataset.runs_finished} finished run{'' if dataset.runs_finished == 1 else 's'}",
    ]
    if dataset.runs_active:
        parts.append(f"{dataset.runs_active} under way")
    return " · ".join(parts)


def _gain(dataset: DatasetCard) -> str | None:
    best = dataset.best
    if best is None or best.gain is None or best.reference is None or not best.reference.value:
        return None
    if best.gain.low <= 0 <= best.gain.high:
        return "A gain over clicks alone is not shown: the interval includes zero"
    share = best.gain.value / best.reference.value
    return f"{wording.percent(share, sign=True)} over the best that sees clicks only"
