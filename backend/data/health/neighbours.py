"""The nearest other items of every item, exact and in seconds for tens of thousands.

Vectors are centred first: what all items share would hide how they differ. Identical vectors count
as one. Candidates come from a search over the leading directions, where no distance is larger
than it truly is; the true distances then decide.
"""

from dataclasses import dataclass
from typing import Any, Final

import faiss
import numpy as np
import torch
from numpy.typing import NDArray

NEAREST: Final = 10
_DIRECTIONS: Final = 64
_CANDIDATES: Final = 24
_EXACT_UP_TO: Final = 60_000
_BLOCK: Final = 512
_SAMPLE: Final = 2_000
_DRAWS: Final = 20
_DRAWN: Final = 5_000
_SEED: Final = 2026


@dataclass(frozen=True)
class Neighbours:
    """N distinct vectors and what lies next to each.

    `rows[i]` are the items that have vector i; `near` i64[N, K] places of the nearest others, -1
    where there are fewer; `cosine` f32[N, K] to them, descending; of 10,000 pairs taken at random
    one is above `chance`.
    """

    rows: tuple[NDArray[np.int64], ...]
    near: NDArray[np.int64]
    cosine: NDArray[np.float32]
    chance: float

    @property
    def distance(self) -> NDArray[np.float32]:
        """Mean distance (1 - cosine) to the nearest, f32[N]; NaN where there is no other."""
        known = np.where(self.near >= 0, 1 - self.cosine, np.nan)
        counts = np.isfinite(known).sum(axis=1)
        totals = np.nansum(known, axis=1)
        return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan).astype(np.float32)


def find_neighbours(values: NDArray[np.float32], present: NDArray[np.bool_]) -> Neighbours:
    """Of the items that have a vector: `values` f32[I, D], finite where present, `present` bool[I].

    Above 60,000 distinct vectors the search looks into the likeliest cells only.
    """
    rows = np.flatnonzero(present)
    vectors, owners = _distinct(values[rows])
    unit = unit_vectors(vectors)
    near, cosine = _nearest(unit)
    return Neighbours(tuple(rows[places] for places in owners), near, cosine, _chance(unit))


def unit_vectors(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centred, of length 1; a vector equal to the mean stays zero."""
    centred = vectors - vectors.mean(axis=0, keepdims=True) if len(vectors) else vectors
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.ascontiguousarray(centred / np.maximum(lengths, 1e-12), np.float32)


def leading(unit: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """f32[N, count]: along the leading principal directions of a sample; as they are where they
    have no more than `count`."""
    if unit.shape[1] <= count:
        return unit
    rng = np.random.default_rng(_SEED)
    sample = unit[np.sort(rng.permutation(len(unit))[:_SAMPLE])]
    _, _, directions = np.linalg.svd(sample, full_matrices=False)
    return np.ascontiguousarray(unit @ directions[:count].T, np.float32)


def search(points: NDArray[np.float32], k: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(places i64[N, k] of the nearest, itself among them, -1 where the search found fewer; their
    distances f32[N, k])."""
    faiss.omp_set_num_threads(torch.get_num_threads())
    exact = faiss.IndexFlatL2(points.shape[1])
    index: Any = exact
    if len(points) > _EXACT_UP_TO:
        index = faiss.IndexIVFFlat(exact, points.shape[1], int(4 * np.sqrt(len(points))))
        index.cp.seed, index.cp.niter, index.nprobe = _SEED, 10, 16
        index.train(points)
    index.add(points)
    squares, places = index.search(points, k)
    return np.asarray(places, np.int64), np.sqrt(np.maximum(squares, 0)).astype(np.float32)


def _distinct(
    values: NDArray[np.float32],
) -> tuple[NDArray[np.float32], list[NDArray[np.int64]]]:
    """(each vector once, in order of its first owner; the places of its owners)."""
    found: dict[bytes, list[int]] = {}
    for place, row in enumerate(np.ascontiguousarray(values)):
        found.setdefault(row.tobytes(), []).append(place)
    owners = [np.array(places, np.int64) for places in found.values()]
    firsts = np.array([places[0] for places in owners], np.int64)
    return values[firsts], owners


def _nearest(
    unit: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    n = len(unit)
    if n < 2:
        return np.full((n, NEAREST), -1, np.int64), np.full((n, NEAREST), -1, np.float32)
    candidates = search(leading(unit, _DIRECTIONS), min(_CANDIDATES + 1, n))[0]
    near = np.full((n, NEAREST), -1, np.int64)
    cosine = np.full((n, NEAREST), -1, np.float32)
    for start in range(0, n, _BLOCK):
        some = candidates[start : start + _BLOCK]
        self = np.arange(start, start + len(some))
        exact = np.einsum("nd,nkd->nk", unit[self], unit[np.maximum(some, 0)], dtype=np.float32)
        exact[(some < 0) | (some == self[:, None])] = -np.inf
        order = np.argsort(-exact, axis=1, kind="stable")[:, :NEAREST]
        best = np.take_along_axis(exact, order, 1)
        there = np.isfinite(best)
        width = best.shape[1]
        near[self, :width] = np.where(there, np.take_along_axis(some, order, 1), -1)
        cosine[self, :width] = np.where(there, np.minimum(best, 1), -1)
    return near, cosine


def _chance(unit: NDArray[np.float32]) -> float:
    if len(unit) < 2:
        return 1.0
    rng = np.random.default_rng(_SEED)
    found = []
    for _ in range(_DRAWS):
        left, right = rng.integers(0, len(unit), (2, _DRAWN))
        apart = left != right
        found.append(np.einsum("nd,nd->n", unit[left[apart]], unit[right[apart]]))
    return float(np.quantile(np.concatenate(found), 0.9999))
