"""A model's list as somebody wants it: filtered, varied, less bound to bestsellers, with rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from backend.errors import InvalidInput
from backend.retrieval.recommender import Recommendations
from backend.retrieval.rerank import dpp, less_popular, mmr
from backend.schema import Col
from backend.workflows.loading import LoadedRun, find_dataset, open_dataset
from backend.workflows.shelves import rows_of, shelves
from backend.workflows.workspace import Workspace

Method = Literal["mmr", "dpp"]
POOL: Final = 400
"""Candidates that are put into another order; what stands lower comes into no list."""
_BOOST: Final = 1.0
"""What a boost adds, in standard deviations of the candidates' scores."""


@dataclass(frozen=True)
class Wishes:
    """What to change about a list. The defaults change nothing.

    Identifiers of items that a data set does not have are ignored: rules outlive a catalogue.
    """

    diversity: float = 0.0
    """0 as the model says, 1 variety alone."""
    method: Method = "mmr"
    less_popular: float = 0.0
    """0 as the model says, 1 without what popularity alone explains."""
    categories: tuple[str, ...] = ()
    """Only these; empty: all."""
    cheapest: float | None = None
    dearest: float | None = None
    """Prices from and to; items without a price fall out where either is set."""
    seen: bool = False
    """Items of the person's training history may stand in the list too."""
    pinned: tuple[str, ...] = ()
    """Always first, in this order."""
    boosted: tuple[str, ...] = ()
    """Categories that are pushed."""
    excluded: tuple[str, ...] = ()
    """Never shown."""

    @property
    def change_nothing(self) -> bool:
        return self == Wishes()


@dataclass(frozen=True)
class Arranged:
    """`items`, `scores` as the model gives them, in the order wanted; `reasons` says of each why
    it stands where it stands, empty where the model alone put it there."""

    items: NDArray[np.int64]
    scores: NDArray[np.float32]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Choices:
    """What a list can be narrowed to here."""

    categories: tuple[str, ...]
    """The most frequent first."""
    prices: tuple[float, float] | None
    """Lowest and highest; None where the catalogue has none."""


def choices(workspace: Workspace, dataset_id: str) -> Choices:
    """Of the whole catalogue."""
    return _choices(workspace, find_dataset(workspace, dataset_id).id)


def pool_size(wishes: Wishes, k: int, items: int) -> int:
    """How many candidates `arrange` wants: all where it filters, for few may remain."""
    return k if wishes.change_nothing else items


def arrange(
    workspace: Workspace, loaded: LoadedRun, ranked: Recommendations, k: int, wishes: Wishes
) -> Arranged:
    """The k items of `ranked` (all candidates, best first) that the wishes lead to."""
    if wishes.change_nothing:
        return Arranged(ranked.items[:k], ranked.scores[:k], ("",) * len(ranked.items[:k]))
    _check(wishes)
    rows = rows_of(workspace, find_dataset(workspace, loaded.record.dataset_id))
    pins = [rows[item] for item in wishes.pinned if item in rows]
    banned = [rows[item] for item in wishes.excluded if item in rows]
    allowed = _allowed(loaded, ranked.items, wishes) & ~np.isin(ranked.items, banned)
    pinned = np.isin(ranked.items, pins)
    places = np.flatnonzero(allowed & ~pinned)[:POOL]
    worth = _worth(loaded, ranked, places, wishes)
    order = places[_varied(workspace, loaded, ranked.items[places], worth, k, wishes)]
    first = [int(np.flatnonzero(ranked.items == pin)[0]) for pin in pins if pin in ranked.items]
    chosen = np.array([*first, *order.tolist()], np.int64)[:k]
    return Arranged(
        ranked.items[chosen],
        ranked.scores[chosen],
        tuple(_reasons(loaded, ranked.items, chosen, len(first), allowed, wishes)),
    )


def _check(wishes: Wishes) -> None:
    low, high = wishes.cheapest, wishes.dearest
    if low is not None and high is not None and low > high:
        raise InvalidInput("The lowest price is above the highest one, so nothing can be shown.")


