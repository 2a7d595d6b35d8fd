"""Items regressed on items, by clicks and content together, in closed form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import Coalition, FeatureTable
from models.recommenders._dense import common_owners, lower
from models.recommenders._likeness import Facet, Likeness


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

    `strengths` says how much each likeness counts, without those that count nothing; `share`
    multiplies the clicks.
    """

    clicks: Clicks
    likeness: Likeness
    strengths: Mapping[Facet, float]
    regularisation: float
    share: float = 1.0

    def solve(self) -> tuple[Tensor, Tensor]:
        """(B f32[C, C], the diagonal of P f32[C]) of the clicked items."""
        gram = self._content.add(self.clicks.common, alpha=self.share)
        inverse = torch.cholesky_inverse(lower(gram))
        pivots = inverse.diagonal().clone()
        return inverse.div_(-pivots).fill_diagonal_(0.0), pivots

    def weighs_as(self, other: "ItemRegression") -> bool:
        """Whether everything but the clicks counts alike."""
        mine = (dict(self.strengths), int(self.likeness.power), self.regularisation, self.share)
        its = (dict(other.strengths), int(other.likeness.power), other.regularisation, other.share)
        return mine == its

    def over(self, clicks: Clicks) -> "ItemRegression":
        """The same by other clicks; on the same items, what content says is not found again."""
        other = replace(self, clicks=clicks)
        if torch.equal(clicks.warm, self.clicks.warm):
            # Cached properties live where no field does.
            vars(other).update(_content=self._content, _content_factor=self._content_factor)
        return other

    def like(self, facet: Facet, items: Tensor) -> Tensor:
        """f32[C, N]: weighted likeness of the clicked items to items i64[N]."""
        between = self.likeness.between(facet, self.clicks.warm, items)
        return between.mul_(self.strengths[facet])

    def like_new(self, features: Mapping[Modality, FeatureTable]) -> Tensor:
        """f32[C, B]: the same of items that were not there in training, over all facets."""
        warm, count = self.clicks.warm, len(next(iter(features.values())).present)
        total = self.clicks.common.new_zeros(len(warm), count)
        for facet in [f for f in self.strengths if features.keys() >= set(f)]:
            likeness = self.likeness.of_new(facet, features, warm)
            total.add_(likeness.T, alpha=self.strengths[facet])
        return total

    def as_new(self, given: Tensor) -> Tensor:
        """f32[C, N]: weighted likeness f32[C, N] to N items, regressed on the likeness alone."""
        return torch.cholesky_solve(given, self._content_factor)

    @cached_property
    def _content_factor(self) -> Tensor:
        return lower(self._content)

    @cached_property
    def _content(self) -> Tensor:
        """f32[C, C]: all of G except the clicks."""
        gram = torch.zeros_like(self.clicks.common)
        for facet in self.strengths:
            gram += self.like(facet, self.clicks.warm)
        gram.diagonal().add_(self.regularisation)
        return gram


class Terms:
    """What each facet and the clicks say of every item, worked out when an item is first asked for.

    Of an item that is as new, each facet says its weighted likeness regressed on all likeness;
    beside clicks an item is left out of its own predictors. A coalition's rows are sums of these:
    a pair of modalities speaks where both are there.
    """

    def __init__(self, regression: ItemRegression, block: Tensor, pivots: Tensor) -> None:
        """From what `regression.solve()` gave."""
        clicks, count = regression.clicks, len(pivots)
        items = count + len(clicks.cold)
        self._regression, self._block = regression, block
        self._inverse = (block * -pivots).diagonal_scatter(pivots)
        self._place = torch.full((items,), -1, device=pivots.device)
        self._place[clicks.warm] = torch.arange(count, device=pivots.device)
        self._known = torch.zeros(items, dtype=torch.bool, device=pivots.device)
        self._alone = {m: block.new_empty(items, count) for m in regression.strengths}
        self._beside = {f: block.new_empty(count, count) for f in regression.strengths}
        self._clicks = block.new_empty(count, count)

    def rows(self, coalition: Coalition, items: Tensor) -> Tensor:
        """f32[N, C]: what predicts each of the items i64[N]."""
        self._learn(items)
        total = self._block.new_zeros(len(items), len(self._block))
        heard = [facet for facet in self._alone if coalition.issuperset(facet)]
        for facet in heard:
            total += self._alone[facet][items]
        if COLLABORATIVE in coalition:
            clicked = (self._place[items] >= 0).nonzero()[:, 0]
            places = self._place[items[clicked]]
            total[clicked] = self._clicks[places]
            for facet in heard:
                total[clicked] += self._beside[facet][places]
        return total

    def _learn(self, items: Tensor) -> None:
        missing = torch.unique(items[~self._known[items]])
        if not len(missing):
            return
        clicked = self._place[missing] >= 0
        places = self._place[missing[clicked]]
        # All players together are the whole model, so clicks say what is left of it.
        rest = self._block[:, places]
        for facet, alone in self._alone.items():
            like = self._regression.like(facet, missing)
            alone[missing] = self._regression.as_new(like).T
            said = self._without_itself(self._inverse @ like[:, clicked], places)
            self._beside[facet][places] = said.T
            rest = rest - said
        self._clicks[places] = rest.T
        self._known[missing] = True

    def _without_itself(self, columns: Tensor, places: Tensor) -> Tensor:
        """P c_j with every item j, the one at `places`, taken out of its own predictors."""
        own = columns.gather(0, places.unsqueeze(0))[0] / self._inverse.diagonal()[places]
        columns = columns - self._inverse[:, places] * own
        return columns.scatter(0, places.unsqueeze(0), 0.0)
