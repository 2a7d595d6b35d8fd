"""Pairs of picture and text in a catalogue: what is held out, and how well one finds the other.

Catalogues repeat themselves: colour variants share one description, one photo serves two sizes.
Items with the identical picture or the identical text (byte for byte) are therefore **the same
target**: to find any of them is a hit, a chance figure beside it counts them the same way, and
they all fall on the same side of the split, so that nothing of a held-out pair was ever learned.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.special import gammaln
from torch import Tensor

from backend.errors import InvalidInput

HELD_OUT: Final = 0.2
"""Share of the items on which the result is measured."""
VALIDATION: Final = 0.1
"""Share of the remaining items that decides when to stop learning."""
FEWEST: Final = 15
"""Different contents without which no part of the split would be worth anything."""
CUTOFFS: Final = (1, 5, 10)
_QUERIES: Final = 1024
_TOLERANCE: Final = 1e-6
"""Cosines closer than this are equal but for rounding."""

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Items that have both: `items` i64[N] are their `item_num`; `images`, `texts`, `groups`
    i64[N] number their pictures, their texts, and what hangs together by equal pictures or texts.
    `fingerprint` names the contents and their order."""

    items: Rows
    images: Rows
    texts: Rows
    groups: Rows
    fingerprint: str

    def __len__(self) -> int:
        return len(self.items)

    @property
    def rows(self) -> Rows:
        """All of them."""
        return np.arange(len(self.items))


@dataclass(frozen=True)
class PairSplit:
    """Three disjoint parts as rows of `Pairs`, no group in two of them."""

    train: Rows
    validation: Rows
    held_out: Rows


@dataclass(frozen=True)
class Retrieval:
    """`recall@k` in both directions for k in `CUTOFFS`, over all queries.

    `chance` is `recall@10` of a random order. `reciprocal_rank` is the mean of 1 / rank of the
    first hit, over both directions.
    """

    text_to_image: Mapping[str, float]
    image_to_text: Mapping[str, float]
    chance: float
    reciprocal_rank: float


def find_pairs(image_keys: Sequence[str], text_keys: Sequence[str]) -> Pairs:
    """Keys of all items, "" where an item has no such content.

    Raises InvalidInput where too few items have both to learn from.
    """
    items = np.array(
        [n for n, both in enumerate(zip(image_keys, text_keys, strict=True)) if all(both)],
        dtype=np.int64,
    )
    images, texts = _numbered(image_keys, items), _numbered(text_keys, items)
    groups = _connected(images, texts)
    if len(items) == 0 or groups.max() + 1 < FEWEST:
        raise InvalidInput(
            f"Only {len(np.unique(groups))} different items have both a picture and a text; "
            f"at least {FEWEST} are needed to learn which belong together."
        )
    digest = hashlib.sha256()
    for item in items:
        digest.update(f"{image_keys[item]}{text_keys[item]}".encode())
    return Pairs(items, images, texts, groups, digest.hexdigest())


def split_pairs(pairs: Pairs, seed: int) -> PairSplit:
    """A fifth of the items held out, a tenth of the rest for validation, whole groups each."""
    order = np.random.default_rng(seed).permutation(pairs.groups.max() + 1)
    sizes = np.bincount(pairs.groups)[order].cumsum()
    test = _whole_groups(sizes, HELD_OUT * len(pairs))
    stop = _whole_groups(sizes, (HELD_OUT + (1 - HELD_OUT) * VALIDATION) * len(pairs))
    stop = max(stop, test + 1)
    part = np.empty(len(order), np.int64)
    part[order] = np.repeat([0, 1, 2], [test, stop - test, len(order) - stop])
    held_out, validation, train = (np.flatnonzero(part[pairs.groups] == n) for n in range(3))
    return PairSplit(train, validation, held_out)


def duplicates(pairs: Pairs, rows: Rows) -> int:
    """How many of these items share their picture or their text with another one of them."""
    shared = [_counts(of[rows]) > 1 for of in (pairs.images, pairs.texts)]
    return int(np.logical_or(*shared).sum())


