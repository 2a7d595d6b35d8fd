"""A FAISS index over a model's items that answers with the model's own scores.

The item bias is one more dimension, for which every query holds 1, so that inner product search
ranks as the model does. Which index is chosen by size: a flat one, which is exact; above
`EXACT_LIMIT` a graph (HNSW; Malkov & Yashunin 2018); above `GRAPH_LIMIT`, where a graph takes too
long to build, an inverted file. The last two look ever further until they reach more than
`RECALL_GOAL` of the true best ten for one sample of queries; the recall they state is that for
another one.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.durable import file_sha256, write_durably
from backend.errors import DamagedArtefact, InvalidInput

EXACT_LIMIT: Final = 200_000
GRAPH_LIMIT: Final = 400_000
RECALL_GOAL: Final = 0.99
"""Share of the true best ten that an approximate index is to find."""
_AIM: Final = 0.997
"""What it must find of the sample that it is tuned on, so that others find the goal too."""
_SAMPLE: Final = 1_000
"""Queries, half to set how far to look, half to measure."""
_DEPTH: Final = 10
_SEED: Final = 2026
_LINKS, _CARE = 24, 80
"""Of the graph: neighbours of a node, and how carefully they are chosen."""
_FIRST_EFFORT: Final = {"hnsw": 16, "ivf": 2}
_WIDEST: Final = 1_024
"""A graph that has to keep more candidates than this is no faster than an inverted file."""
_HALVINGS: Final = 3
"""After the doubling that finds enough, so that a search looks no further than it must."""
_MANY_CELLS: Final = 0.1
"""An inverted file that has to look into a larger share of its cells keeps short codes instead."""
_RESCORED: Final = 300
"""Of short codes: items scored exactly beside four for each one that is asked for."""
_FILE, _META = "items.faiss", "index.json"
_TIE: Final = 1e-6
"""Scores closer than this are equal but for rounding."""

Kind = Literal["flat", "hnsw", "ivf"]
Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Found:
    """`items` i64[B, k], best first, -1 where the candidates ran out; `scores` f32[B, k], -inf
    there. Scores lack what is the same for all items: the user's bias and the offset."""

    items: NDArray[np.int64]
    scores: NDArray[np.float32]


class _Asked(NamedTuple):
    """Queries f32[N, D + 1], and the true score of the last of their best `depth` f32[N, 1]."""

    queries: Rows
    worst: NDArray[np.float32]
    depth: int


_Goal = tuple[_Asked, _Asked]
"""What an index is tuned on, and what its recall is measured on."""


class ItemIndex:
    """Searches I items of D dimensions; made by `build_index` or `load_index`.

    `recall` is the share of the true best ten found, 1.0 where the index is flat; `seconds` what
    it took to build.
    """

    def __init__(self, index: Any, kind: Kind, recall: float, seconds: float) -> None:
        self._index = index
        self.kind: Kind = kind
        self.recall = recall
        self.seconds = seconds

    @property
    def size(self) -> int:
        """Number of items."""
        return int(self._index.ntotal)

    @property
    def dim(self) -> int:
        """Length of a user vector."""
        return int(self._index.d) - 1

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

    def save(self, folder: Path) -> None:
        """Write the index and what is known of it; the record last, so that it is whole or not
        there."""
        path = folder / _FILE
        content = faiss.serialize_index(self._index).tobytes()
        write_durably(path, lambda file: file.write(content))
        record = {
            "sha256": file_sha256(path),
            "kind": self.kind,
            "recall": self.recall,
            "seconds": self.seconds,
        }
        write_durably(folder / _META, lambda file: file.write(json.dumps(record).encode()))


def build_index(
    items: Tensor, item_bias: Tensor, *, queries: Tensor | None = None, kind: Kind | None = None
) -> ItemIndex:
    """Index `items` f32[I, D] with `item_bias` f32[I].

    `kind` None decides by size; a graph that misses the goal, as where a few items are near to
    everybody by their bias, gives way to an inverted file. `queries` f32[N, D] are what a search
    will ask for (a sample of users; None: the items themselves).
    """
    started = time.perf_counter()
    rows = np.concatenate([_array(items), _array(item_bias)[:, None]], axis=1)
    if not np.isfinite(rows).all():
        raise InvalidInput(
            "The model's item vectors hold values that are not numbers; train again."
        )
    chosen = kind or kind_for(len(rows))
    _limit_threads()
    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    if chosen == "flat":
        return ItemIndex(flat, chosen, 1.0, time.perf_counter() - started)
    goal = _goal(flat, _sample(items if queries is None else queries))
    if chosen == "hnsw":
        index = _graph(rows)
        recall = _tuned(index, chosen, goal)
        chosen = "ivf" if recall < RECALL_GOAL and kind is None else chosen
    if chosen == "ivf":
        index, recall = _inverted(rows, goal)
    return ItemIndex(index, chosen, recall, time.perf_counter() - started)


