"""What a person draws around on a map, short enough for an address, and the items inside.

An area is one or several polygons. In an address each corner takes six letters: x and y as numbers
of three digits to the base 36, counted within the extent of the map.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Polygon = NDArray[np.float64]
"""f64[V, 2]: the corners in order, in the units of the map."""

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_WIDTH: Final = 3
_STEPS: Final = 36**_WIDTH - 1
_MARGIN: Final = 0.5
"""A lasso may run outside of the cloud of points, by this share of its extent."""
_TOLERANCE: Final = 0.0008
"""Of the extent: corners that move the outline by less are left out."""


def write_area(polygons: Sequence[Polygon], xy: NDArray[np.float32]) -> str:
    """Letters and digits; "" for no polygon."""
    low, high = _extent(xy)
    parts = []
    for polygon in polygons:
        inside = np.clip((polygon - low) / (high - low), 0, 1)
        kept = _simplified(inside)
        if len(kept) >= 3:
            parts.append("".join(_letters(value) for value in kept.ravel()))
    return ".".join(parts)


def read_area(text: str, xy: NDArray[np.float32]) -> tuple[Polygon, ...]:
    """What `write_area` wrote; anything else is no area."""
    low, high = _extent(xy)
    found = []
    for part in text.lower().split("."):
        if len(part) >= 6 * _WIDTH and len(part) % (2 * _WIDTH) == 0 and set(part) <= set(_DIGITS):
            steps = [int(part[at : at + _WIDTH], 36) for at in range(0, len(part), _WIDTH)]
            found.append(low + np.array(steps).reshape(-1, 2) / _STEPS * (high - low))
    return tuple(found)


def inside(polygons: Sequence[Polygon], xy: NDArray[np.float32]) -> NDArray[np.bool_]:
    """bool[I]: the points that lie in any of the polygons; none that is not known (NaN)."""
    found = np.zeros(len(xy), dtype=np.bool_)
    x, y = xy[:, 0].astype(np.float64), xy[:, 1].astype(np.float64)
    for polygon in polygons:
        within = np.zeros(len(xy), dtype=np.bool_)
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            # A ray to the right crosses the outline of what it starts in an odd number of times.
            between = (y0 > y) != (y1 > y)
            if y0 != y1:
                within ^= between & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        found |= within
    return found & np.isfinite(x)


def outline(polygon: Polygon) -> str:
    """As an SVG path, the way Plotly writes a lasso."""
    return "M" + "L".join(f"{x:.6g},{y:.6g}" for x, y in polygon) + "Z"


def _extent(xy: NDArray[np.float32]) -> tuple[Polygon, Polygon]:
    """(lowest, highest) corner of the map with its margin, f64[2] each."""
    known = xy[np.isfinite(xy[:, 0])].astype(np.float64)
    low, high = known.min(axis=0), known.max(axis=0)
    room = np.maximum(high - low, 1e-9) * _MARGIN
    return low - room, high + room


def _simplified(corners: Polygon) -> Polygon:
    """Without the corners that hardly matter (Douglas and Peucker 1973)."""
    keep = np.zeros(len(corners), dtype=np.bool_)
    keep[[0, -1]] = True
    parts = [(0, len(corners) - 1)]
    while parts:
        start, end = parts.pop()
        if end - start < 2:
            continue
        between = corners[start + 1 : end]
        away = _distance(between, corners[start], corners[end])
        if away.max() > _TOLERANCE:
            middle = start + 1 + int(away.argmax())
            keep[middle] = True
            parts += [(start, middle), (middle, end)]
    return corners[keep]


def _distance(points: Polygon, start: Polygon, end: Polygon) -> NDArray[np.float64]:
    """Of points from the line between two others, f64[N]."""
    along = end - start
    length = float(np.hypot(along[0], along[1]))
    apart = points - start
    if length == 0:
        return np.asarray(np.hypot(apart[:, 0], apart[:, 1]))
    return np.asarray(np.abs(along[0] * apart[:, 1] - along[1] * apart[:, 0]) / length)


def _letters(share: float) -> str:
    number, found = round(share * _STEPS), ""
    for _ in range(_WIDTH):
        number, digit = divmod(number, 36)
        found = _DIGITS[digit] + found
    return found
