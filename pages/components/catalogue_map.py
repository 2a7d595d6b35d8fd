"""The map on the page: what it shows, the lasso, and what lies inside it."""

import base64
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from backend.figures import catalogue_map as figures
from backend.figures import wording
from backend.workflows import catalogue_map as maps
from backend.workflows import map_colours, map_selection, overview
from backend.workflows.cards import ItemCard
from backend.workflows.catalogue_map import CatalogueMap
from backend.workflows.jobviews import JobView
from backend.workflows.workspace import open_workspace
from pages.components import cards, charts, gallery, headline, jobs, pictures, state
from pages.components.cached import remember

VIEW = "Map"
_KEY = "catalogue_map"
_PAGE = 24
_FORGET = ("area", "without", "found")
_TITLES = {
    "image": "Picture",
    "text": "Text",
    "audio": "Sound",
    "video": "Video",
    "attributes": "Attributes",
    "reviews": "Reviews",
    maps.RUN: "As a model sees it",
}
_KINDS = {"pca": "Broad view (PCA)", "umap": "Neighbourhoods (UMAP)"}
_CONFIG = {
    "displaylogo": False,
    "displayModeBar": True,
    "modeBarButtonsToRemove": ["autoScale2d"],
    "toImageButtonOptions": {"format": "svg", "filename": "fusionlens-map"},
}


def header(dataset_id: str) -> None:
    """What the map says, before it is drawn."""
    known = maps.sources(open_workspace(), dataset_id)
    if not known:
        headline.show("There is no map yet", "A map needs items that were encoded.")
        return
    view = _view(dataset_id, *_asked(dataset_id, known))
    headline.show(view.reading or "Alike items lie together", view.source)


def show(dataset_id: str) -> None:
    """Choices, map and selection; without anything encoded, how to get there."""
    known = maps.sources(open_workspace(), dataset_id)
    if not known:
        _nothing_encoded()
        return
    source, run_id, kind, colour = _choices(dataset_id, known)
    if kind == "umap" and not maps.has_umap(open_workspace(), dataset_id, source, run_id):
        _offer(dataset_id, source, run_id)
        kind = "pca"
    _explore(dataset_id, _view(dataset_id, source, run_id, kind, colour))


def _nothing_encoded() -> None:
    with st.container(border=True, horizontal_alignment="center"):
        st.subheader("The catalogue as a map", anchor=False, text_alignment="center")
        st.markdown(
            "Every item becomes a point; alike items lie together. Colour it by category, price or "
            "popularity, draw around a group and see what is in it. For that, an encoder has to "
            "look at the pictures and read the texts once.",
            text_alignment="center",
        )
        if st.button("Encode the items", type="primary", key="map_encode"):
            state.go("catalogue", view="Features")


def _choices(dataset_id: str, known: Sequence[str]) -> tuple[str, str, str, str]:
    """Bound to the URL; a change of what is drawn drops the selection, a change of colour keeps
    it."""
    workspace = open_workspace()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = state.pick(
            "Alike by", "map", known, titles=_TITLES, control="segments", forget=_FORGET
        )
        state.pick(
            "Kind of map",
            "kind",
            tuple(_KINDS),
            titles=_KINDS,
            control="segments",
            forget=_FORGET,
            help="PCA shows the two largest differences at once. UMAP keeps neighbours together "
            "and takes a little while.",
        )
        titles = map_colours.colour_titles(workspace, dataset_id)
        with st.container(width=210):
            state.pick("Colour", "colour", tuple(titles), titles=titles, forget=("without",))
        if source == maps.RUN:
            labels = maps.runs(workspace, dataset_id)
            with st.container(width=210):
                state.pick("Model", "run", tuple(labels), titles=labels, forget=_FORGET)
        state.pick(
            "Pictures",
            "pictures",
            ("on", "off"),
            titles={"on": "On", "off": "Off"},
            control="segments",
            help="A few items show their picture where they lie.",
        )
    return _asked(dataset_id, known)


def _asked(dataset_id: str, known: Sequence[str]) -> tuple[str, str, str, str]:
    """(source, run, kind, colour) as the URL says, the first of each where it does not."""
    workspace = open_workspace()
    source = _one_of("map", known)
    run_id = _one_of("run", tuple(maps.runs(workspace, dataset_id))) if source == maps.RUN else ""
    colour = _one_of("colour", tuple(map_colours.colour_titles(workspace, dataset_id)))
    return source, run_id, _one_of("kind", tuple(_KINDS)), colour


def _one_of(name: str, options: Sequence[str]) -> str:
    wanted = state.read(name)
    return wanted if wanted in options else options[0]


def _view(dataset_id: str, source: str, run_id: str, kind: str, colour: str) -> CatalogueMap:
    workspace = open_workspace()
    there = kind == "umap" and maps.has_umap(workspace, dataset_id, source, run_id)
    return maps.catalogue_map(
        workspace, dataset_id, source, "umap" if there else "pca", colour, run_id
    )


