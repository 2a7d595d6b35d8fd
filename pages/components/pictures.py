"""Pictures of items with one fixed ratio, on a neutral ground."""

import io
from pathlib import Path

import streamlit as st
from PIL import Image, ImageDraw, ImageOps

_GROUND = {False: (244, 245, 248), True: (38, 44, 57)}
_INK = {False: (120, 128, 144), True: (150, 158, 174)}


def square(path: Path | None, dark: bool, side: int = 240) -> bytes:
    """A JPEG of `side` x `side` pixels: the whole picture, letterboxed; a placeholder that says so
    where there is none or it cannot be read."""
    stamp = path.stat().st_mtime_ns if path is not None and path.exists() else 0
    return _square(str(path) if stamp else "", stamp, dark, side)


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
def _square(path: str, stamp: int, dark: bool, side: int) -> bytes:
    tile = _letterboxed(path, dark, side) if path else _placeholder(dark, side)
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
