"""Deletion and insertion curves of attributions, against the mean over all orders.

Samek et al. 2017 (https://doi.org/10.1109/TNNLS.2016.2599820), with players in place of pixels:
with P of them the mean over random orders is the mean over all coalitions of a size, so nothing is
sampled. Coalition numbers are those of `CoalitionTables.values`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from backend.explain.modality_shapley import CoalitionTables


class Curves(NamedTuple):
    """How much faster than in random order the worth falls when players go from the largest
    contribution on, and rises when they come in that order; both f64[N], in parts of the range that
    the worth has over all coalitions; 0 where it has none."""

    deletion: Tensor
    insertion: Tensor


def curves(worth: Tensor, phi: Tensor) -> Curves:
    """`worth` f64[2^P, N] of every coalition, `phi` f64[N, P] that gives the order."""
    players = phi.shape[1]
    if players < 2:
        nothing = worth.new_zeros(worth.shape[1])
        return Curves(nothing, nothing)
    order = phi.argsort(dim=1, descending=True, stable=True)
    first = torch.cumsum(1 << order, dim=1)[:, :-1]  # the k largest together
    full = len(worth) - 1
    chance = _by_size(worth)[:, 1:-1]
    entered = worth.gather(0, first.T).T
    left = worth.gather(0, (full - first).T).T
    spread = worth.amax(0) - worth.amin(0)
    scale = torch.where(spread > 0, spread, 1.0)
    return Curves(
        # Without the k largest there are P - k left.
        (chance.flip(1) - left).mean(1) / scale,
        (entered - chance).mean(1) / scale,
    )


def rank_worth(tables: CoalitionTables, users: Tensor, items: Tensor, values: Tensor) -> Tensor:
    """f64[2^P, N]: minus the binary logarithm of the place that each pair's item would have in the
    user's order of the catalogue, were its score `values` f64[2^P, N] and all others as they are.
    """
    worth = torch.empty_like(values)
    for user in torch.unique(users):
        pairs = (users == user).nonzero()[:, 0]
        others = tables.embeddings().score(user.reshape(1))[0].double()
        ordered = others.sort().values
        above = len(ordered) - torch.searchsorted(ordered, values[:, pairs], right=True)
        above -= (others[items[pairs]] > values[:, pairs]).long()  # the item itself
        worth[:, pairs] = -(1.0 + above.double()).log2()
    return worth


def _by_size(worth: Tensor) -> Tensor:
    """f64[N, P + 1]: mean worth of the coalitions of each size."""
    sizes = torch.tensor([number.bit_count() for number in range(len(worth))])
    columns = [worth[sizes == size].mean(0) for size in range(int(sizes.max()) + 1)]
    return torch.stack(columns, dim=1)