def _offer(dataset_id: str, source: str, run_id: str) -> None:
    """The map of neighbourhoods is a job; the broad view stands below meanwhile."""
    workspace = open_workspace()
    if _active(dataset_id):
        jobs.bars(lambda: _active(dataset_id))
        return
    seconds = wording.duration(maps.umap_needs(workspace, dataset_id))
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            "The map of neighbourhoods is laid out once, by a job of about "
            f"{seconds}. Until then the broad view is shown."
        )
        if st.button("Lay it out", type="primary", icon=":material/scatter_plot:", key="map_job"):
            maps.queue_umap(workspace, dataset_id, source, run_id)
            st.rerun()


def _active(dataset_id: str) -> tuple[JobView, ...]:
    found = overview.active_jobs(open_workspace())
    return tuple(job for job in found if job.kind == "map" and job.dataset_id == dataset_id)


@st.fragment
def _explore(dataset_id: str, view: CatalogueMap) -> None:
    """Map and selection; a lasso draws this part again and nothing else."""
    chart, beside = st.columns([4, 1], gap="medium")
    with chart:
        _draw(dataset_id, view)
        st.caption(figures.caption(view))
    with beside:
        _beside(dataset_id)
    _selection(dataset_id, view)


def _draw(dataset_id: str, view: CatalogueMap) -> None:
    st.plotly_chart(
        _figure(dataset_id, view),
        key=_KEY,
        config=_CONFIG,
        alt=figures.describe(view),
        on_select=lambda: _store(view),
        selection_mode=("points", "box", "lasso"),
    )


def _figure(dataset_id: str, view: CatalogueMap) -> go.Figure:
    """The figure as it was drawn first, whatever a person selects on it.

    A changed figure would be a new chart without zoom. It is drawn anew when the map changes, or
    when the address says something else than the chart: after a link, a step back, a cleared
    selection.
    """
    dark, shown = charts.is_dark(), state.read("pictures") != "off"
    marked = maps.row_of(open_workspace(), dataset_id, state.read("item"))
    area, without = state.read("area"), state.read_many("without")
    memory = st.session_state.setdefault("_map", {"drawn": 0})
    looks = (dataset_id, dark, shown, marked)
    other = memory.get("view") is not view or memory.get("looks") != looks
    if other or memory.get("seen") != (area, without):
        drawn = memory["drawn"] + 1
        figure = figures.catalogue_map(
            view,
            dark=dark,
            pictures=_landmarks(dataset_id, view, dark) if shown else (),
            highlighted=() if marked is None else (marked,),
            area=area,
            without=without,
            drawn=drawn,
        )
        memory |= {"view": view, "looks": looks, "figure": figure}
        memory |= {"seen": (area, without), "drawn": drawn}
    return memory["figure"]


def _store(view: CatalogueMap) -> None:
    """What was drawn around goes into the URL; a clicked item as well."""
    drawn = map_selection.read_report(view, st.session_state[_KEY].selection)
    if drawn.row is not None:
        (card,) = maps.cards(open_workspace(), state.dataset_id(), (drawn.row,))
        state.write(item=card.item_id)
        return
    state.write(area=drawn.area, without=",".join(drawn.without), found="")
    st.session_state["_map"]["seen"] = (drawn.area, drawn.without)


def _landmarks(dataset_id: str, view: CatalogueMap, dark: bool) -> tuple[figures.Picture, ...]:
    found = maps.landmarks(open_workspace(), dataset_id, view)
    return tuple(
        figures.Picture(card.item_num, _address(pictures.square(card.thumbnail, dark, 96)))
        for card in found
        if card.thumbnail
    )


def _address(picture: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()


def _beside(dataset_id: str) -> None:
    """The item that was clicked, or how to use the map."""
    row = maps.row_of(open_workspace(), dataset_id, state.read("item"))
    if row is None:
        st.markdown("**Draw around items** to see them below the map.")
        st.caption(
            "Shift adds another area, a double click clears. With the arrows in the toolbar the "
            "map moves, and a click picks one item. A name in the legend hides its items, a "
            "double click on it shows them alone."
        )
        return
    (item,) = remember(maps.cards, dataset_id, (row,))
    with st.container(border=True):
        cards.face(item)
        with st.popover("Details", type="tertiary", key="map_details"):
            gallery.details(item)
        st.button("Unmark", type="tertiary", key="map_unmark", on_click=_forget, args=("item",))


def _forget(*names: str) -> None:
    state.write(**dict.fromkeys(names, ""))


def _selection(dataset_id: str, view: CatalogueMap) -> None:
    area = state.read("area")
    if not area:
        return
    workspace = open_workspace()
    chosen = map_selection.select(workspace, dataset_id, view, area, state.read_many("without"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(chosen.sentence, anchor=False)
        st.button(
            "Clear the selection",
            type="tertiary",
            icon=":material/close:",
            key="map_clear",
            on_click=_forget,
            args=_FORGET,
        )
    pages = -(-len(chosen.rows) // _PAGE)
    first = min(state.current_page("found"), max(pages - 1, 0)) * _PAGE
    some = tuple(chosen.rows[first : first + _PAGE].tolist())
    cards.grid(maps.cards(workspace, dataset_id, some), smallest=132, below=_mark)
    state.page_number("found", pages)


def _mark(place: int, item: ItemCard) -> None:
    st.button(
        "On the map",
        type="tertiary",
        key=f"mark_{place}",
        on_click=lambda: state.write(item=item.item_id),
        icon=":material/my_location:",
    )