def retrieval(pairs: Pairs, rows: Rows, images: Tensor, texts: Tensor) -> Retrieval:
    """How the pairs `rows` i64[N] find each other by the cosine of `images` and `texts` f32[N, D],
    rows of length 1. A wrong item that scores the same as the first right one stands before it."""
    ranks = {
        "text_to_image": _first_ranks(pairs, rows, texts, images),
        "image_to_text": _first_ranks(pairs, rows, images, texts),
    }
    recalls = {
        direction: {f"recall@{k}": float((found <= k).mean()) for k in CUTOFFS}
        for direction, found in ranks.items()
    }
    return Retrieval(
        **recalls,
        chance=_chance(_targets(pairs, rows), len(rows), CUTOFFS[-1]),
        reciprocal_rank=float(np.mean([(1 / found).mean() for found in ranks.values()])),
    )


def one_per_group(pairs: Pairs, rows: Rows, generator: torch.Generator) -> Rows:
    """A random order of `rows` with one random item of each group, so that no batch holds a
    content twice: the contrastive loss would count the second one as wrong."""
    order: Rows = rows[torch.randperm(len(rows), generator=generator).numpy()]
    _, first = np.unique(pairs.groups[order], return_index=True)
    chosen: Rows = order[np.sort(first)]
    return chosen


def _numbered(keys: Sequence[str], items: Rows) -> Rows:
    return np.unique([keys[item] for item in items], return_inverse=True)[1].astype(np.int64)


def _connected(images: Rows, texts: Rows) -> Rows:
    """Items hang together over the pictures and texts that they share, however many steps."""
    if not len(images):
        return images
    count = len(images)
    contents = np.concatenate([images, texts + images.max() + 1])
    rows = np.tile(np.arange(count), 2)
    total = count + contents.max() + 1
    edges = coo_matrix((np.ones(2 * count), (rows, contents + count)), shape=(total, total))
    labels = connected_components(edges, directed=False)[1][:count]
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _whole_groups(sizes: Rows, wanted: float) -> int:
    """How many of the groups of these summed sizes come closest to `wanted` items; at least one."""
    return max(1, int(np.abs(sizes - wanted).argmin()) + 1)


def _counts(values: Rows) -> Rows:
    """How often each value occurs, for each place."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    found: Rows = counts[place]
    return found


def _same(pairs: Pairs, queries: Rows, candidates: Rows) -> NDArray[np.bool_]:
    """bool[Q, C]: equal picture or equal text."""
    found = np.zeros((len(queries), len(candidates)), np.bool_)
    for contents in (pairs.images, pairs.texts):
        found |= contents[queries][:, None] == contents[candidates]
    return found


def _targets(pairs: Pairs, rows: Rows) -> Rows:
    """i64[N]: how many of the candidates are right for each query."""
    parts = [_same(pairs, part, rows).sum(1) for part in _chunks(rows)]
    return np.concatenate(parts)


def _first_ranks(pairs: Pairs, rows: Rows, queries: Tensor, candidates: Tensor) -> Rows:
    """i64[N]: place of the first right candidate, from 1."""
    found = []
    for place, part in enumerate(_chunks(rows)):
        scores = queries[place * _QUERIES : place * _QUERIES + len(part)] @ candidates.T
        right = torch.from_numpy(_same(pairs, part, rows)).to(scores.device)
        best = scores.masked_fill(~right, -torch.inf).amax(1, keepdim=True)
        before = (scores >= best - _TOLERANCE) & ~right
        found.append(before.sum(1).cpu().numpy() + 1)
    return np.concatenate(found)


def _chunks(rows: Rows) -> list[Rows]:
    return [rows[at : at + _QUERIES] for at in range(0, len(rows), _QUERIES)]


def _chance(targets: Rows, candidates: int, k: int) -> float:
    """That a random order has one of `targets` among its first k: 1 - C(n - m, k) / C(n, k)."""
    n, wrong = float(candidates), candidates - targets.astype(np.float64)
    k = min(k, candidates)
    possible = wrong >= k
    wrong = np.where(possible, wrong, k)
    log_missed = gammaln(wrong + 1) - gammaln(wrong - k + 1) - gammaln(n + 1) + gammaln(n - k + 1)
    return float(np.where(possible, 1 - np.exp(log_missed), 1.0).mean())
