"""How well closed forms predict held-out clicks, and the weights that predict best.

Nothing but the training part is touched: each click is predicted from the rest of its user's
history by a model that never saw that user, which the closed form gives exactly without solving
again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from models.graph import csr, csr_rows
from models.recommenders._dense import common_owners

_DEPTH = 20
_STEPS = (2.0, 1.0)
_LOW, _START, _HIGH = -6.0, 3.0, 12.0

Exponents = tuple[float, ...]


@dataclass(frozen=True)
class HeldOut:
    """Clicks among S sampled items, N of them to be predicted again.

    `common` f32[S, S]: users with both items; `likeness` f32[M, S, S]; `histories` f32[N, S],
    sparse CSR: all that the user of a held-out click took; `items` i64[N]: what is to be predicted.
    """

    common: Tensor
    likeness: Tensor
    histories: Tensor
    items: Tensor

    def gain(self, weights: Tensor, regularisation: float) -> Tensor:
        """f32[N]: 1 / log2(1 + rank) of each held-out item, 0 beyond rank 20.

        With `P` the inverse of `G = common + sum of weights * likeness + l I`, the model that
        never saw a user with history x has `P + (P x)(P x)ᵀ / (1 - xᵀ P x)` for `P` (Sherman &
        Morrison 1950). Nothing is gained where G is numerically singular.
        """
        gram = self.common + torch.einsum("m,mij->ij", weights, self.likeness)
        gram.diagonal().add_(regularisation)
        factor, failed = torch.linalg.cholesky_ex(gram)
        if failed:
            return torch.zeros(len(self.items), device=gram.device)
        inverse = torch.cholesky_inverse(factor)
        owners, taken, place = *self._taken(), self.items.unsqueeze(1)
        spread = self.histories @ inverse
        known = torch.zeros(len(self.items), device=gram.device)
        known = known.index_add(0, owners, spread[owners, taken]).unsqueeze(1)
        unseen = (1 - known).clamp_min(1e-6)
        rest = spread - inverse[self.items]
        share = (known - spread.gather(1, place)) / unseen
        scores = rest.addcmul_(share, spread).neg_()
        scores /= inverse.diagonal().addcdiv(spread.square_(), unseen)
        wanted = scores.gather(1, place)
        scores[owners, taken] = -torch.inf
        rank = (scores > wanted).sum(1) + 1
        return torch.where(rank <= _DEPTH, 1 / torch.log2(1.0 + rank), 0.0)

    def _taken(self) -> tuple[Tensor, Tensor]:
        """(row of `histories`, item) of each of their entries."""
        rows = torch.arange(len(self.items), device=self.items.device)
        owners, items, _ = csr_rows(self.histories, rows)
        return owners, items


def hold_out(
    users: Tensor,
    items: Tensor,
    sample: Tensor,
    likeness: Tensor,
    most: int,
    chance: torch.Generator,
) -> HeldOut | None:
    """Of distinct pairs i64[N], sorted by user, those among the items `sample` i64[S], sorted.

    At most `most` clicks are held out, drawn at random from the users who have two or more there;
    None where nobody has. `likeness` f32[M, S, S].
    """
    places = torch.searchsorted(sample, items).clamp_max(len(sample) - 1)
    inside = sample[places] == items
    _, owners, counts = torch.unique(users[inside], return_inverse=True, return_counts=True)
    places = places[inside]
    able = (counts[owners] > 1).nonzero()[:, 0] if len(owners) else owners
    if not len(able):
        return None
    chosen = able[torch.randperm(len(able), generator=chance)[:most].to(able.device)]
    shape = (len(counts), len(sample))
    taken = csr(owners, places, torch.ones(len(owners), device=owners.device), shape)
    row, column, value = csr_rows(taken, owners[chosen])
    histories = csr(row, column, value, (len(chosen), len(sample)))
    return HeldOut(common_owners(owners, places, *shape), likeness, histories, places[chosen])


def gains(samples: Sequence[HeldOut], weights: Tensor, regularisation: float) -> Tensor:
    """f32[N]: of every held-out click, over all samples in their order."""
    return torch.cat([sample.gain(weights, regularisation) for sample in samples])


def best_weights(samples: Sequence[HeldOut], modalities: int, regularisation: float) -> Tensor:
    """f32[M], powers of two: the largest mean gain over all samples.

    A pattern search from equal weights: all together, then each alone, by factors of 4, then 2.
    """

    @cache
    def gain(exponents: Exponents) -> float:
        weights = torch.tensor(exponents, device=samples[0].common.device).exp2()
        return float(gains(samples, weights, regularisation).mean())

    alone = [tuple(float(m == n) for n in range(modalities)) for m in range(modalities)]
    directions = dict.fromkeys([(1.0,) * modalities, *alone])
    best: Exponents = (_START,) * modalities
    for step in _STEPS:
        for direction in directions:
            for sign in (step, -step):
                best = _walk(gain, best, tuple(sign * part for part in direction))
    return torch.tensor(best).exp2()


def _walk(gain: Callable[[Exponents], float], start: Exponents, step: Exponents) -> Exponents:
    """As far as it improves."""
    while True:
        further = tuple(a + b for a, b in zip(start, step, strict=True))
        if min(further) < _LOW or max(further) > _HIGH or gain(further) <= gain(start):
            return start
        start = further