def kind_for(size: int) -> Kind:
    """Which index suits so many items."""
    return "flat" if size <= EXACT_LIMIT else "hnsw" if size <= GRAPH_LIMIT else "ivf"


def load_index(folder: Path) -> ItemIndex | None:
    """Read what `save` wrote; None where nothing was saved. Raises DamagedArtefact where a file is
    missing or was changed."""
    if not (folder / _META).is_file():
        return None
    path = folder / _FILE
    try:
        record = json.loads((folder / _META).read_bytes())
        if not path.is_file() or file_sha256(path) != record["sha256"]:
            raise DamagedArtefact(f"The search index in '{folder.name}' was changed or is missing.")
        found = float(record["recall"]), float(record["seconds"])
        return ItemIndex(faiss.read_index(str(path)), record["kind"], *found)
    except (ValueError, KeyError) as error:
        raise DamagedArtefact(f"The record of the index in '{folder.name}' is damaged.") from error


def _graph(rows: Rows) -> Any:
    index = faiss.IndexHNSWFlat(rows.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _CARE
    index.add(rows)
    return index


def _inverted(rows: Rows, goal: _Goal) -> tuple[Any, float]:
    """(the index, its recall): vectors as they are; as codes where most of them have to be read."""
    plain = _filled(rows, "Flat")
    recall = _tuned(plain, "ivf", goal)
    if plain.nprobe <= _MANY_CELLS * plain.nlist:
        return plain, recall
    # Two dimensions in four bits, scanned many at once (Andre et al. 2017,
    # https://arxiv.org/abs/1704.07355), after a rotation that spreads what dimensions tell.
    pairs = (rows.shape[1] + 1) // 2
    coded = _filled(rows, f"PQ{pairs}x4fs,RFlat", f"RR{2 * pairs},")
    found = _tuned(coded, "ivf", goal)
    return (coded, found) if found >= min(recall, RECALL_GOAL) else (plain, recall)


def _filled(rows: Rows, held: str, turned: str = "") -> Any:
    """An inverted file of `rows`, `held` and `turned` as FAISS calls such parts."""
    cells = max(1, min(int(2 * np.sqrt(len(rows))), len(rows) // 39))
    made_of = f"{turned}IVF{cells},{held}"
    index = faiss.index_factory(rows.shape[1], made_of, faiss.METRIC_INNER_PRODUCT)
    inverted = faiss.extract_index_ivf(index)
    inverted.cp.seed = _SEED
    # A rough clustering trains much faster, and looking into more cells makes up for it.
    inverted.cp.niter, inverted.cp.max_points_per_centroid = 10, 64
    index.train(rows)
    index.add(rows)
    return index


def _tuned(index: Any, kind: Kind, goal: _Goal) -> float:
    """Look further until the goal is reached for one half of the queries; the recall for the other
    half, so that the figure is not that of the sample it was tuned on."""
    tune, measure = goal
    low = high = _FIRST_EFFORT[kind]
    most = _look(index, kind, high)
    while _recall(index, tune) < _AIM and high < most:
        low, high = high, min(2 * high, most)
        _look(index, kind, high)
    for _ in range(_HALVINGS):
        middle = (low + high) // 2
        _look(index, kind, middle)
        if _recall(index, tune) < _AIM:
            low = middle
        else:
            high = middle
    _look(index, kind, high)
    return _recall(index, measure)


def _look(index: Any, kind: Kind, effort: int) -> int:
    """Set how far a search looks; the furthest that makes sense."""
    if kind == "hnsw":
        index.hnsw.efSearch = effort
        return min(_WIDEST, int(index.ntotal))
    inverted = faiss.extract_index_ivf(index)
    inverted.nprobe = effort
    return int(inverted.nlist)


def _recall(index: Any, asked: _Asked) -> float:
    """Share of found items that score no worse than the true last one: of equal scores any is
    right."""
    scores, _ = _query(index, asked.queries, asked.depth)
    return float((scores >= asked.worst - _TIE * np.abs(asked.worst)).mean())


def _goal(flat: Any, queries: Rows) -> _Goal:
    """Two halves of the queries with their true answers."""
    halves = queries[::2], queries[1::2] if len(queries) > 1 else queries
    depth = min(_DEPTH, flat.ntotal)
    tune, measure = (_Asked(h, _query(flat, h, depth)[0][:, -1:], depth) for h in halves)
    return tune, measure


def _sample(pool: Tensor) -> Rows:
    order = np.random.default_rng(_SEED).permutation(len(pool))[:_SAMPLE]
    return _with_one(pool[torch.from_numpy(order)])


def _query(
    index: Any, queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    _limit_threads()
    asked: Any = None
    if isinstance(index, faiss.IndexRefine):
        asked = faiss.IndexRefineSearchParameters()
        asked.k_factor = min(4 + _RESCORED / k, index.ntotal / k)
    scores, items = index.search(queries, k, params=asked)
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
