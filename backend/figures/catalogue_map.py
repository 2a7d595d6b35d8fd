"""The map of the catalogue: one point per item, coloured by group or number, to be selected."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from backend.figures import theme, wording
from backend.workflows.catalogue_map import CatalogueMap, Groups, Scale
from backend.workflows.map_areas import inside, outline, read_area
from backend.workflows.map_colours import OTHER, UNKNOWN

HEIGHT: Final = 620
_PICTURE: Final = 0.055
"""Side of a picture, as a share of the width of the map; it stands just above its item."""
_SVG_UP_TO: Final = 1_500
"""Fewer points are drawn as SVG, which every browser has; more need WebGL to stay fluid."""
_FADED: Final = 0.12


@dataclass(frozen=True)
class Picture:
    """A small picture that stands on the map where its item lies."""

    row: int
    uri: str
    """Where the browser finds it; a data: address."""


def catalogue_map(
    view: CatalogueMap,
    *,
    dark: bool = False,
    pictures: Sequence[Picture] = (),
    highlighted: Sequence[int] = (),
    area: str = "",
    without: Collection[str] = (),
    drawn: int = 0,
    selectable: bool = True,
) -> go.Figure:
    """Points with their titles; `highlighted` rows ringed; `area` outlined and what is inside it
    in full colour; the groups `without` switched off in the legend.

    `drawn` tells two drawings of the same map apart, so that the second one starts afresh. With
    `selectable` a drag draws a lasso; else it moves the map, and what is not highlighted is pale.
    """
    title = f"{view.source}, coloured by {view.colouring.title.lower()}"
    if not len(view.rows):
        return theme.sentence(title, "No item has such content.")
    figure = theme.frame(theme.safe(title), height=HEIGHT)
    figure.update_layout(meta={"drawn": drawn})
    if isinstance(view.colouring, Groups):
        _groups(figure, view, view.colouring, without)
    else:
        _scale(figure, view, view.colouring, dark)
    _pictures(figure, view, pictures)
    _rings(figure, view, highlighted, dark)
    _area(figure, view, area, dark)
    _lay_out(figure)
    if not selectable:
        _for_looking(figure, highlighted)
    return figure


def describe(view: CatalogueMap) -> str:
    """For screen readers: what is drawn, and what it says."""
    drawn = f"{len(view.rows):,} of {view.total:,} items" if _sampled(view) else f"{view.total:,}"
    return f"Map of {drawn} items. {view.source}. {view.reading}"


def caption(view: CatalogueMap) -> str:
    """How to read the map and how far to trust it."""
    parts = []
    if view.share is not None:
        parts.append(f"The two axes show {wording.percent(view.share)} of all differences.")
    parts.append(
        f"Of an item's ten nearest, {wording.percent(view.kept)} are among its ten nearest here."
    )
    if _sampled(view):
        parts.append(
            f"{len(view.rows):,} of {view.total:,} items are drawn; selections count all of them."
        )
    return " ".join(parts)


def _sampled(view: CatalogueMap) -> bool:
    return len(view.rows) < view.total


def _groups(
    figure: go.Figure, view: CatalogueMap, colour: Groups, without: Collection[str]
) -> None:
    of = colour.of[view.rows]
    for place, name in enumerate(colour.names):
        if not (of == place).any():
            continue
        plain = name in (OTHER, UNKNOWN)
        figure.add_trace(
            _points(
                view,
                np.flatnonzero(of == place),
                theme.safe(name),
                {
                    "color": theme.BASELINE if plain else theme.GROUP_COLOURS[place],
                    "symbol": "circle-open" if plain else theme.GROUP_MARKS[place],
                },
                theme.safe(wording.shortened(name, 26)),
                visible="legendonly" if name in without else True,
            )
        )
    figure.update_layout(
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "y": -0.02,
            "yanchor": "top",
            "title": {"text": ""},
            "itemsizing": "constant",
        },
    )


def _scale(figure: go.Figure, view: CatalogueMap, colour: Scale, dark: bool) -> None:
    values = colour.values[view.rows]
    known = np.isfinite(values)
    shown = np.log10(1 + np.maximum(values, 0)) if colour.log else values
    if (~known).any():
        unknown = {"color": theme.BASELINE, "symbol": "circle-open"}
        figure.add_trace(_points(view, np.flatnonzero(~known), "Not known", unknown, "Not known"))
    if not known.any():
        return
    unit = f"{colour.unit}, logarithmic" if colour.log else colour.unit
    bar: dict[str, object] = {
        "title": {"text": f"{theme.safe(colour.title)}<br>({theme.safe(unit)})", "side": "top"},
        "orientation": "h",
        "y": -0.02,
        "yanchor": "top",
        "thickness": 12,
        "len": 0.6,
    }
    if colour.log:
        marks = _round_numbers(float(np.nanmax(values)))
        bar |= {"tickvals": np.log10(1 + marks).tolist(), "ticktext": [f"{m:,g}" for m in marks]}
    marker = {
        "color": shown[known],
        "colorscale": theme.CONTINUOUS,
        "reversescale": not dark,
        "colorbar": bar,
        "symbol": "circle",
    }
    places = np.flatnonzero(known)
    trace = _points(view, places, colour.title, marker, "")
    titles = np.array(view.titles, dtype=object)[places]
    trace.text = [
        f"{theme.safe(wording.shortened(title, 60))}<br>{value:,.4g}"
        for title, value in zip(titles, values[known], strict=True)
    ]
    figure.add_trace(trace)


def _points(
    view: CatalogueMap,
    places: NDArray[np.int64],
    name: str,
    marker: Mapping[str, object],
    label: str,
    visible: object = True,
) -> go.Scatter | go.Scattergl:
    """The drawn items at `places`, with their rows as customdata."""
    rows = view.rows[places]
    kind = go.Scattergl if len(view.rows) > _SVG_UP_TO else go.Scatter
    return kind(
        x=view.xy[rows, 0],
        y=view.xy[rows, 1],
        mode="markers",
        name=label or name,
        text=[theme.safe(wording.shortened(view.titles[place], 60)) for place in places],
        customdata=rows,
        marker={"size": _size(len(view.rows)), "opacity": 0.85, "line": {"width": 0}, **marker},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": _FADED}},
        hovertemplate=f"%{{text}}<extra>{label}</extra>",
        visible=visible,
    )


def _pictures(figure: go.Figure, view: CatalogueMap, pictures: Sequence[Picture]) -> None:
    known = view.xy[view.rows]
    side = _PICTURE * float(np.ptp(known[:, 0]) or 1.0)
    for picture in pictures:
        x, y = view.xy[picture.row].tolist()
        figure.add_layout_image(
            source=picture.uri, x=x, y=y + side / 6, xref="x", yref="y", sizex=side, sizey=side,
            xanchor="center", yanchor="bottom", layer="above",
        )  # fmt: skip


def _rings(figure: go.Figure, view: CatalogueMap, rows: Sequence[int], dark: bool) -> None:
    """In a trace of their own, on top of all."""
    there = [row for row in rows if np.isfinite(view.xy[row, 0])]
    if there:
        figure.add_scatter(
            x=view.xy[there, 0],
            y=view.xy[there, 1],
            mode="markers",
            name="Marked",
            marker={
                "symbol": "circle-open",
                "size": 22,
                "color": theme.ink(dark),
                "line": {"width": 3},
            },
            unselected={"marker": {"opacity": 1}},
            hoverinfo="skip",
        )


def _area(figure: go.Figure, view: CatalogueMap, area: str, dark: bool) -> None:
    polygons = read_area(area, view.xy) if area else ()
    if not polygons:
        return
    chosen = inside(polygons, view.xy)
    for trace in figure.data:
        if trace.customdata is not None:
            rows = np.asarray(trace.customdata)
            trace.selectedpoints = np.flatnonzero(chosen[rows]).tolist()
    for polygon in polygons:
        figure.add_selection(
            type="path",
            path=outline(polygon),
            xref="x",
            yref="y",
            line={"color": theme.ink(dark), "width": 1.5, "dash": "dot"},
        )


def _lay_out(figure: go.Figure) -> None:
    """Square units, no ticks: only nearness means something; a drag draws a lasso."""
    hidden = {"showticklabels": False, "showgrid": False, "zeroline": False, "title": {"text": ""}}
    figure.update_xaxes(**hidden)
    figure.update_yaxes(**hidden, scaleanchor="x", scaleratio=1)
    figure.update_layout(
        dragmode="lasso",
        uirevision="map",
        selectionrevision="map",
        margin={"l": 4, "r": 4, "t": 44, "b": 4},
        newselection={"line": {"color": theme.ACCENT, "width": 2, "dash": "solid"}},
        activeselection={"fillcolor": "rgba(0,0,0,0)"},
        hovermode="closest",
        modebar={
            "bgcolor": "rgba(0,0,0,0)",
            "color": theme.BASELINE,
            "activecolor": theme.ACCENT,
            "orientation": "v",
        },
    )


def _for_looking(figure: go.Figure, rows: Sequence[int]) -> None:
    figure.update_layout(dragmode="pan")
    for trace in figure.data:
        if rows and trace.customdata is not None:
            drawn = np.asarray(trace.customdata)
            trace.selectedpoints = np.flatnonzero(np.isin(drawn, rows)).tolist()


def _size(points: int) -> float:
    return 9 if points <= 500 else 7 if points <= 2_500 else 5


def _round_numbers(largest: float) -> NDArray[np.float64]:
    """0, 1, 3, 10, 30 ... up to the largest."""
    marks = [0.0] + [m * 10.0**e for e in range(7) for m in (1, 3)]
    kept = [mark for mark in marks if mark <= largest]
    return np.array(kept[-6:] if len(kept) > 7 else kept)
