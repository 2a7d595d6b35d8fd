"""Avatars: a motif in one of two inks before a patterned backdrop."""

from collections.abc import Callable
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from backend.data.synthetic.painting import Colour, gradient, mixed, varied
from backend.data.synthetic.scenarios.social.vocabulary import BACKDROPS, FRAMES, MOTIFS

SIDE: Final = 160
_FINE: Final = 2
"""Drawn at twice the size and reduced: smooth edges."""

_PALE: Final[Colour] = (252, 250, 244)
_DARK: Final[Colour] = (40, 38, 46)


class Sheet:
    """An avatar in the making; places are shares of its side, y down."""

    def __init__(self, image: Image.Image, ink: Colour, ground: Colour, turn: float) -> None:
        self.image = image
        self.ink = ink
        self.ground = ground
        self._turn = turn
        self._draw = ImageDraw.Draw(image)

    def area(self, points: list[tuple[float, float]], colour: Colour | None = None) -> None:
        """A filled polygon, in ink unless told otherwise."""
        self._draw.polygon([self._place(x, y) for x, y in points], fill=colour or self.ink)

    def disc(
        self, x: float, y: float, rx: float, ry: float = 0.0, colour: Colour | None = None
    ) -> None:
        """A filled ellipse; a circle without `ry`."""
        angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        ry = ry or rx
        self.area([(x + rx * np.cos(a), y + ry * np.sin(a)) for a in angles], colour)

    def ring(self, x: float, y: float, radius: float, width: float) -> None:
        """A circle line."""
        angles = np.linspace(0, 2 * np.pi, 41)
        points = [(x + radius * np.cos(a), y + radius * np.sin(a)) for a in angles]
        self.line(points, width)

    def line(
        self, points: list[tuple[float, float]], width: float, colour: Colour | None = None
    ) -> None:
        """An open line."""
        self._draw.line(
            [self._place(x, y) for x, y in points],
            fill=colour or self.ink,
            width=max(1, round(width * SIDE * _FINE)),
            joint="curve",
        )

    def _place(self, x: float, y: float) -> tuple[float, float]:
        dx, dy = x - 0.5, y - 0.5
        cos, sin = np.cos(self._turn), np.sin(self._turn)
        scale = SIDE * _FINE
        return (0.5 + dx * cos - dy * sin) * scale, (0.5 + dx * sin + dy * cos) * scale


def draw_avatar(motif: str, backdrop: str, frame: str, rng: np.random.Generator) -> Image.Image:
    """RGB, 160 x 160. Ink, tilt and shade are the profile's own: nobody likes them."""
    (base,) = varied([COLOURS[backdrop]], rng)
    ink = _PALE if rng.random() < 0.5 else _DARK
    side = SIDE * _FINE
    image = gradient(side, side, mixed(base, _PALE, 0.88), mixed(base, _DARK, 0.92))
    PATTERNS[frame](ImageDraw.Draw(image), side, mixed(base, _PALE, 0.62))
    MOTIF[motif](Sheet(image, ink, base, float(rng.normal(0, 0.08))))
    return image.reduce(_FINE)


def _plain(draw: ImageDraw.ImageDraw, side: int, colour: Colour) -> None:
    """Nothing but the backdrop."""


