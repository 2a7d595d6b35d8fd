"""What drawn pictures of several scenarios share: gradients, and colours that vary a little."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

Colour = tuple[int, int, int]


def gradient(width: int, height: int, top: Colour, low: Colour) -> Image.Image:
    """RGB, from `top` in the first row to `low` in the last."""
    share = np.linspace(0, 1, height)[:, None, None]
    rows = (1 - share) * np.array(top) + share * np.array(low)
    return Image.fromarray(np.broadcast_to(rows, (height, width, 3)).astype(np.uint8))


def varied(colours: Sequence[Colour], rng: np.random.Generator) -> list[Colour]:
    """The same palette in slightly different light."""
    light = rng.normal(1, 0.05)
    moved = np.clip(np.array(colours) * light + rng.normal(0, 3, (len(colours), 3)), 0, 255)
    return [(int(r), int(g), int(b)) for r, g, b in moved]


def mixed(one: Colour, two: Colour, share: float) -> Colour:
    """`share` of the first, the rest of the second."""
    r, g, b = (round(share * a + (1 - share) * c) for a, c in zip(one, two, strict=True))
    return r, g, b
