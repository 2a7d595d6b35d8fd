"""Which items a click competes with: any, the popular, those of the batch, or near misses."""

from typing import Final

import torch
from torch import Tensor

from backend.training.negatives import NegativeSampler
from models.recommenders import Embeddings, TrainingData

UNIFORM, POPULARITY, IN_BATCH, HARD = SAMPLINGS = ("uniform", "popularity", "in_batch", "hard")
_FLATTENED: Final = 0.75
"""Mikolov et al. 2013 (https://arxiv.org/abs/1310.4546): between uniform and as popular."""
_TRIES: Final = 8
"""Uniform draws of which a near miss is the best."""
_CELLS: Final = 1 << 24
"""Numbers held at once while near misses are scored."""


class CandidateSampler:
    """Negatives of a batch under one of SAMPLINGS; none of a row's own is a positive of its user.

    hard: the best of a few uniform draws by the scores of the epoch's beginning (Zhang et al.
    2013, https://doi.org/10.1145/2484028.2484126). Sets shared by a batch are uniform under hard,
    for a softmax weighs near misses by itself.
    """

    def __init__(self, data: TrainingData, kind: str) -> None:
        self.kind = kind
        self._uniform = NegativeSampler(data.users, data.items, data.n_users)
        self._taken = torch.bincount(data.items, minlength=data.n_items).double()
        self._scores: Embeddings | None = None
        self._waits: dict[int, float] = {}
        pairs = torch.unique(data.users * data.n_items + data.items)
        self._pairs, self._n_items = pairs, data.n_items

    def begin_epoch(self, scores: Embeddings) -> None:
        """What near misses are found by; only `hard` asks for it."""
        self._scores = scores

    def own(self, users: Tensor, items: Tensor, count: int, chance: torch.Generator) -> Tensor:
        """i64[B, count] for rows of users and what they took i64[B]."""
        if self.kind == HARD:
            return self._near_misses(users, count, chance)
        drawn = self._uniform.draw(users, count, chance)
        if self.kind == UNIFORM:
            return drawn
        if self.kind == IN_BATCH:
            place = torch.randint(len(items), drawn.shape, generator=chance, device=items.device)
            found = items[place]
        else:
            weights = self._taken.pow(_FLATTENED)
            found = torch.multinomial(weights, drawn.numel(), True, generator=chance)
            found = found.view(drawn.shape)
        # What a user took already is not drawn again but replaced by a uniform draw.
        return torch.where(self._known(users.unsqueeze(1), found), drawn, found)

    def shared(
        self, items: Tensor, count: int, chance: torch.Generator
    ) -> tuple[Tensor, Tensor | None]:
        """(distinct items i64[N], about `count`; log f32[I] of every item's chance to be among
        them, None where all have the same), for a batch that took `items` i64[B]."""
        if self.kind == IN_BATCH:
            there = torch.unique(items)
            return there, _log_q(self._taken * (len(items) / self._taken.sum()))
        if self.kind == POPULARITY and count < int((self._taken > 0).sum()):
            weights = self._taken.pow(_FLATTENED)
            # The first of exponential waiting times are a draw without replacement.
            waiting = torch.empty_like(weights).exponential_(generator=chance) / weights
            if count not in self._waits:
                self._waits[count] = _wait(weights, count)
            return waiting.argsort()[:count], _log_q(weights * self._waits[count])
        return self._uniform.shared(count, chance), None

    def _near_misses(self, users: Tensor, count: int, chance: torch.Generator) -> Tensor:
        if self._scores is None:
            raise RuntimeError("near misses need begin_epoch")
        drawn = self._uniform.draw(users, count * _TRIES, chance)
        rows = max(1, _CELLS // max(1, drawn.shape[1] * self._scores.items.shape[1]))
        scores = torch.cat(
            [
                self._scores.score_pairs(u.repeat_interleave(d.shape[1]), d.flatten()).view(d.shape)
                for u, d in zip(torch.split(users, rows), torch.split(drawn, rows), strict=True)
            ]
        )
        tries = scores.view(len(users), count, _TRIES).argmax(2, keepdim=True)
        return drawn.view(len(users), count, _TRIES).gather(2, tries).squeeze(2)

    def _known(self, users: Tensor, items: Tensor) -> Tensor:
        """bool: whether the pairs are positives."""
        keys = users * self._n_items + items
        place = torch.searchsorted(self._pairs, keys).clamp_max(max(len(self._pairs) - 1, 0))
        found: Tensor = self._pairs[place] == keys
        return found


def _log_q(expected: Tensor) -> Tensor:
    """f32[I]: log of each item's chance to come at all, of how often it is expected f64[I]."""
    return torch.log((-torch.expm1(-expected)).clamp_min(1e-12)).float()


def _wait(weights: Tensor, count: int) -> float:
    """How long to wait until `count` items are expected to have come, each at its own rate."""
    low, high = 0.0, 1.0
    while float(-torch.expm1(-weights * high).sum()) < count and high < 1e12:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if float(-torch.expm1(-weights * middle).sum()) < count:
            low = middle
        else:
            high = middle
    return high
