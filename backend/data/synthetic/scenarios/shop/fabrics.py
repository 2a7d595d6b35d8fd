"""Cloth for the drawn products: patterns as masks, materials as relief, and colours that go along.

Patterns and reliefs are drawn once per process and then cut out at a random place.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from backend.data.synthetic.scenarios.shop.vocabulary import COLOURS

SIDE = 224
"""Side of a picture in pixels: what EfficientNet-Lite0 and CLIP read."""

_CLOTH = 360
"""Side of a piece of cloth, larger than a picture so that it can be cut at many places."""

Array = NDArray[np.float32]
Colour = NDArray[np.float32]


def cloth(
    pattern: str, colours: tuple[Colour, Colour, Colour], turn: float, rng: np.random.Generator
) -> Array:
    """f32[224, 224, 3], 0-255: base colour, accent and second accent in this pattern."""
    base, accent, other = colours
    plain: Array = np.broadcast_to(base, (SIDE, SIDE, 3)).astype(np.float32)
    for share, colour in zip(accents(pattern, turn, rng), (accent, other), strict=True):
        if share is not None:
            plain += share[:, :, None] * (colour - plain)
    return plain


def accents(
    pattern: str, turn: float, rng: np.random.Generator
) -> tuple[Array | None, Array | None]:
    """f32[224, 224], 0 to 1: how far each accent covers the cloth, where a pattern has it."""
    first, second = pattern_masks(pattern, int(rng.integers(2)), turn)
    x, y = (int(v) for v in rng.integers(40, _CLOTH - SIDE - 40, size=2))

    def cut(mask: Image.Image | None) -> Array | None:
        if mask is None:
            return None
        return np.asarray(mask.crop((x, y, x + SIDE, y + SIDE)), dtype=np.float32) / np.float32(255)

    return cut(first), cut(second)


def colours_for(name: str, rng: np.random.Generator) -> tuple[Colour, Colour, Colour]:
    """Base (slightly varied), an accent of opposite lightness, and a second accent."""
    named = np.array(COLOURS[name], dtype=np.float32)
    # Dark colours lie close together: a shift that mustard bears would turn charcoal purple.
    varied = named * (1 + rng.normal(0, 0.03) + rng.normal(0, 0.012, 3))
    base = np.asarray(np.clip(varied, 8, 247), dtype=np.float32)
    light = float(base @ np.array([0.3, 0.59, 0.11], dtype=np.float32)) > 135
    options = (
        [(74, 62, 58), (52, 58, 84), (255, 253, 247)]
        if light
        else [(246, 240, 228), (236, 224, 204), (228, 232, 236)]
    )
    accent: Colour = np.array(
        options[int(rng.integers(2 if name == "ivory" else 3))], dtype=np.float32
    )
    others = [(232, 190, 120), (214, 138, 120), (150, 180, 172), (196, 176, 206)]
    other = np.array(others[int(rng.integers(len(others)))], dtype=np.float32)
    return base, _mixed(accent, base, 0.82), _mixed(other, base, 0.75)


def _mixed(one: Colour, two: Colour, share: float) -> Colour:
    return np.asarray(share * one + (1 - share) * two, dtype=np.float32)


@lru_cache(maxsize=128)
def pattern_masks(
    pattern: str, size: int, turn: float = 0.0
) -> tuple[Image.Image | None, Image.Image | None]:
    """Where the accents lie (L, 0-255); `size` 0 is the small repeat, 1 the large one."""
    if turn:
        first, second = pattern_masks(pattern, size)
        return _turned(first, turn), _turned(second, turn)
    drawers = {
        "striped": _striped,
        "checked": _checked,
        "dotted": _dotted,
        "floral": _floral,
        "herringbone": _herringbone,
        "leopard": _leopard,
        "terrazzo": _terrazzo,
    }
    if pattern not in drawers:
        return None, None
    scale = 2  # drawn at twice the size and reduced, for smooth edges
    blank = Image.new("L", (_CLOTH * scale, _CLOTH * scale))
    accent, other = blank.copy(), blank.copy()
    drawers[pattern](accent, other, scale * (18 if size == 0 else 26))
    return accent.reduce(scale), other.reduce(scale) if other.getbbox() else None


def _turned(mask: Image.Image | None, degrees: float) -> Image.Image | None:
    return mask.rotate(degrees, Image.Resampling.BILINEAR) if mask else None


def _striped(first: Image.Image, second: Image.Image, step: int) -> None:
    draw = ImageDraw.Draw(first)
    for y in range(0, first.height, step):
        draw.rectangle((0, y, first.width, y + step * 2 // 5), fill=235)


def _checked(first: Image.Image, second: Image.Image, step: int) -> None:
    size = first.height
    bands = (np.arange(size) // (step * 3 // 4)) % 2
    lines = (np.arange(size) % (step * 3 // 2)) < step // 9
    cover = 0.42 * (bands[:, None] + bands[None, :])
    cover = np.maximum(cover, 0.75 * (lines[:, None] | lines[None, :]))
    first.paste(Image.fromarray((cover * 255).astype(np.uint8)))


def _dotted(first: Image.Image, second: Image.Image, step: int) -> None:
    draw, radius = ImageDraw.Draw(first), step * 0.25
    for row, y in enumerate(range(0, first.height + step, step)):
        for x in range((row % 2) * step // 2, first.width + step, step):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=245)


def _floral(first: Image.Image, second: Image.Image, step: int) -> None:
    rng = np.random.default_rng(11)
    petals, hearts = ImageDraw.Draw(first), ImageDraw.Draw(second)
    for row, y0 in enumerate(range(0, first.height + step, step * 3 // 2)):
        for x0 in range((row % 2) * step, first.width + step, step * 2):
            x, y = x0 + rng.normal(0, step / 6), y0 + rng.normal(0, step / 6)
            radius, start = step * rng.uniform(0.3, 0.42), rng.uniform(0, 2)
            for petal in range(5):
                angle = start + petal * 2 * np.pi / 5
                px, py = x + radius * 0.8 * np.cos(angle), y + radius * 0.8 * np.sin(angle)
                r = radius * 0.58
                petals.ellipse((px - r, py - r, px + r, py + r), fill=240)
            r = radius * 0.42
            hearts.ellipse((x - r, y - r, x + r, y + r), fill=255)
            for side in (-1, 1):
                lx, ly = x + side * step * 0.85, y + step * 0.35
                leaf = [(lx - r, ly), (lx, ly - r * 0.55), (lx + r, ly), (lx, ly + r * 0.55)]
                hearts.polygon(leaf, fill=200)


def _herringbone(first: Image.Image, second: Image.Image, step: int) -> None:
    size, wide = first.height, step
    y, x = np.mgrid[0:size, 0:size]
    slant = np.where((x // wide) % 2 == 0, x % wide, wide - x % wide)
    cover = ((y + slant) % (step * 5 // 9)) < step * 2 // 9
    first.paste(Image.fromarray((cover * 215).astype(np.uint8)))


def _leopard(first: Image.Image, second: Image.Image, step: int) -> None:
    rng = np.random.default_rng(12)
    rings, hearts = ImageDraw.Draw(first), ImageDraw.Draw(second)
    for row, y0 in enumerate(range(0, first.height + step, step * 4 // 5)):
        for x0 in range((row % 2) * step // 2, first.width + step, step):
            x, y = x0 + rng.normal(0, step / 7), y0 + rng.normal(0, step / 8)
            rx, ry = step * rng.uniform(0.26, 0.38), step * rng.uniform(0.2, 0.3)
            box = (x - rx, y - ry, x + rx, y + ry)
            hearts.ellipse(box, fill=170)
            start = rng.uniform(0, 360)
            for gap in range(3):
                begin = start + gap * 120
                rings.arc(box, begin, begin + rng.uniform(70, 100), fill=255, width=step // 7)


def _terrazzo(first: Image.Image, second: Image.Image, step: int) -> None:
    rng = np.random.default_rng(13)
    drawers = (ImageDraw.Draw(first), ImageDraw.Draw(second))
    count = int((first.height / step) ** 2 * 1.5)
    for number in range(count):
        x, y = rng.uniform(0, first.width, 2)
        radius = step * rng.uniform(0.12, 0.42)
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(4, 7))))
        chip = [(x + radius * np.cos(a), y + 0.75 * radius * np.sin(a)) for a in angles]
        drawers[number % 2].polygon(chip, fill=240)


@lru_cache(maxsize=16)
def relief(material: str) -> Array:
    """f32[224, 224]: how a material catches the light, a factor around 1; unknown means smooth."""
    rng = np.random.default_rng(21)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    grain = rng.standard_normal((SIDE, SIDE)).astype(np.float32)
    kinds = {
        "cotton": 0.02 * grain + 0.035 * np.sin(x * 1.05),
        "linen": 0.07 * (_smooth(grain, 0.4, 5) + _smooth(grain.T, 5, 0.4)),
        "wool": 0.09 * np.sin(x * 1.26) * np.sin((y + 2 * np.abs(x % 5 - 2.5)) * 1.1)
        + 0.02 * grain,
        "silk": 0.13 * np.sin((x * 0.9 + y * 0.5) / 15 + _smooth(grain, 25, 25)),
        "leather": 0.05 * _smooth(grain, 1.2, 1.2) + 0.07 * _smooth(grain, 16, 16),
        "velvet": 0.08 * _smooth(grain, 9, 9) + 0.05 * grain - 0.05,
        "denim": 0.09 * np.sign(np.sin((x + y) * 2.1)) + 0.05 * grain,
        "technical": 0.12 * (((x % 9) < 1) | ((y % 9) < 1)) + 0.05 * np.sin((x - y) / 18),
    }
    return np.asarray(1 + kinds.get(material, 0.012 * grain), dtype=np.float32)


@lru_cache(maxsize=8)
def folds(number: int) -> Array:
    """f32[224, 224]: soft vertical folds, a factor around 1."""
    grain = np.random.default_rng([22, number]).standard_normal((SIDE, SIDE)).astype(np.float32)
    return np.asarray(1 + 0.045 * _smooth(grain, 26, 9), dtype=np.float32)


def _smooth(grain: Array, along_y: float, along_x: float) -> Array:
    """Blurred differently along each axis and scaled to deviation 1."""
    squeezed = Image.fromarray(grain).resize(
        (max(2, int(SIDE / along_x)), max(2, int(SIDE / along_y))), Image.Resampling.BOX
    )
    wide = squeezed.filter(ImageFilter.GaussianBlur(0.6)) if squeezed.mode == "L" else squeezed
    blurred = np.asarray(wide.resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.float32)
    return np.asarray((blurred - blurred.mean()) / max(float(blurred.std()), 1e-6))
