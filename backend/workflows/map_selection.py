"""What a person selects on a map: from the chart's report to the items, and in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.workflows.catalogue_map import CatalogueMap
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.map_areas import Polygon, inside, read_area, write_area
from backend.workflows.map_colours import UNKNOWN, Groups
from backend.workflows.workspace import Workspace


@dataclass(frozen=True)
class Drawn:
    """What a chart reports, as an address holds it: the area, the groups that are hidden, and the
    one item that was clicked (None: an area, or nothing)."""

    area: str
    without: tuple[str, ...]
    row: int | None


@dataclass(frozen=True)
class Selected:
    """The items inside an area, the most chosen first."""

    rows: NDArray[np.int64]
    sentence: str


def read_report(view: CatalogueMap, report: Mapping[str, Any]) -> Drawn:
    """Of Plotly: `lasso` and `box` with x and y, `points` with the item's row as customdata."""
    polygons = [np.column_stack([part["x"], part["y"]]) for part in report.get("lasso", ())]
    polygons += [_corners(part["x"], part["y"]) for part in report.get("box", ())]
    points = report.get("points", ())
    rows = [int(p["customdata"]) for p in points if p.get("customdata") is not None]
    area = write_area([polygon.astype(np.float64) for polygon in polygons], view.xy)
    if area:
        return Drawn(area, _hidden(view, area, rows), None)
    return Drawn("", (), rows[0] if len(rows) == 1 else None)


def select(
    workspace: Workspace, dataset_id: str, view: CatalogueMap, area: str, without: Sequence[str]
) -> Selected:
    """The items inside an area; those of the groups `without` are left out."""
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    chosen = inside(read_area(area, view.xy), view.xy)
    if isinstance(view.colouring, Groups) and without:
        hidden = [n for n, name in enumerate(view.colouring.names) if name in without]
        chosen &= ~np.isin(view.colouring.of, hidden)
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(-dataset.popularity[rows], kind="stable")]
    return Selected(rows, _selection_sentence(rows, view))


def _hidden(view: CatalogueMap, area: str, rows: Iterable[int]) -> tuple[str, ...]:
    """Groups with drawn items inside of which the chart reports none: switched off in the
    legend."""
    colour = view.colouring
    seen = set(rows)
    if not isinstance(colour, Groups) or not seen:
        return ()
    there = view.rows[inside(read_area(area, view.xy), view.xy)[view.rows]]
    missing = set(colour.of[there].tolist()) - set(colour.of[sorted(seen)].tolist())
    return tuple(colour.names[place] for place in sorted(missing))


def _corners(x: Sequence[float], y: Sequence[float]) -> Polygon:
    left, right, low, high = x[0], x[1], y[0], y[1]
    return np.array([[left, low], [right, low], [right, high], [left, high]], dtype=np.float64)


def _selection_sentence(rows: NDArray[np.int64], view: CatalogueMap) -> str:
    """ "214 of 3,186 items selected, mostly Dresses (61 %)"."""
    start = f"{len(rows):,} of {view.total:,} items selected"
    if not len(rows):
        return "Nothing lies inside the area"
    colour = view.colouring
    if isinstance(colour, Groups):
        words, counts = np.unique(colour.words[rows], return_counts=True)
        share = counts.max() / len(rows)
        word = "mostly" if share > 0.5 else "most of all"
        what = str(words[counts.argmax()]) or UNKNOWN.lower()
        return f"{start}, {word} {what} ({100 * share:.0f} %)"
    here = colour.values[rows]
    here = here[np.isfinite(here)]
    everywhere = colour.values[np.isfinite(view.xy[:, 0]) & np.isfinite(colour.values)]
    if not len(here) or not len(everywhere):
        return start
    middle, usual = float(np.median(here)), float(np.median(everywhere))
    return f"{start}, median {colour.title.lower()} {middle:,.4g} (on the whole map {usual:,.4g})"