def _dots(draw: ImageDraw.ImageDraw, side: int, colour: Colour) -> None:
    step, radius = side // 9, side / 40
    for row, y in enumerate(range(0, side + step, step)):
        for x in range((row % 2) * step // 2, side + step, step):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _stripes(draw: ImageDraw.ImageDraw, side: int, colour: Colour) -> None:
    step = side // 8
    for x in range(-side, side, step):
        draw.polygon(
            [(x, side), (x + step * 0.45, side), (x + side + step * 0.45, 0), (x + side, 0)],
            fill=colour,
        )


def _rays(draw: ImageDraw.ImageDraw, side: int, colour: Colour) -> None:
    for ray in range(12):
        a, b = (2 * np.pi * (ray + k) / 12 for k in (0, 0.5))
        far = [(side / 2 + side * np.cos(t), side / 2 + side * np.sin(t)) for t in (a, b)]
        draw.polygon([(side / 2, side / 2), *far], fill=colour)


def _cat(sheet: Sheet) -> None:
    sheet.disc(0.5, 0.54, 0.22, 0.2)
    for side in (-1, 1):
        x = 0.5 + side * 0.13
        sheet.area([(x - side * 0.09, 0.42), (x + side * 0.08, 0.22), (x + side * 0.08, 0.5)])
        sheet.disc(0.5 + side * 0.08, 0.51, 0.025, 0.035, sheet.ground)
        for lean in (-0.03, 0.03):
            sheet.line([(0.5 + side * 0.07, 0.61), (0.5 + side * 0.34, 0.61 + lean)], 0.012)
    sheet.area([(0.47, 0.59), (0.53, 0.59), (0.5, 0.63)], sheet.ground)


def _bicycle(sheet: Sheet) -> None:
    sheet.ring(0.32, 0.6, 0.15, 0.028)
    sheet.ring(0.68, 0.6, 0.15, 0.028)
    frame = [(0.32, 0.6), (0.44, 0.4), (0.62, 0.4), (0.5, 0.6), (0.32, 0.6)]
    sheet.line(frame, 0.026)
    sheet.line([(0.5, 0.6), (0.42, 0.34)], 0.026)
    sheet.line([(0.37, 0.34), (0.47, 0.34)], 0.03)
    sheet.line([(0.68, 0.6), (0.6, 0.32), (0.69, 0.3)], 0.026)


def _guitar(sheet: Sheet) -> None:
    sheet.disc(0.42, 0.66, 0.16, 0.14)
    sheet.disc(0.48, 0.53, 0.11, 0.1)
    sheet.disc(0.44, 0.62, 0.05, 0.05, sheet.ground)
    sheet.line([(0.46, 0.58), (0.68, 0.24)], 0.05)
    sheet.line([(0.67, 0.26), (0.72, 0.18)], 0.08)


def _mountain(sheet: Sheet) -> None:
    sheet.area([(0.16, 0.72), (0.42, 0.28), (0.68, 0.72)])
    sheet.area([(0.46, 0.72), (0.66, 0.42), (0.86, 0.72)])
    sheet.area([(0.36, 0.385), (0.42, 0.28), (0.48, 0.385), (0.42, 0.36)], sheet.ground)
    sheet.disc(0.74, 0.27, 0.06)


def _cup(sheet: Sheet) -> None:
    sheet.area([(0.3, 0.42), (0.64, 0.42), (0.6, 0.72), (0.34, 0.72)])
    sheet.ring(0.66, 0.53, 0.08, 0.03)
    for x in (0.4, 0.48, 0.56):
        sheet.line([(x, 0.37), (x + 0.02, 0.32), (x - 0.01, 0.27), (x + 0.01, 0.22)], 0.018)


def _book(sheet: Sheet) -> None:
    sheet.area([(0.2, 0.34), (0.49, 0.4), (0.49, 0.74), (0.2, 0.67)])
    sheet.area([(0.8, 0.34), (0.51, 0.4), (0.51, 0.74), (0.8, 0.67)])
    for y in (0.46, 0.53, 0.6):
        sheet.line([(0.25, y - 0.03), (0.44, y + 0.01)], 0.014, sheet.ground)
        sheet.line([(0.75, y - 0.03), (0.56, y + 0.01)], 0.014, sheet.ground)


def _leaf(sheet: Sheet) -> None:
    share = np.linspace(0, 1, 20)
    width = 0.2 * np.sin(np.pi * share) ** 0.8
    along = [(0.3 + 0.42 * s, 0.7 - 0.44 * s) for s in share]
    one = [(x - 0.7 * w, y - 0.7 * w) for (x, y), w in zip(along, width, strict=True)]
    two = [(x + 0.7 * w, y + 0.7 * w) for (x, y), w in zip(along, width, strict=True)]
    sheet.area(one + two[::-1])
    sheet.line([(0.22, 0.78), (0.66, 0.32)], 0.02, sheet.ground)


def _rocket(sheet: Sheet) -> None:
    sheet.area([(0.5, 0.16), (0.6, 0.34), (0.6, 0.64), (0.4, 0.64), (0.4, 0.34)])
    sheet.area([(0.4, 0.5), (0.28, 0.7), (0.4, 0.64)])
    sheet.area([(0.6, 0.5), (0.72, 0.7), (0.6, 0.64)])
    sheet.disc(0.5, 0.4, 0.05, 0.05, sheet.ground)
    sheet.area([(0.44, 0.68), (0.56, 0.68), (0.5, 0.84)])


PATTERNS: Final[dict[str, Callable[[ImageDraw.ImageDraw, int, Colour], None]]] = {
    "plain": _plain,
    "dots": _dots,
    "stripes": _stripes,
    "rays": _rays,
}

MOTIF: Final[dict[str, Callable[[Sheet], None]]] = {
    "cat": _cat,
    "bicycle": _bicycle,
    "guitar": _guitar,
    "mountain": _mountain,
    "cup": _cup,
    "book": _book,
    "leaf": _leaf,
    "rocket": _rocket,
}

COLOURS: Final[dict[str, Colour]] = {
    "coral": (236, 112, 99),
    "amber": (240, 176, 50),
    "lime": (148, 192, 74),
    "teal": (38, 150, 150),
    "indigo": (70, 84, 178),
    "plum": (142, 76, 140),
    "slate": (98, 112, 124),
    "sand": (214, 190, 152),
}
assert set(PATTERNS) == set(FRAMES)
assert set(MOTIF) == set(MOTIFS)
assert set(COLOURS) == set(BACKDROPS)
