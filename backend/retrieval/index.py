"""A FAISS index over a model's items that answers with the model's own scores.

The item bias is one more dimension, for which every query holds 1, so that inner product search
ranks as the model does. Up to `EXACT_LIMIT` items the index is exact; above, it is an inverted
file whose recall against the exact answer is measured when it is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.durable import file_sha256
from backend.errors import DamagedArtefact, InvalidInput

EXACT_LIMIT: Final = 200_000
RECALL_GOAL: Final = 0.95
"""Share of the true best ten that an approximate index must find on its own sample."""
_SAMPLE: Final = 256
_DEPTH: Final = 10
_SEED: Final = 2026

Kind = Literal["exact", "inverted"]


@dataclass(frozen=True)
class Found:
    """`items` i64[B, k], best first, -1 where the candidates ran out; `scores` f32[B, k], -inf
    there. Scores lack what is the same for all items: the user's bias and the offset."""

    items: NDArray[np.int64]
    scores: NDArray[np.float32]


class ItemIndex:
    """Searches I items of D dimensions; made by `build_index` or `load_index`."""

    def __init__(self, index: Any, recall: float) -> None:
        self._index = index
        self.recall = recall
        """Share of the true best ten found, 1.0 where the index is exact."""

    @property
    def size(self) -> int:
        """Number of items."""
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        """Length of a user vector."""
        return int(self._index.d) - 1

    @property
    def kind(self) -> Kind:
        return "inverted" if hasattr(self._index, "nprobe") else "exact"

    def search(
        self, users: Tensor, k: int, exclude: Sequence[NDArray[np.int64]] | None = None
    ) -> Found:
        """The best k items for each row of `users` f32[B, D], leaving out `exclude[b]`."""
        if users.ndim != 2 or users.shape[1] != self.dim:
            raise InvalidInput(
                f"This index answers vectors of length {self.dim}, not {tuple(users.shape)}. "
                "It belongs to another run; build it again."
            )
        if k < 1:
            raise InvalidInput("Ask for at least one item.")
        left_out = [np.asarray(items, dtype=np.int64) for items in exclude or []]
        if exclude is not None and len(left_out) != len(users):
            raise InvalidInput("Give one list of items to leave out for each user.")
        if not len(users):
            return Found(np.zeros((0, k), np.int64), np.zeros((0, k), np.float32))
        extra = max((len(items) for items in left_out), default=0)
        scores, items = _query(self._index, _with_one(users), min(k + extra, self.size))
        if extra:
            scores, items = _without(scores, items, left_out, self.size)
        missing = max(0, k - items.shape[1])
        return Found(
            np.pad(items[:, :k], ((0, 0), (0, missing)), constant_values=-1),
            np.pad(scores[:, :k], ((0, 0), (0, missing)), constant_values=-np.inf),
        )

    def save(self, path: Path) -> str:
        """Write the index; the SHA-256 of the file, to be recorded beside the run."""
        faiss.write_index(self._index, str(path))
        return file_sha256(path)


def build_index(
    items: Tensor, item_bias: Tensor, *, queries: Tensor | None = None, exact: bool | None = None
) -> ItemIndex:
    """Index `items` f32[I, D] with `item_bias` f32[I].

    `exact` None decides by `EXACT_LIMIT`. An inverted file looks into ever more of its cells
    until it finds `RECALL_GOAL` of what the exact search finds for `queries` f32[N, D] (a sample
    of users; None: of the items themselves).
    """
    rows = np.concatenate([_array(items), _array(item_bias)[:, None]], axis=1)
    if not np.isfinite(rows).all():
        raise InvalidInput(
            "The model's item vectors hold values that are not numbers; train again."
        )
    reference = faiss.IndexFlatIP(rows.shape[1])
    _limit_threads()
    reference.add(rows)
    if exact if exact is not None else len(rows) <= EXACT_LIMIT:
        return ItemIndex(reference, 1.0)
    rng = np.random.default_rng(_SEED)
    pool = items if queries is None or not len(queries) else queries
    sample = pool[torch.from_numpy(rng.permutation(len(pool))[:_SAMPLE])]
    return _inverted(rows, reference, _with_one(sample))


def load_index(path: Path, sha256: str, recall: float) -> ItemIndex:
    """Read what `save` wrote; DamagedArtefact where the file is missing or was changed."""
    if not path.is_file():
        raise DamagedArtefact(f"The search index '{path.name}' is missing; build it again.")
    if file_sha256(path) != sha256:
        raise DamagedArtefact(f"The search index '{path.name}' was changed; build it again.")
    return ItemIndex(faiss.read_index(str(path)), recall)


def _inverted(rows: NDArray[np.float32], reference: Any, queries: NDArray[np.float32]) -> ItemIndex:
    cells = max(1, min(int(4 * np.sqrt(len(rows))), len(rows) // 39))
    quantizer = faiss.IndexFlatIP(rows.shape[1])
    index = faiss.IndexIVFFlat(quantizer, rows.shape[1], cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = _SEED
    # A rough clustering trains much faster, and the search for nprobe below makes up for it.
    index.cp.niter, index.cp.max_points_per_centroid = 10, 64
    index.train(rows)
    index.add(rows)
    _, wanted = _query(reference, queries, min(_DEPTH, len(rows)))
    index.nprobe, recall = 1, 0.0
    while True:
        _, got = _query(index, queries, wanted.shape[1])
        recall = float((got[:, :, None] == wanted[:, None, :]).any(1).mean())
        if recall >= RECALL_GOAL or index.nprobe >= cells:
            return ItemIndex(index, recall)
        index.nprobe = min(2 * index.nprobe, cells)


def _query(
    index: Any, queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    _limit_threads()
    scores, items = index.search(queries, k)
    return np.where(items < 0, -np.inf, scores).astype(np.float32), items


def _without(
    scores: NDArray[np.float32],
    items: NDArray[np.int64],
    left_out: list[NDArray[np.int64]],
    size: int,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    owner = np.repeat(np.arange(len(left_out)), [len(rows) for rows in left_out])
    banned = owner * size + np.concatenate(left_out)
    drop = np.isin(np.arange(len(items))[:, None] * size + items, banned) | (items < 0)
    scores, items = np.where(drop, -np.inf, scores), np.where(drop, -1, items)
    order = np.argsort(drop, axis=1, kind="stable")  # kept ones first, still best first
    return np.take_along_axis(scores, order, 1), np.take_along_axis(items, order, 1)


def _limit_threads() -> None:
    # FAISS brings its own OpenMP; two pools of all cores each would fight for them.
    faiss.omp_set_num_threads(torch.get_num_threads())


def _with_one(users: Tensor) -> NDArray[np.float32]:
    rows = _array(users)
    return np.concatenate([rows, np.ones((len(rows), 1), np.float32)], axis=1)


def _array(values: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(values.detach().cpu().numpy(), dtype=np.float32)
