"""What moves in a video, how fast, whither and how often: counted from the change of brightness."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

_SIDE: Final = 48
_BLUR: Final = 1.5
"""Pixels of 48: makes the sign of a step right up to steps of several pixels."""
_DIRECTIONS: Final = 8
_RATES: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Borders, in hertz, of how often a movement comes and goes."""
_STILL: Final = 1e-3
"""Change of brightness, of 1, below which nothing moves."""
MOTION_DIM: Final = _DIRECTIONS + 3 + 3 + 3 * (len(_RATES) - 1)
Array = NDArray[np.float32]


def motion_statistics(frames: Sequence[Image.Image], seconds: float) -> Array:
    """f32[MOTION_DIM], all of the order of 1, from frames at equal distances over `seconds`.

    Eight directions in which brightness flows (shares), then mean and spread over time of flow to
    the right, flow downwards and amount of change, then how often each of the three comes and goes.
    Zero for a single frame and for a still.
    """
    if len(frames) < 2:
        return np.zeros(MOTION_DIM, np.float32)
    shown = np.stack([_grey(frame) for frame in frames])
    step = max(seconds, 1e-3) / len(frames)
    change = np.diff(shown, axis=0)
    down, right = np.gradient((shown[1:] + shown[:-1]) / 2, axis=(1, 2))
    flow = np.stack([-change * right, -change * down])  # what rises ahead of an edge moves that way
    steep = np.hypot(right, down) + 0.02
    flow /= steep
    amount = np.abs(change).mean((1, 2))
    raw = np.stack([*flow.mean((2, 3)), amount]) / step * 10
    signals = np.asarray(np.sign(raw) * np.log1p(np.abs(raw)), np.float32)
    found = [_directions(flow), signals.mean(1), signals.std(1), _rates(signals, step)]
    return np.asarray(np.concatenate(found), np.float32)


def _grey(frame: Image.Image) -> Array:
    """f32[48, 48], 0 to 1."""
    small = frame.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    blurred = small.filter(ImageFilter.GaussianBlur(_BLUR))
    return np.asarray(np.asarray(blurred, np.float32) / 255, np.float32)


def _directions(flow: NDArray[np.float32]) -> Array:
    """Shares of the flow f32[2, T, H, W] by direction, zero where there is none."""
    strength = np.hypot(*flow)
    angle = np.arctan2(flow[1], flow[0]) / (2 * np.pi) * _DIRECTIONS
    # between two directions, so that a little turn changes little
    low = np.floor(angle)
    part = angle - low
    bins = np.zeros(_DIRECTIONS)
    for number, weight in ((low, 1 - part), (low + 1, part)):
        place = number.astype(int).ravel() % _DIRECTIONS
        bins += np.bincount(place, (strength * weight).ravel(), _DIRECTIONS)
    total = bins.sum()
    moves = total / strength.size > _STILL / 10
    return np.asarray(2 * bins / total if moves else bins * 0, np.float32)


def _rates(signals: NDArray[np.float32], step: float) -> Array:
    """How much of the coming and going of the three signals has which rate."""
    power = np.abs(np.fft.rfft(signals - signals.mean(1, keepdims=True), axis=1)) ** 2
    rate = np.fft.rfftfreq(signals.shape[1], step)
    inside = [(rate >= low) & (rate < high) for low, high in pairwise(_RATES)]
    height = np.sqrt(power @ np.array(inside, float).T) / signals.shape[1]
    return np.asarray(height.ravel(), np.float32)
