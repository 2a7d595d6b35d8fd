"""Where inside a picture, a text, a recording a score comes from: by covering it up.

Occlusion (Zeiler & Fergus 2014, https://arxiv.org/abs/1311.2901) and leaving out words, run through
the encoder to the score of one person and one item, everything else as it is. A drop is the score
less what is left of it: positive where the covered part speaks for the item.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.encoders import Clip, Content, Sound

Scores = Callable[[Sequence[Content]], NDArray[np.float64]]
"""f64[N]: the score that each content would give."""

SIDE: Final = 224
_STEPS, _SPAN = 8, 2
"""A picture is covered window by window, each as wide as `_SPAN` of `_STEPS` parts of it."""
WINDOW: Final = SIDE // _STEPS * _SPAN
"""Side of a window in pixels."""
_MOST_PARTS: Final = 120
_SEGMENTS: Final = 8
_WORD: Final = re.compile(r"[\w]+(?:['’-]\w+)*")


Span = tuple[int, int]
"""Where a stretch of text starts, and where it ends."""


class Part(NamedTuple):
    """A stretch of a text (characters `start` to `end`) or of a recording (seconds)."""

    start: float
    end: float
    drop: float


@dataclass(frozen=True)
class HeatMap:
    """Over the picture squashed to a square, f64[SIDE, SIDE], positive where it speaks for the
    item. `heat`: each window's drop, shared among its pixels by how much covering changed them (a
    pixel that stayed as it was changed nothing); `windows`: the same, shared equally."""

    heat: NDArray[np.float64]
    windows: NDArray[np.float64]


def occlusion(picture: Image.Image, scores: Scores) -> HeatMap:
    """Windows are covered with the usual colour at the border: as if nothing were there."""
    pixels = squared(picture)
    ground = ground_of(pixels)
    places = _windows()
    covered: list[Content] = [Image.fromarray(_covered(pixels, place, ground)) for place in places]
    found = scores([Image.fromarray(pixels), *covered])
    change = np.abs(pixels.astype(float) - ground).sum(2)
    heat, windows = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    for place, left in zip(places, found[1:], strict=True):
        drop, changed = float(found[0] - left), change[place]
        windows[place] += drop / changed.size
        if changed.sum() > 0:
            heat[place] += drop * changed / changed.sum()
    return HeatMap(heat, windows)


def word_groups(text: str) -> tuple[tuple[Span, ...], ...]:
    """Where each distinct word stands, in order of first appearance; of a very long text, stretches
    of neighbouring words instead."""
    spans = [match.span() for match in _WORD.finditer(text)]
    found: dict[str, list[Span]] = {}
    for start, end in spans:
        found.setdefault(text[start:end].lower(), []).append((start, end))
    if len(found) <= _MOST_PARTS:
        return tuple(map(tuple, found.values()))
    size = -(-len(spans) // _MOST_PARTS)
    runs = [spans[at : at + size] for at in range(0, len(spans), size)]
    return tuple(((run[0][0], run[-1][1]),) for run in runs)


def left_out(text: str, groups: Sequence[Sequence[Span]], scores: Scores) -> NDArray[np.float64]:
    """f64[G]: the drop for each group, left out wherever it stands: what is said twice would not be
    missed once."""
    if not groups:
        return np.zeros(0)
    found = scores([text, *(without(text, spans) for spans in groups)])
    return np.asarray(found[0] - found[1:])


def without(text: str, spans: Iterable[Span]) -> str:
    """The text without these stretches, which do not overlap."""
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


def parts_of(groups: Sequence[Sequence[Span]], drops: NDArray[np.float64]) -> tuple[Part, ...]:
    """Every stretch in the order of the text, with the drop of its group."""
    found = [
        Part(*span, float(drop))
        for spans, drop in zip(groups, drops, strict=True)
        for span in spans
    ]
    return tuple(sorted(found))


def silenced(sound: Sound, scores: Scores) -> tuple[Part, ...]:
    """The drop for every eighth of a sound that is silent."""
    edges = np.linspace(0, len(sound.samples), _SEGMENTS + 1).astype(int)
    pairs = list(pairwise(edges.tolist()))
    without: list[Content] = []
    for start, end in pairs:
        samples = sound.samples.copy()
        samples[start:end] = 0
        without.append(replace(sound, samples=samples))
    found = scores([sound, *without])
    return tuple(
        Part(start / sound.rate, end / sound.rate, float(found[0] - left))
        for (start, end), left in zip(pairs, found[1:], strict=True)
    )


def frozen(clip: Clip, scores: Scores) -> tuple[Part, ...]:
    """The drop for every stretch of a clip whose frames are the mean of all."""
    stack = np.stack([np.asarray(frame, dtype=np.float32) for frame in clip.frames])
    mean = Image.fromarray(stack.mean(0).astype(np.uint8))
    edges = np.linspace(0, len(clip.frames), min(_SEGMENTS, len(clip.frames)) + 1).astype(int)
    pairs = list(pairwise(edges.tolist()))
    without: list[Content] = [
        replace(
            clip,
            frames=tuple(mean if a <= n < b else frame for n, frame in enumerate(clip.frames)),
        )
        for a, b in pairs
    ]
    found = scores([clip, *without])
    second = clip.seconds / max(len(clip.frames), 1)
    return tuple(
        Part(a * second, b * second, float(found[0] - left))
        for (a, b), left in zip(pairs, found[1:], strict=True)
    )


def _windows() -> list[tuple[slice, slice]]:
    step = SIDE // _STEPS
    starts = range(0, SIDE - WINDOW + 1, step)
    return [
        (slice(top, top + WINDOW), slice(left, left + WINDOW)) for top in starts for left in starts
    ]


def squared(picture: Image.Image) -> NDArray[np.uint8]:
    """u8[SIDE, SIDE, 3]."""
    return np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def ground_of(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """f64[3]: the median of the outermost pixels."""
    edge = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    return np.asarray(np.median(np.concatenate(edge), axis=0), dtype=np.float64)


def _covered(
    pixels: NDArray[np.uint8], place: tuple[slice, slice], ground: NDArray[np.float64]
) -> NDArray[np.uint8]:
    changed = pixels.copy()
    changed[place] = ground.astype(np.uint8)
    return changed
