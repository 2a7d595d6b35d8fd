"""Items regressed on items, by clicks and content together, in closed form."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import Coalition, FeatureTable
from models.recommenders._dense import common_owners, lower
from models.recommenders._likeness import Likeness


@dataclass(frozen=True)
class Clicks:
    """Who took what, as the regression sees it.

    `warm` i64[C], sorted: the items with clicks; `cold` i64[I - C]: the others; `common` f32[C, C]:
    users with both items, on the diagonal the users of one.
    """

    warm: Tensor
    cold: Tensor
    common: Tensor

    @staticmethod
    def of(keys: Tensor, n_users: int, n_items: int) -> "Clicks":
        """From `keys` i64[N] = user * I + item, distinct and sorted."""
        warm, places = torch.unique(keys % n_items, return_inverse=True)
        unclicked = torch.ones(n_items, dtype=torch.bool, device=keys.device)
        unclicked[warm] = False
        common = common_owners(keys // n_items, places, n_users, len(warm))
        return Clicks(warm, unclicked.nonzero()[:, 0], common)


@dataclass(frozen=True)
class ItemRegression:
    """The C clicked items predict all I of the catalogue, and new ones.

    `strengths` says how much the likeness in each modality counts; `share` multiplies the clicks.
    """

    clicks: Clicks
    likeness: Likeness
    strengths: Mapping[Modality, float]
    regularisation: float
    share: float = 1.0

    def solve(self) -> tuple[Tensor, Tensor]:
        """(B f32[C, C], the diagonal of P f32[C]) of the clicked items."""
        gram = self._content.add(self.clicks.common, alpha=self.share)
        inverse = torch.cholesky_inverse(lower(gram))
        pivots = inverse.diagonal().clone()
        return inverse.div_(-pivots).fill_diagonal_(0.0), pivots

    def like(self, modality: Modality, items: Tensor) -> Tensor:
        """f32[C, N]: weighted likeness of the clicked items to items i64[N]."""
        between = self.likeness.between(modality, self.clicks.warm, items)
        return between.mul_(self.strengths[modality])

    def like_new(self, features: Mapping[Modality, FeatureTable]) -> Tensor:
        """f32[C, B]: the same of items that were not there in training, over all modalities."""
        warm, count = self.clicks.warm, len(next(iter(features.values())).present)
        total = self.clicks.common.new_zeros(len(warm), count)
        for modality in [m for m in self.strengths if m in features]:
            likeness = self.likeness.of_new(modality, features[modality], warm)
            total.add_(likeness.T, alpha=self.strengths[modality])
        return total

    def as_new(self, given: Tensor) -> Tensor:
        """f32[C, N]: weighted likeness f32[C, N] to N items, regressed on the likeness alone."""
        return torch.cholesky_solve(given, self._content_factor)

    def all_as_new(self) -> Tensor:
        """f32[C, I]: what `as_new` gives for the likeness of all items in all modalities.

        Of the clicked ones this is `A⁻¹ (A - l I)`, which takes an inverse in place of a solution
        for every modality: a third of the work.
        """
        warm, cold = self.clicks.warm, self.clicks.cold
        inverse = torch.cholesky_inverse(self._content_factor).mul_(-self.regularisation)
        inverse.diagonal().add_(1.0)
        columns = inverse.new_empty(len(warm), len(warm) + len(cold))
        columns[:, warm] = inverse
        if len(cold):
            like = torch.stack([self.like(m, cold) for m in self.strengths])
            columns[:, cold] = self.as_new(like.sum(0))
        return columns

    @cached_property
    def _content_factor(self) -> Tensor:
        return lower(self._content)

    @cached_property
    def _content(self) -> Tensor:
        """f32[C, C]: all of G except the clicks."""
        gram = torch.zeros_like(self.clicks.common)
        for modality in [m for m, strength in self.strengths.items() if strength]:
            gram += self.like(modality, self.clicks.warm)
        gram.diagonal().add_(self.regularisation)
        return gram


@dataclass(frozen=True)
class Terms:
    """What each player says of every item; a coalition's columns are sums of these.

    `alone[m]` f32[C, I]: of an item that is as new; `beside[p]` f32[C, C]: of a clicked item, which
    itself is left out of its predictors.
    """

    clicks: Clicks
    alone: Mapping[str, Tensor]
    beside: Mapping[str, Tensor]

    @staticmethod
    def of(regression: ItemRegression, block: Tensor, pivots: Tensor) -> "Terms":
        """From what `regression.solve()` gave."""
        clicks = regression.clicks
        everything = torch.arange(len(clicks.warm) + len(clicks.cold), device=pivots.device)
        inverse = (block * -pivots).diagonal_scatter(pivots)
        alone: dict[str, Tensor] = {}
        beside: dict[str, Tensor] = {COLLABORATIVE: block.clone()}
        last = list(regression.strengths)[-1]
        rest = regression.all_as_new()
        for modality in regression.strengths:
            like = regression.like(modality, everything)
            if modality == last:
                # All of them together are known, so the last is what is left; rounding must not
                # give an item something for what it lacks.
                alone[modality] = rest * like.any(0)
            else:
                alone[modality] = regression.as_new(like)
                rest = rest - alone[modality]
            beside[modality] = _without_itself(inverse @ like[:, clicks.warm], inverse)
            # All players together are the whole model, so clicks say what is left of it.
            beside[COLLABORATIVE] -= beside[modality]
        return Terms(clicks, alone, beside)

    def columns(self, coalition: Coalition) -> Tensor:
        """f32[C, I]."""
        total = torch.zeros_like(next(iter(self.alone.values())))
        for modality in [m for m in self.alone if m in coalition]:
            total += self.alone[modality]
        if COLLABORATIVE in coalition:
            total[:, self.clicks.warm] = sum(
                (self.beside[p] for p in self.beside if p in coalition), torch.zeros(())
            )
        return total


def _without_itself(columns: Tensor, inverse: Tensor) -> Tensor:
    """P c_j with every item j taken out of its own predictors."""
    return (columns - inverse * (columns.diagonal() / inverse.diagonal())).fill_diagonal_(0.0)
