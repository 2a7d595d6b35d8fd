"""Outlines of drawn products: curves through points, mirrored halves, and the parts of a sketch.

Coordinates are shares of the picture's side, x to the right, y down; (0, 0) is where the sketch is
anchored and `Sketch.placed` moves it into the frame.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Path2 = list[Point]


class Tone(StrEnum):
    """What a part is made of."""

    FABRIC = "fabric"
    TRIM = "trim"
    SHADE = "shade"
    SOLE = "sole"
    METAL = "metal"


@dataclass(frozen=True)
class Part:
    """One closed outline; `turn` rotates the pattern on it, in degrees."""

    outline: Path2
    tone: Tone = Tone.FABRIC
    turn: float = 0.0


@dataclass(frozen=True)
class Seam:
    """A line on top of the parts; `width` in shares of the side; `light` lines are bright."""

    line: Path2
    width: float = 0.005
    light: bool = False
    tone: Tone | None = None


@dataclass
class Sketch:
    """Parts from back to front and the seams over them; `stands` things cast a floor shadow."""

    stands: bool = False
    parts: list[Part] = field(default_factory=list)
    seams: list[Seam] = field(default_factory=list)

    def add(self, outline: Path2, tone: Tone = Tone.FABRIC, turn: float = 0.0) -> None:
        """Put a part in front of the others."""
        self.parts.append(Part(outline, tone, turn))

    def line(
        self, line: Path2, width: float = 0.005, light: bool = False, tone: Tone | None = None
    ) -> None:
        """Put a seam in front of the others."""
        self.seams.append(Seam(line, width, light, tone))

    def placed(self, zoom: float = 1.2, largest: float = 0.86) -> "Sketch":
        """Centred in the frame and zoomed, but no larger than `largest`."""
        points = np.array([p for part in self.parts for p in part.outline])
        low, high = points.min(axis=0), points.max(axis=0)
        scale = min(zoom, largest / float((high - low).max()))
        middle = (low + high) / 2

        def move(path: Path2) -> Path2:
            moved = (np.asarray(path) - middle) * scale + 0.5
            return [(float(x), float(y)) for x, y in moved]

        return Sketch(
            self.stands,
            [Part(move(p.outline), p.tone, p.turn) for p in self.parts],
            [Seam(move(s.line), s.width, s.light, s.tone) for s in self.seams],
        )


def curve(*points: Point, steps: int = 8) -> Path2:
    """A Catmull-Rom spline through the points; two points give a straight line."""
    if len(points) == 2:
        return list(points)
    p = np.array([points[0], *points, points[-1]], dtype=np.float64)
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    pieces = [_piece(p[i : i + 4], t) for i in range(len(points) - 1)]
    path = np.concatenate([*pieces, p[-1:]])
    return [(float(x), float(y)) for x, y in path]


def mirrored(right: Path2) -> Path2:
    """The closed outline whose right half runs from the top centre to the bottom centre."""
    return right + flipped(right)[::-1]


def flipped(path: Path2) -> Path2:
    """The mirror image about x = 0."""
    return [(-x, y) for x, y in path]


def ellipse(x: float, y: float, rx: float, ry: float) -> Path2:
    """A closed ellipse."""
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return [(x + rx * float(np.cos(a)), y + ry * float(np.sin(a))) for a in angles]


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> Path2:
    """A rectangle with round corners."""
    corners = (
        (x1 - radius, y0 + radius, -0.5),
        (x1 - radius, y1 - radius, 0.0),
        (x0 + radius, y1 - radius, 0.5),
        (x0 + radius, y0 + radius, 1.0),
    )
    angles = np.linspace(0.0, 0.5, 6)
    return [
        (x + radius * float(np.cos(np.pi * (a + s))), y + radius * float(np.sin(np.pi * (a + s))))
        for x, y, s in corners
        for a in angles
    ]


def _piece(p: NDArray[np.float64], t: NDArray[np.float64]) -> NDArray[np.float64]:
    a = 2 * p[1]
    b = p[2] - p[0]
    c = 2 * p[0] - 5 * p[1] + 4 * p[2] - p[3]
    d = -p[0] + 3 * p[1] - 3 * p[2] + p[3]
    return np.asarray(0.5 * (a + b * t + c * t**2 + d * t**3))
