"""A list put into another order: varied, less bound to what everybody has.

N candidates with `relevance` f64[N] (any scale, more is better) and, for variety, `vectors`
f32[N, D] of length 1 (zero: alike to nothing). Every function returns places among the candidates,
i64[k], best first. `diversity` 0 keeps the order of relevance, ties by place; 1 looks at variety
alone.
"""

import numpy as np
from numpy.typing import NDArray

from backend.errors import InvalidInput

_SMALLEST = 1e-10
"""Below this a candidate says nothing that the chosen ones do not say already."""

Places = NDArray[np.int64]
Values = NDArray[np.float64]


def mmr(relevance: Values, vectors: NDArray[np.float32], k: int, diversity: float) -> Places:
    """Maximal marginal relevance (Carbonell & Goldstein 1998): each next item is relevant and not
    like the one chosen item that it is most like."""
    worth = _between_0_and_1(relevance)
    _check(diversity, k)
    nearest = np.full(len(worth), -np.inf)
    left = np.ones(len(worth), np.bool_)
    chosen: list[int] = []
    while len(chosen) < min(k, len(worth)):
        alike = np.zeros(len(worth)) if not chosen else nearest
        gain = np.where(left, (1 - diversity) * worth - diversity * alike, -np.inf)
        best = int(gain.argmax())
        left[best] = False
        chosen.append(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return np.array(chosen, np.int64)


def dpp(relevance: Values, vectors: NDArray[np.float32], k: int, diversity: float) -> Places:
    """Greedy maximum of a determinantal point process (Chen, Zhang & Zhou 2018): the items whose
    vectors span the most together, weighed against their relevance.

    The similarity is (1 + cosine) / 2, so that the kernel is positive semi-definite. Maximises
    (1 - diversity) * relevance + diversity * log det; where all that is left says nothing new, the
    most relevant ones follow.
    """
    worth = _between_0_and_1(relevance)
    _check(diversity, k)
    count = min(k, len(worth))
    if not count:
        return np.zeros(0, np.int64)
    span = np.concatenate([vectors, np.ones((len(worth), 1), np.float32)], axis=1)
    span = span.astype(np.float64) / np.linalg.norm(span, axis=1, keepdims=True)
    new = np.ones(len(worth))  # squared distance of each vector from the span of the chosen ones
    basis = np.zeros((count, len(worth)))
    left = np.ones(len(worth), np.bool_)
    chosen: list[int] = []
    for step in range(count):
        fresh = left & (new > _SMALLEST)
        if not fresh.any():
            rest = np.flatnonzero(left)
            order = rest[np.argsort(-worth[rest], kind="stable")]
            return np.array([*chosen, *order[: count - step]], np.int64)
        gain = (1 - diversity) * worth + diversity * np.log(np.maximum(new, _SMALLEST))
        best = int(np.where(fresh if diversity > 0 else left, gain, -np.inf).argmax())
        left[best] = False
        chosen.append(best)
        length = np.sqrt(max(new[best], _SMALLEST))
        row = (span @ span[best] - basis[:step].T @ basis[:step, best]) / length
        basis[step] = row
        new = new - row**2
    return np.array(chosen, np.int64)


def less_popular(relevance: Values, popularity: NDArray[np.int64], strength: float) -> Values:
    """Relevance without a share `strength`, 0 to 1, of what popularity alone explains of it.

    Popularity enters as log(1 + count), because a hundred choices more mean much for a rare item
    and nothing for a bestseller. 1 removes all that a straight line over it explains; items that
    are only relevant because everybody has them fall, others rise.
    """
    if not 0 <= strength <= 1:
        raise InvalidInput("The strength lies between 0 and 1.")
    weight = np.log1p(popularity.astype(np.float64))
    centred = weight - weight.mean() if len(weight) else weight
    power = float(centred @ centred)
    slope = max(0.0, float(centred @ relevance) / power) if power > 0 else 0.0
    return relevance - strength * slope * centred


def _between_0_and_1(relevance: Values) -> Values:
    low, high = (relevance.min(), relevance.max()) if len(relevance) else (0.0, 0.0)
    return (relevance - low) / (high - low) if high > low else np.zeros(len(relevance))


def _check(diversity: float, k: int) -> None:
    if not 0 <= diversity <= 1:
        raise InvalidInput("The diversity lies between 0 and 1.")
    if k < 0:
        raise InvalidInput("Ask for at least one item.")
