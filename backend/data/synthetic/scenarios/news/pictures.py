"""Pictures of the stories: a scene in some light, printed in some way."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from backend.data.synthetic.painting import Colour, gradient, mixed, varied
from backend.data.synthetic.scenarios.news.vocabulary import LIGHTS, PRINTS, SCENES

WIDTH: Final = 240
HEIGHT: Final = 180
_FINE: Final = 2
"""Drawn at twice the size and reduced: smooth edges."""


class Light(NamedTuple):
    """Colours of a time of day."""

    high: Colour
    low: Colour
    far: Colour
    near: Colour
    lamp: Colour


class Board:
    """A picture in the making; places are shares of its width and height, y down."""

    def __init__(self, light: Light, rng: np.random.Generator) -> None:
        self.light = light
        self.rng = rng
        self.size = (WIDTH * _FINE, HEIGHT * _FINE)
        self.image = gradient(*self.size, light.high, light.low)
        self._draw = ImageDraw.Draw(self.image)

    def area(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * self.size[0], y * self.size[1]) for x, y in points], fill=colour)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        """A filled rectangle."""
        self.area([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def oval(self, x: float, y: float, rx: float, ry: float, colour: Colour) -> None:
        """A filled ellipse around (x, y)."""
        w, h = self.size
        self._draw.ellipse(((x - rx) * w, (y - ry) * h, (x + rx) * w, (y + ry) * h), fill=colour)

    def line(self, points: list[tuple[float, float]], colour: Colour, width: float) -> None:
        """An open line of this share of the width."""
        self._draw.line(
            [(x * self.size[0], y * self.size[1]) for x, y in points],
            fill=colour,
            width=max(1, round(width * self.size[0])),
            joint="curve",
        )


def draw_picture(scene: str, light: str, style: str, rng: np.random.Generator) -> Image.Image:
    """RGB, 240 x 180."""
    board = Board(Light(*varied(COLOURS[light], rng)), rng)
    SKETCHES[scene](board)
    return PRESSES[style](board.image.reduce(_FINE), rng)


def _orb(board: Board) -> None:
    x, y = board.rng.uniform(0.15, 0.85), board.rng.uniform(0.14, 0.3)
    board.oval(x, y, 0.045, 0.06, board.light.lamp)


def _ridge(board: Board, base: float, height: float, colour: Colour) -> None:
    steps = 24
    rough = np.cumsum(board.rng.normal(0, 1, steps + 1))
    rough -= np.linspace(rough[0], rough[-1], steps + 1)
    tops = base - height * (rough - rough.min()) / max(np.ptp(rough), 1e-6)
    points = [(place / steps, float(top)) for place, top in enumerate(tops)]
    board.area([(0, 1), *points, (1, 1)], colour)


def _mountains(board: Board) -> None:
    _orb(board)
    for depth in range(3):
        share = 1 - depth / 2
        colour = mixed(board.light.far, board.light.near, share)
        _ridge(board, 0.62 + 0.16 * depth, 0.34 - 0.06 * depth, colour)


def _skyline(board: Board) -> None:
    _orb(board)
    for depth, colour in enumerate((board.light.far, board.light.near)):
        x = -0.02
        while x < 1:
            width = board.rng.uniform(0.06, 0.13)
            top = board.rng.uniform(0.25, 0.6) + 0.12 * depth
            board.box(x, top, x + width, 1, colour)
            if depth:
                _windows(board, x, top, width)
            x += width + board.rng.uniform(0, 0.02)


def _windows(board: Board, x: float, top: float, width: float) -> None:
    for column in np.arange(x + 0.014, x + width - 0.018, 0.026):
        for row in np.arange(top + 0.03, 0.97, 0.055):
            if board.rng.random() < 0.55:
                board.box(column, row, column + 0.011, row + 0.026, board.light.lamp)


def _sea(board: Board) -> None:
    _orb(board)
    board.box(0, 0.52, 1, 1, mixed((36, 92, 140), board.light.near, 0.6))
    for row in np.linspace(0.56, 0.97, 9):
        for _ in range(6):
            x = board.rng.uniform(0, 0.9)
            board.line(
                [(x, row), (x + 0.08, row)], mixed(board.light.far, board.light.low, 0.6), 0.006
            )
    x = board.rng.uniform(0.25, 0.75)
    board.area(
        [(x - 0.1, 0.6), (x + 0.1, 0.6), (x + 0.07, 0.67), (x - 0.07, 0.67)], board.light.far
    )
    board.area([(x, 0.3), (x, 0.59), (x + 0.09, 0.59)], board.light.lamp)


def _forest(board: Board) -> None:
    _orb(board)
    for depth in range(3):
        colour = mixed(board.light.far, board.light.near, 1 - depth / 2)
        base = 0.72 + 0.16 * depth
        board.box(0, base - 0.02, 1, 1, colour)
        for x in np.arange(0.03, 1, 0.09 + 0.02 * depth) + board.rng.uniform(-0.02, 0.02):
            tall = board.rng.uniform(0.26, 0.4)
            for tier in range(3):
                y = base - tall + 0.3 * tier * tall
                reach = 0.02 + 0.014 * tier
                board.area(
                    [(x, y), (x - reach, y + 0.42 * tall), (x + reach, y + 0.42 * tall)], colour
                )


def _stadium(board: Board) -> None:
    board.oval(0.5, 0.72, 0.62, 0.42, board.light.near)
    board.oval(0.5, 0.72, 0.52, 0.33, board.light.far)
    for _ in range(420):
        angle, reach = board.rng.uniform(0, 2 * np.pi), board.rng.uniform(0.42, 0.5)
        x, y = 0.5 + reach * np.cos(angle), 0.72 + 0.62 * reach * np.sin(angle)
        board.oval(x, y, 0.006, 0.008, mixed(board.light.lamp, board.light.low, 0.7))
    grass = mixed((58, 132, 70), board.light.near, 0.7)
    board.oval(0.5, 0.74, 0.38, 0.22, grass)
    white = mixed((240, 244, 240), grass, 0.8)
    board.line([(0.5, 0.53), (0.5, 0.95)], white, 0.007)
    board.oval(0.5, 0.74, 0.07, 0.06, white)
    board.oval(0.5, 0.74, 0.06, 0.05, grass)
    for x in (0.06, 0.94):
        board.box(x - 0.008, 0.12, x + 0.008, 0.6, board.light.near)
        board.box(x - 0.04, 0.08, x + 0.04, 0.15, board.light.lamp)


def _crowd(board: Board) -> None:
    for depth in range(4):
        colour = mixed(board.light.far, board.light.near, 1 - depth / 3)
        base, head = 0.5 + 0.15 * depth, 0.035 + 0.012 * depth
        for x in np.arange(-0.02, 1.05, 2.6 * head) + board.rng.uniform(-0.03, 0.03):
            y = base + board.rng.uniform(-0.02, 0.02)
            board.oval(x, y, head, 1.4 * head, colour)
            board.oval(x, y + 4.2 * head, 2 * head, 3.2 * head, colour)
        if depth == 1:
            _banners(board, base)


def _banners(board: Board, base: float) -> None:
    for x in board.rng.uniform(0.1, 0.85, 3):
        board.box(x, base - 0.32, x + 0.14, base - 0.19, board.light.lamp)
        board.line([(x + 0.07, base - 0.19), (x + 0.07, base)], board.light.near, 0.008)


def _chart(board: Board) -> None:
    board.box(0.08, 0.1, 0.92, 0.9, mixed((250, 250, 246), board.light.low, 0.75))
    walk = np.cumsum(board.rng.normal(0.2, 1, 9))
    heights = 0.08 + 0.52 * (walk - walk.min()) / np.ptp(walk)
    points = []
    for place, height in enumerate(heights):
        x = 0.13 + 0.085 * place
        board.box(x, 0.84 - height, x + 0.05, 0.84, board.light.far)
        points.append((x + 0.025, 0.78 - float(height)))
    board.line(points, board.light.near, 0.014)
    board.line([(0.11, 0.14), (0.11, 0.84), (0.9, 0.84)], board.light.near, 0.008)


def _photo(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    grain = rng.normal(0, 5, (HEIGHT, WIDTH, 1))
    return _image(np.asarray(image) * (1 - 0.22 * (x**2 + y**2) / 2)[:, :, None] + grain)


def _poster(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    flat = np.round(np.asarray(image, dtype=float) / 64) * 64
    edge = np.abs(np.diff(flat.sum(axis=2), axis=1, prepend=0)) + np.abs(
        np.diff(flat.sum(axis=2), axis=0, prepend=0)
    )
    flat[edge > 60] = 20
    return _image(flat)


def _halftone(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    dots = np.cos((x + y) * np.pi / 5) * np.cos((x - y) * np.pi / 5)
    pixels = np.asarray(image, dtype=float)
    dark = 1 - pixels.mean(axis=2) / 255
    return _image(np.where((dots > 1 - 1.7 * dark)[:, :, None], 0.5 * pixels, 0.45 * pixels + 140))


def _hatched(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    pixels = np.asarray(image, dtype=float)
    strokes = ((x + y) % 7 < 2) | ((pixels.mean(axis=2) < 110) & ((x - y) % 7 < 2))
    return _image(np.where(strokes[:, :, None], 0.45 * pixels, 0.6 * pixels + 100))


def _image(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


SKETCHES: Final[dict[str, Callable[[Board], None]]] = {
    "skyline": _skyline,
    "mountains": _mountains,
    "sea": _sea,
    "forest": _forest,
    "stadium": _stadium,
    "crowd": _crowd,
    "chart": _chart,
}

PRESSES: Final[dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]]] = {
    "photo": _photo,
    "poster": _poster,
    "halftone": _halftone,
    "hatched": _hatched,
}

COLOURS: Final[dict[str, Light]] = {
    "dawn": Light(
        (250, 200, 196), (255, 232, 206), (214, 150, 160), (132, 88, 99), (255, 246, 214)
    ),
    "noon": Light((92, 166, 232), (206, 232, 250), (104, 158, 110), (44, 104, 74), (255, 250, 226)),
    "dusk": Light((84, 52, 112), (246, 130, 62), (150, 68, 74), (62, 30, 58), (255, 206, 96)),
    "night": Light((8, 14, 40), (24, 36, 84), (30, 42, 82), (10, 14, 34), (250, 232, 150)),
    "storm": Light((84, 94, 98), (140, 150, 146), (92, 102, 100), (52, 62, 62), (196, 202, 196)),
}
assert set(SKETCHES) == set(SCENES)
assert set(PRESSES) == set(PRINTS)
assert set(COLOURS) == set(LIGHTS)
