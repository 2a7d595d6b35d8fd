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
        self._weights = self._taken.pow(_FLATTENED)
        self._known = int((self._taken > 0).sum())
        self._scores: Embeddings | None = None
        self._log_q: dict[int, Tensor] = {}

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
            found = torch.multinomial(self._weights, drawn.numel(), True, generator=chance)
            found = found.view(drawn.shape)
        # What a user took already is not drawn again but replaced by a uniform draw.
        return torch.where(self._uniform.taken(users.unsqueeze(1), found), drawn, found)

    def shared(
        self, items: Tensor, count: int, chance: torch.Generator
    ) -> tuple[Tensor, Tensor | None]:
        """(distinct items i64[N], about `count`; log f32[I] of every item's chance to be among
        them, None where all have the same), for a batch that took `items` i64[B]."""
        if self.kind == IN_BATCH:
            return torch.unique(items), self._chances(len(items))
        if self.kind == POPULARITY and count < self._known:
            # The first of exponential waiting times are a draw without replacement.
            waiting = torch.empty_like(self._weights).exponential_(generator=chance)
            return (waiting / self._weights).argsort()[:count], self._chances(count)
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

    def _chances(self, count: int) -> Tensor:
        """log q f32[I] for batches of `count` clicks, or as many candidates; found once."""
        if count not in self._log_q:
            if self.kind == IN_BATCH:
                expected = self._taken * (count / self._taken.sum())
            else:
                expected = self._weights * _wait(self._weights, count)
            chance = (-torch.expm1(-expected)).clamp_min(1e-12)
            self._log_q[count] = chance.log().float()
        return self._log_q[count]


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