def _allowed(loaded: LoadedRun, items: NDArray[np.int64], wishes: Wishes) -> NDArray[np.bool_]:
    keep = np.ones(len(items), np.bool_)
    if wishes.categories:
        keep &= _in_categories(loaded, items, wishes.categories)
    if wishes.cheapest is not None or wishes.dearest is not None:
        prices = _column(loaded, items, Col.PRICE, np.nan).astype(np.float64)
        low = -np.inf if wishes.cheapest is None else wishes.cheapest
        high = np.inf if wishes.dearest is None else wishes.dearest
        keep &= (prices >= low) & (prices <= high)
    return keep


def _in_categories(
    loaded: LoadedRun, items: NDArray[np.int64], names: Sequence[str]
) -> NDArray[np.bool_]:
    wanted = set(names)
    words = _column(loaded, items, Col.CATEGORY, "")
    return np.array([bool(wanted & set(str(word).split("|"))) for word in words], np.bool_)


def _column(
    loaded: LoadedRun, items: NDArray[np.int64], name: str, unknown: object
) -> NDArray[np.object_]:
    """The values of a column; `unknown` for items that were added by hand."""
    values = loaded.dataset.items[name].to_numpy(dtype=object)
    found = np.full(len(items), unknown, dtype=object)
    known = items < len(values)
    found[known] = values[items[known]]
    return found


def _worth(
    loaded: LoadedRun, ranked: Recommendations, places: NDArray[np.int64], wishes: Wishes
) -> NDArray[np.float64]:
    """Scores of the candidates, corrected and boosted."""
    items = ranked.items[places]
    scores = ranked.scores[places].astype(np.float64)
    if wishes.less_popular:
        counts = np.bincount(loaded.split.train.items, minlength=loaded.dataset.n_items)
        popularity = np.where(items < len(counts), counts[np.minimum(items, len(counts) - 1)], 0)
        scores = less_popular(scores, popularity, wishes.less_popular)
    if wishes.boosted and len(scores):
        pushed = _in_categories(loaded, items, wishes.boosted)
        scores = scores + _BOOST * float(scores.std()) * pushed
    return scores


def _varied(
    workspace: Workspace,
    loaded: LoadedRun,
    items: NDArray[np.int64],
    worth: NDArray[np.float64],
    k: int,
    wishes: Wishes,
) -> NDArray[np.int64]:
    if not wishes.diversity:
        return np.argsort(-worth, kind="stable")[:k]
    method = dpp if wishes.method == "dpp" else mmr
    return method(worth, _looks(workspace, loaded, items), k, wishes.diversity)


def _looks(
    workspace: Workspace, loaded: LoadedRun, items: NDArray[np.int64]
) -> NDArray[np.float32]:
    """f32[N, D]: what a person sees and reads of the items; what the model makes of them where
    nothing was encoded."""
    known = shelves(workspace, find_dataset(workspace, loaded.record.dataset_id))
    rows = torch.from_numpy(items)
    if known:
        values = torch.cat([shelf.values[rows] for shelf in known.values()], dim=1)
    else:
        table = loaded.embeddings.items
        values = table[rows.clamp(max=len(table) - 1)]
    found: NDArray[np.float32] = torch.nn.functional.normalize(values, dim=1).numpy()
    return found


def _reasons(
    loaded: LoadedRun,
    items: NDArray[np.int64],
    chosen: NDArray[np.int64],
    pinned: int,
    allowed: NDArray[np.bool_],
    wishes: Wishes,
) -> list[str]:
    """The model's own place among what is allowed, where it is another one."""
    before = np.cumsum(allowed)
    boosted = _in_categories(loaded, items[chosen], wishes.boosted)
    found = []
    for place, row in enumerate(chosen.tolist(), start=1):
        was = int(before[row])
        if place <= pinned:
            found.append("Pinned")
        elif boosted[place - 1] and was > place:
            found.append(f"Boosted, was {was}")
        else:
            found.append(f"Was {was}" if was != place else "")
    return found


@lru_cache(maxsize=8)
def _choices(workspace: Workspace, dataset_id: str) -> Choices:
    items = open_dataset(workspace, find_dataset(workspace, dataset_id)).items
    parts = items[Col.CATEGORY].str.split("|").explode()
    names = parts[parts.fillna("") != ""].value_counts().index
    prices = items[Col.PRICE].dropna()
    span = (float(prices.min()), float(prices.max())) if len(prices) else None
    return Choices(tuple(map(str, names)), span if span and span[0] < span[1] else None)
