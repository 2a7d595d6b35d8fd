"""Do ready-made features bear the imprint of the test's clicks, however few numbers they hold?

Clicks of training and test together have main directions (singular vectors over the items) that
those of training alone lack: what the test adds. Most of that is chance, which nothing that looks
at items alone can know. Features computed from all clicks hold it, be they eight numbers or a
hundred; pictures, texts and features made from training clicks hold hardly more of it than the
same features handed to other items. Features of all clicks rank test items and training items left
out alike, which is why `foreknowledge` cannot tell them from good content and this can.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray
from scipy.sparse.linalg import svds

from backend.schema import Col, SplitName

_FEWEST: Final = 100
"""Items with features and training clicks; of fewer nothing is said."""
_KNOWN: Final = 96
"""Main directions of training that are taken out of everything: more than features made from
training clicks mostly have numbers."""
_OWN: Final = 64
"""Main directions of the features that are looked at; content of a thousand numbers would hold
anything by chance."""
_WIDTHS: Final = (8, 16, 32)
"""So many main directions of all clicks; few for features of few numbers, many for many."""
_LENGTHS: Final = 32
"""Main directions of training in which an item's length is taken."""
_DRAWS: Final = 4
_SEED: Final = 2026
_NIL: Final = 1e-6

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Imprint:
    """`share`: how much of what the test adds the features hold, beyond what they would hold of it
    if they belonged to other items; 0 by chance, 1 for the very directions. `items` looked at."""

    share: float
    items: int


@dataclass(frozen=True)
class _Added:
    """What the test adds to one form of the clicks, f64[I, W] per width, orthogonal to the main
    directions `known` f64[I, K] of training; `lengths` f64[I] of the items in these."""

    known: Numbers
    lengths: Numbers
    parts: tuple[Numbers, ...]


def imprint(
    values: NDArray[np.float32], present: NDArray[np.bool_], rows: pd.DataFrame
) -> Imprint | None:
    """`values` f32[I, D], `present` bool[I]; `rows` are interactions with the part they are in.
    None where there is too little to tell, as of a test of new items only."""
    train = _clicks(rows[rows[Col.SPLIT] == SplitName.TRAIN], len(present), rows)
    both = _clicks(
        rows[rows[Col.SPLIT].isin([SplitName.TRAIN, SplitName.TEST])], len(present), rows
    )
    # An item without training clicks has no place yet, and whatever is known of it is news.
    chosen = np.flatnonzero(present & (np.asarray(train.sum(axis=1)).ravel() > 0))
    train, both = train[chosen], both[chosen]
    if min(train.shape) < _FEWEST or both.nnz == train.nnz:
        return None
    own = values[chosen].astype(np.float64)
    width = min(_OWN, len(chosen) // 12)
    plain, even = _main(own, width), _main(_of_length_one(own), width)
    shares = []
    for form in (_as_they_are, _even):
        added = _added(form(train), form(both))
        # Features of length one have lost how often an item is chosen, which its main directions
        # show: they are given the lengths that training gives.
        shares += [_beyond_chance(plain, added), _beyond_chance(even, added, added.lengths)]
    return Imprint(max(shares), len(chosen))


def _clicks(some: pd.DataFrame, items: int, rows: pd.DataFrame) -> scipy.sparse.csr_matrix:
    """f64[I, U] of ones."""
    users = int(rows[Col.USER_NUM].max()) + 1 if len(rows) else 0
    pairs = some.drop_duplicates([Col.USER_NUM, Col.ITEM_NUM])
    places = (pairs[Col.ITEM_NUM].to_numpy(), pairs[Col.USER_NUM].to_numpy())
    return scipy.sparse.csr_matrix((np.ones(len(pairs)), places), shape=(items, users))


def _as_they_are(clicks: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
    return clicks


def _even(clicks: scipy.sparse.csr_matrix) -> scipy.sparse.csr_matrix:
    """As cosines see them: divided by the roots of how often the item and the person occur."""
    items, users = (1 / np.sqrt(np.maximum(_sums(clicks, axis), 1)) for axis in (1, 0))
    return (scipy.sparse.diags(items) @ clicks @ scipy.sparse.diags(users)).tocsr()


def _sums(clicks: scipy.sparse.csr_matrix, axis: int) -> Numbers:
    return np.asarray(clicks.sum(axis=axis), dtype=np.float64).ravel()


def _added(train: scipy.sparse.csr_matrix, both: scipy.sparse.csr_matrix) -> _Added:
    known, strengths = _directions(train, min(_KNOWN, train.shape[0] // 5))
    widths = [width for width in _WIDTHS if 2 * width <= known.shape[1]]
    all_of_them, _ = _directions(both, max(widths))
    parts = []
    for width in widths:
        main = all_of_them[:, :width]
        rest = main - known @ (known.T @ main)
        parts.append(rest / max(float(np.linalg.norm(rest)), _NIL))
    main = known[:, :_LENGTHS] * strengths[:_LENGTHS]
    return _Added(known, np.linalg.norm(main, axis=1), tuple(parts))


def _directions(clicks: scipy.sparse.csr_matrix, count: int) -> tuple[Numbers, Numbers]:
    """(f64[I, K], f64[K]): left singular vectors and values, the strongest first."""
    start = np.random.default_rng(_SEED).random(min(clicks.shape))
    count = min(count, min(clicks.shape) - 1)
    vectors, strengths, _ = svds(clicks, count, v0=start)
    order = np.argsort(-strengths)
    return vectors[:, order], strengths[order]


def _main(values: Numbers, width: int) -> Numbers:
    """f64[I, width]: the values along their own strongest directions."""
    width = min(width, values.shape[1])
    last = values.shape[1] - 1
    _, axes = scipy.linalg.eigh(values.T @ values, subset_by_index=[last - width + 1, last])
    return values @ np.asarray(axes, dtype=np.float64)


def _of_length_one(values: Numbers) -> Numbers:
    """Not centred: that would take the rows of an earlier scaling out of their space."""
    lengths: Numbers = np.maximum(np.linalg.norm(values, axis=1, keepdims=True), _NIL)
    return values / lengths


def _beyond_chance(values: Numbers, added: _Added, lengths: Numbers | None = None) -> float:
    scale = np.ones(len(values)) if lengths is None else lengths
    rng = np.random.default_rng(_SEED)
    found = _held(values * scale[:, None], added)
    drawn = [_held(rng.permutation(values) * scale[:, None], added) for _ in range(_DRAWS)]
    chance = np.mean(drawn, axis=0)
    return float(((found - chance) / (1 - chance)).max())


def _held(values: Numbers, added: _Added) -> Numbers:
    """f64[W]: the share of each part that lies in the space of the features, what training knows
    taken out of them."""
    size = float((values * values).sum())
    rest = values - added.known @ (added.known.T @ values)
    squares, axes = np.linalg.eigh(rest.T @ rest)
    kept = squares > _NIL * size / len(squares)
    if not kept.any():
        return np.zeros(len(added.parts))
    basis = rest @ (axes[:, kept] / np.sqrt(squares[kept]))
    return np.array([float(((basis.T @ part) ** 2).sum()) for part in added.parts])
