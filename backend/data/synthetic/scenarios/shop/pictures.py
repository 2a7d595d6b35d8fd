"""Product pictures: a sketch cut from cloth, lit from the upper left, on a soft background."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.scenarios.shop import accessories, garments
from backend.data.synthetic.scenarios.shop.fabrics import (
    SIDE,
    Array,
    Colour,
    cloth,
    colours_for,
    folds,
    relief,
)
from backend.data.synthetic.scenarios.shop.outlines import Path2, Sketch, Tone
from backend.data.synthetic.scenarios.shop.vocabulary import CATEGORIES, CUTS, VOCABULARY

_FINE = 3
"""Outlines are drawn at three times the size and reduced: smooth edges."""

Draw = Callable[[float, float, np.random.Generator], Sketch]

SKETCHES: Final[dict[str, Draw]] = {
    "T-shirts": garments.t_shirt,
    "Shirts": garments.shirt,
    "Sweaters": garments.sweater,
    "Jackets": garments.jacket,
    "Dresses": garments.dress,
    "Skirts": garments.skirt,
    "Trousers": garments.trousers,
    "Sneakers": accessories.sneaker,
    "Boots": accessories.boot,
    "Heels": accessories.heel,
    "Handbags": accessories.handbag,
    "Backpacks": accessories.backpack,
    "Totes": accessories.tote,
}

PROPORTIONS: Final[dict[str, tuple[float, float]]] = {
    "slim": (0.74, 1.02),
    "wide": (1.3, 0.98),
    "short": (1.02, 0.72),
    "long": (1.0, 1.28),
}

_BACKGROUNDS: Final = (
    (244, 241, 236),
    (238, 240, 242),
    (241, 236, 231),
    (236, 239, 234),
    (245, 240, 240),
)
_SOLES: Final = ((240, 238, 232), (62, 56, 54), (186, 150, 110))


@dataclass(frozen=True)
class Look:
    """All that chance decides of a painted sketch; `weave` seeds the place of the pattern."""

    colours: tuple[Colour, Colour, Colour]
    folds: int
    wall: int
    sole: int
    weave: int

    @classmethod
    def of(cls, colour: str, rng: np.random.Generator) -> "Look":
        """Drawn in the order of the fields."""
        return cls(
            colours_for(colour, rng),
            int(rng.integers(6)),
            int(rng.integers(len(_BACKGROUNDS))),
            int(rng.integers(len(_SOLES))),
            int(rng.integers(2**31)),
        )


def draw_picture(catalogue: Catalogue, row: int, seed: int) -> Image.Image:
    """RGB, 224 x 224. Colour, pattern and cut always show; the material only where it is told."""
    sketch, rng = sketched(catalogue, row, seed)
    value = VOCABULARY.told(catalogue.codes[row])
    material = value["material"] if catalogue.told[row, VOCABULARY.column("material")] else ""
    return render(sketch, value["colour"], value["pattern"], material, rng)


def sketched(catalogue: Catalogue, row: int, seed: int) -> tuple[Sketch, np.random.Generator]:
    """The placed sketch of an item, and the generator that decides the rest of its picture."""
    rng = np.random.default_rng([seed, 6, row])
    kind = CATEGORIES[int(catalogue.category[row])].name
    cut = CUTS[int(catalogue.codes[row, VOCABULARY.column("cut")])]
    width, length = PROPORTIONS[cut]
    wobble = rng.uniform(0.96, 1.04, 2)
    return SKETCHES[kind](width * wobble[0], length * wobble[1], rng).placed(), rng


def render(
    sketch: Sketch, colour: str, pattern: str, material: str, rng: np.random.Generator
) -> Image.Image:
    """Paint a placed sketch; `material` "" is a smooth cloth without relief."""
    look = Look.of(colour, rng)
    base = look.colours[0]
    surface = relief(material) * folds(look.folds)
    masks = [cover(part.outline) for part in sketch.parts]
    canvas = background(look.wall).copy()
    _cast_shadow(canvas, np.max(masks, axis=0), sketch.stands)
    solid: dict[Tone, Colour] = {
        Tone.TRIM: base * 0.86 + (12 if base.mean() < 90 else 0),
        Tone.SHADE: base * 0.5,
        Tone.SOLE: np.array(_SOLES[look.sole], dtype=np.float32),
        Tone.METAL: np.array((196, 164, 96), dtype=np.float32),
    }
    for part, mask in zip(sketch.parts, masks, strict=True):
        if part.tone == Tone.FABRIC:
            paint = cloth(pattern, look.colours, part.turn, np.random.default_rng(look.weave))
        else:
            paint = np.broadcast_to(solid[part.tone], (SIDE, SIDE, 3))
        _lay(canvas, paint, mask, surface if part.tone != Tone.SOLE else None)
    _stitch(canvas, sketch, base, solid)
    return Image.fromarray(np.clip(canvas, 0, 255).astype(np.uint8))


@lru_cache(maxsize=8)
def background(number: int) -> Array:
    """f32[224, 224, 3]: a neutral studio wall, a little darker towards floor and corners."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    light = 1.01 - 0.05 * y**2 - 0.05 * ((x - 0.45) ** 2 + (y - 0.4) ** 2)
    return np.asarray(np.array(_BACKGROUNDS[number], dtype=np.float32) * light[:, :, None])


