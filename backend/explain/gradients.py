"""Where inside a picture or a text a score comes from: gradient times input.

How far the input is from nothing, times the slope of the score there: what covering does, to first
order (Simonyan, Vedaldi & Zisserman 2014, https://arxiv.org/abs/1312.6034; Shrikumar et al. 2016,
https://arxiv.org/abs/1605.01713). At the input itself encoders are flat, so the slope is the mean
over some steps of the way from nothing to it (integrated gradients, Sundararajan, Taly & Yan 2017,
https://arxiv.org/abs/1703.01365). Own code: docs/decisions/0012-gradients.md.
"""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter
from torch import Tensor

from backend.explain.saliency import SIDE, WINDOW, HeatMap, Span, ground_of, squared
from models.encoders import Content, Reading

Slope = Callable[[Tensor], Tensor]
"""f32[B] scores of an encoder's vectors f32[B, dim], differentiable."""
_PICTURE_STEPS: Final = 4
_TEXT_STEPS: Final = 8
"""A picture costs three times as much per step, and further steps change neither."""
Read = Callable[[Content], Reading | None]


def gradient_heat(picture: Image.Image, read: Read, score: Slope) -> HeatMap | None:
    """Each pixel's slope times its difference from the ground, as `occlusion` puts it there;
    `windows` is the mean around each pixel. None where encoder or model cannot be
    differentiated."""
    pixels = squared(picture)
    blank = np.broadcast_to(ground_of(pixels), pixels.shape).astype(np.uint8)
    reading, nothing = read(Image.fromarray(pixels)), read(Image.fromarray(blank))
    if reading is None or nothing is None:
        return None
    told = _along(reading, nothing.inputs, score, _PICTURE_STEPS)
    if told is None:
        return None
    heat = told.sum(0).double().numpy()
    enlarged = Image.fromarray(heat.astype(np.float32)).resize((SIDE, SIDE), Image.Resampling.BOX)
    heat = np.asarray(enlarged, dtype=np.float64) * (heat.size / SIDE**2)
    return HeatMap(heat, np.asarray(uniform_filter(heat, WINDOW, mode="constant")))


def gradient_words(
    text: str, groups: Sequence[Sequence[Span]], read: Read, score: Slope
) -> NDArray[np.float64] | None:
    """f64[G]: for each group of stretches of the text the sum over its pieces; nothing is a text of
    unknown words. None as above."""
    reading = read(text)
    if reading is None or reading.nothing is None:
        return None
    slope = _along(reading, reading.nothing, score, _TEXT_STEPS)
    if slope is None:
        return None
    told = slope.sum(1).double().numpy()
    starts, ends = np.array(reading.pieces).T

    def sum_of(spans: Sequence[Span]) -> float:
        return float(sum(told[(starts < end) & (ends > start)].sum() for start, end in spans))

    return np.array([sum_of(spans) for spans in groups])


def _along(reading: Reading, nothing: Tensor, score: Slope, steps: int) -> Tensor | None:
    """Of the shape of the inputs: mean slope times how far each is from `nothing`."""
    with torch.inference_mode(False), torch.enable_grad():
        apart = reading.inputs.clone() - nothing
        total = torch.zeros_like(apart)
        for step in range(steps):
            inputs = (nothing + (step + 0.5) / steps * apart).requires_grad_()
            found = score(reading.vectors(inputs[None]))
            if not found.requires_grad:
                return None
            (slope,) = torch.autograd.grad(found.sum(), inputs, allow_unused=True)
            if slope is None:
                return None
            total += slope
    return total / steps * apart
