"""What a catalogue and its interactions look like."""

import streamlit as st

from backend.figures import catalogue as figures
from backend.figures import wording
from backend.workflows import catalogue
from pages.components import charts
from pages.components.cached import remember
from pages.components.markup import plain
from pages.components.words import explain


def finding(dataset_id: str) -> str:
    """The page's first sentence."""
    found = remember(catalogue.profile, dataset_id)
    return (
        f"{found.items:,} items, {found.users:,} people, {found.interactions:,} interactions; "
        f"a tenth of the items takes {wording.percent(found.top_tenth_share)} of them"
    )


def context(dataset_id: str) -> str:
    """What deserves attention, in a word."""
    count = len(remember(catalogue.profile, dataset_id).findings)
    if count == 0:
        return "Nothing in the data stands out as a problem."
    return f"{count} thing{'s' if count > 1 else ''} to know about these data: see Profile."


def show(dataset_id: str) -> None:
    """Findings first, then the figures, small multiples."""
    found = remember(catalogue.profile, dataset_id)
    if found.findings:
        sentences = "\n".join(f"- {plain(sentence)}" for sentence in found.findings)
        st.info(sentences, icon=":material/lightbulb:")
    tiles = st.grid(min_column_width=150)
    tiles.metric("Items", f"{found.items:,}", border=True)
    tiles.metric("People", f"{found.users:,}", border=True)
    tiles.metric(
        "Interactions", f"{found.interactions:,}", border=True, help=explain("interactions")
    )
    tiles.metric("Sparsity", wording.percent(found.sparsity), border=True, help=explain("sparsity"))
    tiles.metric("Cold items", f"{found.cold_items:,}", border=True, help=explain("cold"))
    cells = st.grid(2, min_column_width=360)
    for name, draw in (
        ("tail", figures.long_tail),
        ("coverage", figures.coverage),
        ("activity", figures.activity),
        ("categories", figures.categories),
        ("ratings", figures.ratings if found.ratings else None),
        ("timeline", figures.timeline if found.timeline else None),
        ("splits", figures.splits if found.splits else None),
    ):
        if draw is not None:
            with cells.cell():
                charts.show(draw(found), key=f"profile_{name}", data=True)
