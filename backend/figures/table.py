"""The data of a figure as a table, so that every chart can be checked and drawn elsewhere."""

import csv
import io
from collections.abc import Iterable
from html import unescape
from typing import Any

import plotly.graph_objects as go

_COLUMNS = ("x", "y", "z", "text")


def as_csv(figure: go.Figure) -> bytes:
    """One row per point: the trace's name, x, y and, where there is one, z, text and label.

    A label is what hovering over the point says: its custom datum, the last of several.
    UTF-8 with a mark that spreadsheets expect; a heat map gives one row per cell.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["series", *_COLUMNS, "label"])
    for trace in figure.data:
        name = _inert(trace.name or "")
        for point in _points(trace):
            writer.writerow([name, *map(_inert, point)])
    return out.getvalue().encode("utf-8-sig")


def _points(trace: object) -> Iterable[tuple[object, ...]]:
    x, y, z, text = (_listed(getattr(trace, column, None)) for column in _COLUMNS)
    if z:
        for row, values in enumerate(z):
            for column, value in enumerate(values):
                yield x[column], y[row], value, text[row][column] if text else "", ""
        return
    labels = _listed(getattr(trace, "customdata", None))
    for place in range(max(len(x), len(y))):
        values = [row[place] if place < len(row) else "" for row in (x, y, z, text, labels)]
        yield (*values[:-1], values[-1][-1] if _several(values[-1]) else values[-1])


def _several(value: object) -> bool:
    return not isinstance(value, str) and hasattr(value, "__len__")


def _listed(values: Any) -> list[Any]:
    if values is None or isinstance(values, str):
        return []
    return list(values)


def harmless(text: str) -> str:
    """Never a formula when a spreadsheet opens it."""
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _inert(value: object) -> object:
    """Labels as they were before they were made safe for Plotly, and never a formula."""
    return harmless(unescape(value)) if isinstance(value, str) else value
