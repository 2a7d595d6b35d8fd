"""For which items each run works: what share of the test choices its lists hold, by kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.dataset import Dataset
from backend.data.health.pictures import measure_pictures
from backend.schema import Col, SplitName
from backend.workflows.labels import run_label
from backend.workflows.loading import LoadedRun, load_run, modalities_of
from backend.workflows.workspace import Workspace

KINDS: Final = {
    "popularity": "Items by training interactions",
    "category": "Items by category",
    "missing": "Items by what they lack",
    "quality": "Items by how much their content shows",
}
LENGTH: Final = 20
_CATEGORIES: Final = 8
_BLOCK: Final = 1024


@dataclass(frozen=True)
class ItemSegments:
    """f[run][segment]: the share of test choices of such items that stand in the first 20; None
    where there are none. `sizes` counts the test choices."""

    labels: tuple[str, ...]
    segments: tuple[str, ...]
    sizes: tuple[int, ...]
    values: tuple[tuple[float | None, ...], ...]


def item_segments(workspace: Workspace, run_ids: tuple[str, ...], kind: str) -> ItemSegments:
    """`kind` is a key of KINDS; the runs are of one protocol."""
    loaded = [load_run(workspace, run_id) for run_id in run_ids]
    if not loaded:
        return ItemSegments((), (), (), ())
    items = loaded[0].split.test.items
    groups = [(name, mask[items]) for name, mask in _groups(loaded[0], kind) if mask[items].any()]
    found = [hits_of(workspace, run_id) for run_id in run_ids]
    return ItemSegments(
        tuple(run_label(run.record) for run in loaded),
        tuple(name for name, _ in groups),
        tuple(int(mask.sum()) for _, mask in groups),
        tuple(tuple(float(hits[mask].mean()) for _, mask in groups) for hits in found),
    )


@lru_cache(maxsize=64)
def hits_of(workspace: Workspace, run_id: str) -> NDArray[np.bool_]:
    """bool[T], in the order of the run's test interactions: whether the item stands in the first
    20 of the person's list, training items left out."""
    run = load_run(workspace, run_id)
    users, rows = np.unique(run.split.test.users, return_inverse=True)
    top = np.concatenate(list(_lists(run, users))) if len(users) else np.zeros((0, LENGTH), int)
    hits: NDArray[np.bool_] = (top[rows] == run.split.test.items[:, None]).any(axis=1)
    return hits


def _lists(run: LoadedRun, users: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """i64[B, 20] for blocks of the users."""
    train, wanted = run.split.train, run.split.candidates.get(SplitName.TEST)
    order = np.argsort(train.users, kind="stable")
    owners, items = train.users[order], train.items[order]
    for start in range(0, len(users), _BLOCK):
        some = users[start : start + _BLOCK]
        scores = run.embeddings.score(torch.from_numpy(some)).clone()
        low, high = np.searchsorted(owners, some), np.searchsorted(owners, some, side="right")
        rows = np.repeat(np.arange(len(some)), high - low)
        seen = np.concatenate([items[a:b] for a, b in zip(low, high, strict=True)])
        scores[rows, seen] = -torch.inf
        if wanted is not None:
            scores[:, torch.from_numpy(~wanted)] = -torch.inf
        yield scores.topk(min(LENGTH, scores.shape[1])).indices.numpy()


def _groups(run: LoadedRun, kind: str) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """(name, bool[I]) of the segments."""
    if kind == "category":
        yield from _by_category(run.dataset)
    elif kind == "missing":
        yield from _by_lack(run.dataset)
    elif kind == "quality":
        yield from _by_quality(run.dataset)
    else:
        yield from _by_popularity(run)


def _by_popularity(run: LoadedRun) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Cold items, then thirds of the training interactions: tail, middle, head."""
    counts = np.bincount(run.split.train.items, minlength=run.dataset.n_items)
    yield "cold: none in training", counts == 0
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    third = np.empty(len(counts), np.int64)
    third[order] = np.minimum(2, 3 * before // max(1, counts.sum()))
    for place, name in ((2, "rare"), (1, "middle"), (0, "popular")):
        mask = (third == place) & (counts > 0)
        if mask.any():
            yield f"{name}: {counts[mask].min()}–{counts[mask].max()} interactions", mask


def _by_category(dataset: Dataset) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    first = dataset.items[Col.CATEGORY].str.split("|").str[0]
    largest = first[first != ""].value_counts().index[:_CATEGORIES]
    for name in largest:
        yield str(name), (first == name).to_numpy(dtype=np.bool_)
    rest = ~first.isin(largest)
    if rest.any():
        yield "others", rest.to_numpy(dtype=np.bool_)


def _by_quality(dataset: Dataset) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Thirds of the pictures by contrast, of the texts by length."""
    contrast = _contrast(tuple(dataset.thumbnail_path(num) for num in range(dataset.n_items)))
    for place, mask in _thirds(contrast, contrast > 0):
        yield f"picture: {('plain', 'middling', 'rich')[place]} in contrast", mask
    words = np.array([len(str(text).split()) for text in dataset.items[Col.TEXT]], np.float64)
    for _, mask in _thirds(words, words > 0):
        yield f"text: {words[mask].min():.0f}–{words[mask].max():.0f} words", mask


def _thirds(
    values: NDArray[np.float64], known: NDArray[np.bool_]
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """(0, 1 or 2 from the lowest, bool[I]); equal values stay together, empty thirds are left out;
    none where nothing differs."""
    if not known.any() or np.ptp(values[known]) == 0:
        return
    borders = np.quantile(values[known], [1 / 3, 2 / 3])
    third = np.searchsorted(borders, values, side="left")
    for place in range(3):
        mask = known & (third == place)
        if mask.any():
            yield place, mask


@lru_cache(maxsize=4)
def _contrast(paths: tuple[Path | None, ...]) -> NDArray[np.float64]:
    """Of small pictures, 0 where there is none."""
    return measure_pictures(paths).contrast.astype(np.float64)


def _by_lack(dataset: Dataset) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    present = {str(m): dataset.present(m) for m in modalities_of(dataset)}
    yield "nothing missing", np.logical_and.reduce(list(present.values()))
    for name, mask in present.items():
        yield f"no {name}", ~mask
