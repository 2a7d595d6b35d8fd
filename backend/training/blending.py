"""How loud each member of an ensemble should be: what ranks the validation clicks best.

R members, E users with validation clicks, L items on a user's shortlist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.data.dataset import Interactions
from backend.progress import Report, silent
from models.recommenders import Embeddings

DEPTH = 20
_NOMINATED = 100
"""Items that each member puts on a user's shortlist; what nobody does is in nobody's top 20."""
_MOST_USERS = 20_000
_CHUNK = 512
_FACTORS = (0.0, 0.25, 0.5, 0.7, 1.4, 2.0, 4.0)
_ROUNDS = 8

Weights = tuple[float, ...]


@dataclass(frozen=True)
class Shortlists:
    """What is ranked again and again while weights are tried.

    `scores` f32[E, L, R], standardised; `hits` bool[E, L]; `real` bool[E, L]: the others are
    repetitions; `ideal` f32[E]: the best gain that a user's clicks allow.
    """

    scores: Tensor
    hits: Tensor
    real: Tensor
    ideal: Tensor

    def ndcg(self, weights: Weights) -> float:
        """Mean NDCG@20 of the blend."""
        total = self.scores @ torch.tensor(weights)
        total = total.masked_fill(~self.real, -torch.inf)
        best = total.topk(min(DEPTH, total.shape[1]), dim=1).indices
        gain = (self.hits.gather(1, best) * _discounts(best.shape[1])).sum(1)
        return float((gain / self.ideal).mean())


def blend_weights(
    members: Sequence[Embeddings],
    means: Tensor,
    scales: Tensor,
    train: Interactions,
    validation: Interactions,
    candidates: NDArray[np.bool_] | None = None,
    report: Report = silent,
) -> Tensor:
    """f32[R], from 0, summing to 1. `means`, `scales` f32[R, U] standardise the members' scores."""
    lists = shortlists(members, means, scales, train, validation, candidates)
    return torch.tensor(search(lists.ndcg, len(members), report))


def search(quality: Callable[[Weights], float], count: int, report: Report = silent) -> Weights:
    """Coordinate search from the better of equal weights and each member alone.

    Ends where no single weight can be turned for the better, so that on the validation part a
    blend is never worse than its best member.
    """
    known = cache(quality)
    alone = [tuple(float(r == s) for s in range(count)) for r in range(count)]
    best = max([_unit((1.0,) * count), *alone], key=known)
    for turn in range(_ROUNDS):
        report("Weighing the members", turn / _ROUNDS)
        before = best
        for place in range(count):
            best = max([best, *_turned(best, place)], key=known)
        if best == before:
            break
    return best


def shortlists(
    members: Sequence[Embeddings],
    means: Tensor,
    scales: Tensor,
    train: Interactions,
    validation: Interactions,
    candidates: NDArray[np.bool_] | None = None,
) -> Shortlists:
    """Of the users with validation clicks, at most 20,000 of them, evenly picked."""
    n_items = len(members[0].items)
    wanted = _keys(validation, n_items)
    users, positives = torch.unique_consecutive(wanted // n_items, return_counts=True)
    step = max(1, -(-len(users) // _MOST_USERS))
    users, positives = users[::step], positives[::step]
    taken = _keys(train, n_items)
    barred = None if candidates is None else torch.from_numpy(~candidates)
    parts = []
    for rows in torch.split(users, _CHUNK):
        scores = torch.stack([m.score(rows) for m in members], dim=2)
        scores = (scores - means[:, rows].T.unsqueeze(1)) * scales[:, rows].T.unsqueeze(1)
        parts.append(_nominate(scores, _ruled_out(rows, taken, n_items, barred)))
    items, chosen, real = (torch.cat(part) for part in zip(*parts, strict=True))
    keys = users.unsqueeze(1) * n_items + items
    hits = torch.isin(keys, wanted) & real
    ideal = _discounts(DEPTH).cumsum(0)[positives.clamp_max(DEPTH) - 1]
    return Shortlists(chosen, hits, real, ideal)


def _nominate(scores: Tensor, ruled_out: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(items i64[B, L], scores f32[B, L, R], real bool[B, L]) of f32[B, I, R]."""
    able = scores.masked_fill(ruled_out.unsqueeze(2), -torch.inf)
    items = able.topk(min(_NOMINATED, able.shape[1]), dim=1).indices.flatten(1).sort(1).values
    again = torch.zeros_like(items, dtype=torch.bool)
    again[:, 1:] = items[:, 1:] == items[:, :-1]
    real = ~(again | ruled_out.gather(1, items))
    wide = items.unsqueeze(2).expand(-1, -1, scores.shape[2])
    return items, scores.gather(1, wide), real


def _ruled_out(rows: Tensor, taken: Tensor, n_items: int, barred: Tensor | None) -> Tensor:
    """bool[B, I]: what each of the users i64[B], ascending, had in training or may not be given."""
    low = torch.searchsorted(taken, rows[0] * n_items)
    high = torch.searchsorted(taken, (rows[-1] + 1) * n_items)
    here = taken[low:high]
    place = torch.searchsorted(rows, here // n_items).clamp_max(len(rows) - 1)
    own = rows[place] == here // n_items
    found = torch.zeros(len(rows), n_items, dtype=torch.bool)
    found[place[own], (here % n_items)[own]] = True
    return found if barred is None else found | barred


def _keys(part: Interactions, n_items: int) -> Tensor:
    return torch.from_numpy(np.unique(part.users * n_items + part.items))


def _turned(weights: Weights, place: int) -> list[Weights]:
    """The same with one weight changed; one that is 0 comes back as a share of the whole."""
    now = weights[place] or 0.25
    values = [factor * now for factor in _FACTORS]
    found = [(*weights[:place], value, *weights[place + 1 :]) for value in values]
    return [_unit(weights) for weights in found if sum(weights) > 0]


def _unit(weights: Weights) -> Weights:
    # Rounded, so that turning a weight there and back is known to be nothing new.
    return tuple(round(weight / sum(weights), 6) for weight in weights)


def _discounts(length: int) -> Tensor:
    return 1 / torch.log2(torch.arange(length) + 2.0)
