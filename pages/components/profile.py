"""What a catalogue and its interactions look like."""

import streamlit as st

from backend.figures import catalogue as figures
from backend.figures import wording
from backend.workflows import catalogue
from pages.components import charts
from pages.components.cached import remember
from pages.components.words import explain


def finding(dataset_id: str) -> str:
    """The page's first sentence."""
    found = remember(catalogue.profile, dataset_id)
    return (
        f"{found.items:,} items, {found.users:,} people, {found.interactions:,} interactions; "
        f"a tenth of the items takes {wording.percent(found.top_tenth_share)} of them"
    )


def show(dataset_id: str) -> None:
    """The counts, then the figures, small multiples."""
    found = remember(catalogue.profile, dataset_id)
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
