"""The pictures of a clip: a few shapes of one palette that move in one way and leave a trail."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from backend.data.synthetic.painting import Colour, gradient, varied
from backend.data.synthetic.scenarios.video.vocabulary import MOTIONS, PALETTES

SIDE: Final = 112
FPS: Final = 10
FRAMES: Final = 25
_TRAIL: Final = 5
"""Earlier places that are still seen, ever fainter: a still tells the motion too."""
_LAG: Final = 0.45
"""Frames between two places of a trail."""

Points = NDArray[np.float64]
Move = Callable[[float, "Cast"], Points]


class Cast:
    """The shapes of one clip: numbers that are its own and on which nobody's taste depends."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.count = int(rng.integers(6, 9))
        self.x = (np.arange(self.count) + rng.uniform(0.2, 0.8, self.count)) / self.count
        self.y = rng.permutation((np.arange(self.count) + rng.uniform(0.2, 0.8)) / self.count)
        self.phase = rng.uniform(0, 1, self.count)
        self.pace = rng.uniform(0.85, 1.2, self.count)
        self.size = rng.uniform(0.045, 0.08, self.count)
        self.sides = int(rng.choice([0, 3, 4]))
        self.jolts = rng.normal(0, 0.05, (FRAMES + 2, self.count, 2))


def film(motion: str, palette: str, rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    """25 frames u8[112, 112, 3] at 10 a second."""
    cast = Cast(rng)
    colours = varied(COLOURS[palette], rng)
    ground = gradient(SIDE, SIDE, colours[0], colours[1])
    return [_frame(motion, number, cast, colours[2:], ground) for number in range(FRAMES)]


def _frame(
    motion: str, number: int, cast: Cast, colours: list[Colour], ground: Image.Image
) -> NDArray[np.uint8]:
    picture = ground.copy()
    draw = ImageDraw.Draw(picture, "RGBA")
    for step in range(_TRAIL, -1, -1):
        moment = max(0.0, number - step * _LAG)
        places = MOVES[motion](moment / FPS, cast)
        alpha = 255 if step == 0 else int(150 * (1 - step / (_TRAIL + 1)))
        for shape, (x, y) in enumerate(places):
            radius = _radius(motion, moment / FPS, cast, shape)
            fill = (*colours[shape % len(colours)], alpha)
            _draw(draw, cast.sides, x * SIDE, y * SIDE, radius * SIDE, fill)
    return np.asarray(picture)


def _draw(
    draw: ImageDraw.ImageDraw,
    sides: int,
    x: float,
    y: float,
    radius: float,
    fill: tuple[int, int, int, int],
) -> None:
    if sides == 0:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)
    else:
        turn = 45 if sides == 4 else 0
        draw.regular_polygon((x, y, 1.2 * radius), sides, rotation=turn, fill=fill)


def _radius(motion: str, time: float, cast: Cast, shape: int) -> float:
    size = float(cast.size[shape])
    if motion == "pulsing":
        return size * (1.25 + 0.95 * float(np.sin(2 * np.pi * (1.2 * time + cast.phase[shape]))))
    return size


def _drifting(time: float, cast: Cast) -> Points:
    return np.stack([(cast.x + 0.45 * cast.pace * time) % 1.2 - 0.1, cast.y], axis=1)


def _falling(time: float, cast: Cast) -> Points:
    return np.stack([cast.x, (cast.y + 0.6 * cast.pace * time) % 1.2 - 0.1], axis=1)


def _bouncing(time: float, cast: Cast) -> Points:
    height = np.abs(np.sin(np.pi * (0.9 * cast.pace * time + cast.phase)))
    return np.stack([cast.x, 0.9 - 0.65 * height], axis=1)


def _orbiting(time: float, cast: Cast) -> Points:
    angle = 2 * np.pi * (0.4 * time + np.arange(cast.count) / cast.count)
    reach = 0.34 + 0.06 * (cast.phase - 0.5)
    return np.stack([0.5 + reach * np.cos(angle), 0.5 + reach * np.sin(angle)], axis=1)


def _pulsing(time: float, cast: Cast) -> Points:
    return np.stack([0.1 + 0.8 * cast.x, 0.1 + 0.8 * cast.y], axis=1)


def _zigzagging(time: float, cast: Cast) -> Points:
    wave = 2 * np.abs((1.6 * time + cast.phase) % 1 - 0.5) - 0.5
    return np.stack([(cast.x + 0.35 * time) % 1.2 - 0.1, cast.y * 0.7 + 0.15 + 0.3 * wave], axis=1)


def _bursting(time: float, cast: Cast) -> Points:
    angle = 2 * np.pi * (np.arange(cast.count) + 0.3 * cast.phase) / cast.count
    reach = 0.62 * ((0.8 * cast.pace * time + cast.phase) % 1)
    return np.stack([0.5 + reach * np.cos(angle), 0.5 + reach * np.sin(angle)], axis=1)


def _trembling(time: float, cast: Cast) -> Points:
    frame = time * FPS
    before, share = int(frame), frame - int(frame)
    jolt: Points = (1 - share) * cast.jolts[before] + share * cast.jolts[before + 1]
    return np.asarray(np.stack([0.15 + 0.7 * cast.x, 0.15 + 0.7 * cast.y], axis=1) + jolt)


MOVES: Final[dict[str, Move]] = {
    "drifting": _drifting,
    "falling": _falling,
    "bouncing": _bouncing,
    "orbiting": _orbiting,
    "pulsing": _pulsing,
    "zigzagging": _zigzagging,
    "bursting": _bursting,
    "trembling": _trembling,
}

COLOURS: Final[dict[str, tuple[Colour, ...]]] = {
    "sunset": ((88, 40, 92), (232, 104, 72), (255, 206, 110), (250, 150, 96), (120, 36, 70)),
    "ocean": ((12, 52, 100), (30, 120, 150), (130, 214, 218), (236, 246, 240), (14, 84, 128)),
    "forest": ((24, 52, 34), (64, 104, 52), (158, 188, 84), (222, 216, 150), (96, 66, 40)),
    "candy": ((250, 190, 214), (228, 208, 248), (240, 98, 150), (122, 198, 226), (250, 206, 90)),
    "charcoal": ((34, 34, 38), (74, 74, 80), (228, 228, 230), (160, 160, 166), (110, 110, 116)),
    "neon": ((10, 6, 26), (30, 8, 54), (0, 246, 214), (250, 40, 220), (214, 250, 40)),
    "desert": ((236, 212, 168), (202, 154, 98), (146, 78, 44), (250, 240, 214), (112, 122, 90)),
    "ice": ((236, 244, 250), (194, 218, 234), (110, 150, 190), (250, 252, 255), (150, 190, 214)),
}
assert set(MOVES) == set(MOTIONS)
assert set(COLOURS) == set(PALETTES)
