"""Pictures of items with one fixed ratio, on a neutral ground."""

import io
from pathlib import Path

import streamlit as st
from PIL import Image, ImageDraw, ImageOps

from backend.figures import theme

_GROUND = {False: (244, 245, 248), True: (38, 44, 57)}
_INK = {False: (120, 128, 144), True: (150, 158, 174)}


def square(path: Path | None, dark: bool, side: int = 240, marks: tuple[str, ...] = ()) -> bytes:
    """A JPEG of `side` x `side` pixels: the whole picture, letterboxed; a placeholder that says so
    where there is none or it cannot be read. `marks` names modalities to be marked in a corner."""
    stamp = path.stat().st_mtime_ns if path is not None and path.exists() else 0
    return _square(str(path) if stamp else "", stamp, dark, side, marks)


def emblem() -> Image.Image:
    """Two overlapping discs, image blue and text orange: the icon of the browser tab.

    Drawn here because icon names and emoji are fetched from the network.
    """
    size = 128
    discs = []
    for left, colour in ((6, (0, 114, 178)), (46, (230, 159, 0))):
        disc = Image.new("RGBA", (size, size), (255, 255, 255, 0))
        ImageDraw.Draw(disc).ellipse((left, 26, left + 76, 102), fill=(*colour, 215))
        discs.append(disc)
    return Image.alpha_composite(*discs)


@st.cache_data(max_entries=4000, show_spinner=False)
def _square(path: str, stamp: int, dark: bool, side: int, marks: tuple[str, ...]) -> bytes:
    tile = _letterboxed(path, dark, side) if path else _placeholder(dark, side)
    if marks:
        tile = _marked(tile, marks)
    buffer = io.BytesIO()
    tile.save(buffer, "JPEG", quality=86)
    return buffer.getvalue()


def _letterboxed(path: str, dark: bool, side: int) -> Image.Image:
    try:
        with Image.open(path) as source:
            source.draft("RGB", (side, side))
            picture = ImageOps.exif_transpose(source).convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        return _placeholder(dark, side)
    picture = ImageOps.contain(picture, (side, side), Image.Resampling.LANCZOS)
    tile = Image.new("RGB", (side, side), _GROUND[dark])
    corner = ((side - picture.width) // 2, (side - picture.height) // 2)
    tile.paste(picture, corner, picture)
    return tile


def _marked(tile: Image.Image, marks: tuple[str, ...]) -> Image.Image:
    """Discs in the colours of the modalities, each with a sign, in the lower left corner.

    Drawn four times as large and reduced, because Pillow does not smooth edges.
    """
    width = tile.width // 9
    large = 4 * width
    strip = Image.new("RGBA", (large * len(marks), large), (0, 0, 0, 0))
    pen = ImageDraw.Draw(strip)
    for place, modality in enumerate(marks):
        left = place * large
        box = (left + large * 0.06, large * 0.06, left + large * 0.94, large * 0.94)
        pen.ellipse(box, fill=theme.player_colour(modality), outline="white", width=large // 16)
        for sign in _SIGNS.get(modality, ()):
            pen.polygon([(left + large * x, large * y) for x, y in sign], fill="white")
    strip = strip.resize((width * len(marks), width), Image.Resampling.LANCZOS)
    gap = width // 3
    tile.paste(strip, (gap, tile.height - width - gap), strip)
    return tile


def _bar(left: float, top: float, right: float, bottom: float) -> tuple[tuple[float, float], ...]:
    return (left, top), (right, top), (right, bottom), (left, bottom)


_SIGNS = {
    "image": [((0.22, 0.68), (0.42, 0.34), (0.56, 0.56), (0.65, 0.45), (0.78, 0.68))],
    "text": [_bar(0.28, y, 0.72 if y < 0.6 else 0.56, y + 0.08) for y in (0.32, 0.46, 0.60)],
    "audio": [
        _bar(x, 0.5 - h, x + 0.09, 0.5 + h)
        for x, h in ((0.24, 0.1), (0.38, 0.22), (0.52, 0.14), (0.66, 0.08))
    ],
    "video": [((0.38, 0.28), (0.74, 0.5), (0.38, 0.72))],
}
"""Mountains, lines, a wave, a triangle: polygons in a square of side 1."""


def _placeholder(dark: bool, side: int) -> Image.Image:
    tile = Image.new("RGB", (side, side), _GROUND[dark])
    pen = ImageDraw.Draw(tile)
    inset = side * 0.34
    box = (inset, side * 0.28, side - inset, side * 0.28 + side - 2 * inset)
    pen.rounded_rectangle(box, radius=side * 0.03, outline=_INK[dark], width=max(1, side // 120))
    pen.line((box[0], box[3], box[2], box[1]), fill=_INK[dark], width=max(1, side // 120))
    pen.text(
        (side / 2, side * 0.74), "No picture", fill=_INK[dark], anchor="mm", font_size=side * 0.075
    )
    return tile