def cover(outline: Path2) -> NDArray[np.uint8]:
    """u8[224, 224]: cover of each pixel; only the outline's surroundings are drawn finely."""
    points = np.clip(np.array(outline), 0.0, 1.0) * SIDE
    left, top = (int(v) for v in np.floor(points.min(axis=0)))
    right, low = (int(v) + 1 for v in np.ceil(points.max(axis=0)))
    fine = Image.new("L", ((right - left) * _FINE, (low - top) * _FINE))
    moved = (points - (left, top)) * _FINE
    ImageDraw.Draw(fine).polygon([(float(x), float(y)) for x, y in moved], 255)
    whole = Image.new("L", (SIDE, SIDE))
    whole.paste(fine.reduce(_FINE), (left, top))
    return np.asarray(whole)


def _cast_shadow(canvas: Array, mask: NDArray[np.uint8], stands: bool) -> None:
    whole = Image.fromarray(mask)
    shade = Image.new("L", whole.size)
    if stands:
        left, _, right, low = whole.getbbox() or (0, 0, SIDE, SIDE)
        box = (left + 4, low - 7, right - 4, low + 7)
        ImageDraw.Draw(shade).ellipse(box, fill=190)
    else:
        shade.paste(whole, (4, 6))
    # Blurred at half the size: a shadow has no detail, and this costs a quarter.
    soft = shade.reduce(2).filter(ImageFilter.GaussianBlur(2.8)).resize(shade.size)
    canvas *= 1 - 0.3 * (np.asarray(soft, dtype=np.float32) / 255)[:, :, None]


def _lay(canvas: Array, paint: Array, mask: NDArray[np.uint8], surface: Array | None) -> None:
    """Blend one part in: darker towards its edge, brighter on the side of the light."""
    image = Image.fromarray(mask)
    left, top, right, low = image.getbbox() or (0, 0, 1, 1)
    box = (max(left - 8, 0), max(top - 8, 0), min(right + 8, SIDE), min(low + 8, SIDE))
    area = np.s_[box[1] : box[3], box[0] : box[2]]
    near = np.asarray(image.crop(box).filter(ImageFilter.BoxBlur(5)), dtype=np.float32) / 255
    lean = np.zeros_like(near)
    lean[3:-3, 3:-3] = near[6:, 6:] - near[:-6, :-6]
    light = 0.80 + 0.22 * near + 0.16 * lean
    if surface is not None:
        light = light * surface[area]
    share = (mask[area].astype(np.float32) / 255)[:, :, None]
    canvas[area] += share * (paint[area] * light[:, :, None] - canvas[area])


def _stitch(canvas: Array, sketch: Sketch, base: Colour, solid: dict[Tone, Colour]) -> None:
    """Seams, laces, zips and buttons: darker or lighter than the cloth below, or of a tone."""
    dark = 0.55 if base.mean() > 80 else 1.55
    inks: dict[str, Colour] = {
        "light": np.array((248, 245, 238), dtype=np.float32),
        **{str(tone): paint for tone, paint in solid.items()},
    }
    for ink in ("dark", *inks):
        seams = [s for s in sketch.seams if (s.tone or ("light" if s.light else "dark")) == ink]
        if not seams:
            continue
        fine = Image.new("L", (SIDE * _FINE, SIDE * _FINE))
        draw = ImageDraw.Draw(fine)
        for seam in seams:
            points = [(x * SIDE * _FINE, y * SIDE * _FINE) for x, y in seam.line]
            draw.line(points, 255, max(1, round(seam.width * SIDE * _FINE)), joint="curve")
        share = np.asarray(fine.reduce(_FINE), dtype=np.float32)[:, :, None] / 255
        if ink == "dark":
            canvas *= 1 + 0.75 * share * (dark - 1)
        else:
            canvas += 0.92 * share * (inks[ink] - canvas)
