"""Pictures of what counts inside an item: heat over its picture, stretches of its recordings."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from backend.explain.saliency import Part
from backend.figures import theme, wording

_BLUR = 4
"""Pixels: windows have edges that the picture has not."""
_FOR, _AGAINST = (213, 94, 0), (0, 114, 178)
_GREY, _DARK = (120, 120, 120), (40, 40, 40)


def overlay(
    picture: Image.Image, heat: NDArray[np.float64], trusted: bool = True, side: int = 480
) -> Image.Image:
    """The picture pale, and over it what speaks for the item (orange) and against it (blue), the
    strongest part at full strength; both in greys where `heat` f64[H, W] is not to be trusted.
    Blank where it is zero."""
    shape = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    pale = Image.blend(
        shape.convert("L").convert("RGB"), Image.new("RGB", shape.size, "white"), 0.35
    )
    strongest = np.quantile(np.abs(heat), 0.995) or 1.0
    for sign, colour in ((1, _FOR if trusted else _DARK), (-1, _AGAINST if trusted else _GREY)):
        strength = np.clip(sign * heat / strongest, 0, 1) ** 0.7
        mask = Image.fromarray((210 * strength).astype(np.uint8)).resize(shape.size)
        pale.paste(
            Image.new("RGB", shape.size, colour), mask=mask.filter(ImageFilter.GaussianBlur(_BLUR))
        )
    return pale


def strongest_words(text: str, parts: Sequence[Part], count: int = 3) -> tuple[str, ...]:
    """The words whose absence costs most, each once, strongest first; none where none does."""
    best = sorted((part for part in parts if part.drop > 0), key=lambda part: -part.drop)
    words = dict.fromkeys(text[int(part.start) : int(part.end)].lower() for part in best)
    return tuple(words)[:count]


def stretches(modality: str, parts: Sequence[Part]) -> go.Figure:
    """What the score loses without each stretch of a recording."""
    title = f"When in the {modality}"
    if not parts or max(abs(part.drop) for part in parts) == 0:
        return theme.sentence(title, "No stretch of it changes the score.")
    figure = theme.frame(title, x="Seconds", y="Lost without it (score)", height=240)
    figure.add_bar(
        x=[(part.start + part.end) / 2 for part in parts],
        y=[part.drop for part in parts],
        width=[0.92 * (part.end - part.start) for part in parts],
        marker_color=theme.player_colour(modality),
        hovertext=[wording.signed(part.drop) for part in parts],
        hoverinfo="text",
    )
    return figure
