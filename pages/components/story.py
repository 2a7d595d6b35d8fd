"""The story of the product in three cards: look at the shop, compare, see why."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from backend.figures import overview as figures
from backend.figures import recommend
from backend.workflows import catalogue, demo, explanation
from backend.workflows.overview import DatasetCard, NextStep
from backend.workflows.workspace import open_workspace
from pages.components import charts, pictures, state
from pages.components.boundary import boundary
from pages.components.cached import remember
from pages.components.markup import plain


def next_step(step: NextStep, preparing: bool) -> None:
    """The one primary action of the page."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if step.page == "demo":
            if preparing:
                st.markdown("A demo is being prepared; you can close the browser meanwhile.")
            elif st.button(plain(step.label), type="primary", icon=":material/rocket_launch:"):
                demo.start_demo(open_workspace())
                st.rerun()
            if st.button("Import your own data", icon=":material/upload:"):
                state.go("catalogue", view="Import")
            return
        if st.button(plain(step.label), type="primary", icon=":material/arrow_forward:"):
            state.go(step.page)
        st.markdown(plain(step.text))


def promise() -> None:
    """What a newcomer will get, before there is any data."""
    cells = st.grid(min_column_width=260, gap="small", border=True)
    for icon, title, text in (
        (
            "storefront",
            "1. Look at the shop",
            "A generated shop of garments, shoes and bags, with pictures, descriptions and people "
            "whose tastes are known. Or your own catalogue.",
        ),
        (
            "leaderboard",
            "2. Compare the fusions",
            "Six ways to join picture, text and clicks, next to strong models that see clicks "
            "only, with intervals that tell a lead from luck.",
        ),
        (
            "query_stats",
            "3. See why",
            "Every recommendation is divided into what the picture, the text and the clicks "
            "contributed. On the demo you can check that against the truth.",
        ),
    ):
        with cells.cell():
            st.subheader(f":material/{icon}: {title}", anchor=False)
            st.markdown(text)


def tell(dataset: DatasetCard) -> DeltaGenerator:
    """The same three cards, filled with this data set.

    Returns the place for the last one's content: it loads a model, so `show_why` fills it when
    the rest of the page stands.
    """
    cells = st.grid(min_column_width=280, gap="small", border=True)
    with cells.cell():
        st.subheader("1. Look at the items", anchor=False)
        _tiles(dataset)
        st.caption(
            f"{dataset.items:,} items, {dataset.users:,} people, "
            f"{dataset.interactions:,} interactions"
        )
        state.link("catalogue", "Open the catalogue", icon=":material/storefront:")
    with cells.cell():
        st.subheader("2. Compare the fusions", anchor=False)
        if dataset.best is None:
            st.markdown("No model was trained yet. Train a few and see whether content helps.")
            state.link("train", "Train models", icon=":material/model_training:")
        else:
            charts.show(figures.lead(dataset.best), key="story_lead")
            state.link("compare", "Compare all runs", icon=":material/leaderboard:")
    with cells.cell():
        st.subheader("3. See why", anchor=False)
        return st.container()


def show_why(dataset: DatasetCard, place: DeltaGenerator) -> None:
    """What moves the lists of the best run that reads content."""
    with place:
        _why(dataset)


def _why(dataset: DatasetCard) -> None:
    best = dataset.best
    if best is None:
        st.markdown(
            "Once a model is trained, every recommendation is divided into what the picture, "
            "the text and the clicks contributed."
        )
        return
    run_id = best.content_run_id or best.run_id
    with boundary(), st.skeleton(120):
        found = remember(explanation.explain_run, run_id)
        st.image(recommend.legend(found.players, charts.is_dark()), alt="Colours of the sources")
        st.image(
            recommend.attribution_strip(found.mean_absolute),
            width="stretch",
            alt=recommend.describe(found.mean_absolute),
        )
        st.markdown(plain(found.sentence))
        st.caption(f"Mean over people, {plain(found.label)}")
    state.link("recommend", "See a person's list", icon=":material/recommend:", run=run_id)
    state.link("explain", "Take a run apart", icon=":material/query_stats:", run=run_id)


def _tiles(dataset: DatasetCard) -> None:
    paths = dataset.thumbnails[:8]
    if not paths:
        st.caption("The items have no pictures.")
        return
    cards = catalogue.gallery(open_workspace(), dataset.id, catalogue.GalleryQuery(size=60)).items
    titles = {card.thumbnail: card.title for card in cards}
    tiles = st.grid(4, min_column_width=48, gap="xxsmall")
    for path in paths:
        tiles.image(
            pictures.square(path, charts.is_dark(), 120),
            width="stretch",
            alt=titles.get(path, "An item of the catalogue"),
        )
