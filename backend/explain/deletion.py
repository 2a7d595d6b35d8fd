"""Whether a map of what counts can be trusted: taking away its hottest parts must cost the score.

Deletion (Samek et al. 2017, https://doi.org/10.1109/TNNLS.2016.2599820; Petsiuk et al. 2018,
https://arxiv.org/abs/1806.07421) for parts of one content: after an eighth and three eighths of
its parts is gone, hottest first, less of the score must be left than after nine random orders: than
their mean less their standard deviation. A map that knows nothing passes about one time in six.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr

from backend.explain.saliency import SIDE, Scores, Span, ground_of, squared, without
from models.encoders import Content

_SHARES: Final = (1 / 8, 3 / 8)
_ORDERS: Final = 9
_CELLS: Final = 8
_CHANGED: Final = 4.0
"""Summed over the colours, in steps of 255: less than this in the mean of a cell is its ground."""
_FEWEST: Final = 4


class Deletion(NamedTuple):
    """Mean score that is left on the way: hottest parts first, and for each random order f64[R]."""

    hottest: float
    random: NDArray[np.float64]

    @property
    def trusted(self) -> bool:
        return len(self.random) > 0 and self.hottest < float(self.random.mean() - self.random.std())


class Parts(NamedTuple):
    """The `number` N of parts that a content is taken apart into; `without`: the content less those
    of bool[N]."""

    number: int
    without: Callable[[NDArray[np.bool_]], Content]


def cells_of(
    picture: Image.Image,
) -> tuple[Parts, Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
    """(the cells, eight by eight, of which covering changes something; f64[SIDE, SIDE] -> f64[N],
    the heat in each)."""
    pixels = squared(picture)
    ground = ground_of(pixels)
    change = _by_cell(np.abs(pixels.astype(float) - ground).sum(2))
    size = SIDE // _CELLS
    there = np.flatnonzero(change > _CHANGED * size**2)

    def bare(gone: NDArray[np.bool_]) -> Content:
        covered = pixels.copy()
        for cell in there[gone]:
            row, column = divmod(int(cell), _CELLS)
            covered[row * size : (row + 1) * size, column * size : (column + 1) * size] = ground
        return Image.fromarray(covered)

    return Parts(len(there), bare), lambda heat: _by_cell(heat)[there]


def words_of(text: str, groups: Sequence[Sequence[Span]]) -> Parts:
    """The groups of words that `word_groups` found."""

    def shortened(gone: NDArray[np.bool_]) -> Content:
        spans = [s for group, out in zip(groups, gone, strict=True) if out for s in group]
        return without(text, spans)

    return Parts(len(groups), shortened)


def deletions(
    parts: Parts, heats: Sequence[NDArray[np.float64]], scores: Scores
) -> tuple[Deletion, ...]:
    """One for each map f64[N]; the random orders are the same for all, and every time."""
    count = parts.number
    if count < _FEWEST:
        return tuple(Deletion(0.0, np.zeros(0)) for _ in heats)
    rng = np.random.default_rng(0)
    # Equal heat must not fall back to the order of reading.
    shuffled = rng.permutation(count)
    orders = [shuffled[np.argsort(-heat[shuffled], kind="stable")] for heat in heats]
    orders += [rng.permutation(count) for _ in range(_ORDERS)]
    left: list[Content] = []
    for order in orders:
        for share in _SHARES:
            gone = np.zeros(count, np.bool_)
            gone[order[: max(1, round(share * count))]] = True
            left.append(parts.without(gone))
    found = scores(left).reshape(len(orders), len(_SHARES)).mean(1)
    return tuple(Deletion(float(score), found[len(heats) :]) for score in found[: len(heats)])


def agreement(one: NDArray[np.float64], other: NDArray[np.float64]) -> float | None:
    """Rank correlation of two maps over the same parts; None where one says the same of all."""
    if len(one) < _FEWEST or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(spearmanr(one, other).statistic)


def _by_cell(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """f64[64]: sums."""
    size = SIDE // _CELLS
    return np.asarray(values.reshape(_CELLS, size, _CELLS, size).sum((1, 3)).ravel())
