"""How steady attributions are: against other baselines, other methods, other seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from backend.explain.curves import Curves, curves, rank_worth
from backend.explain.modality_shapley import CoalitionTables

TOLERANCE: Final = 0.1
"""A player still leads where it lacks no more than this part of all contributions."""


@dataclass(frozen=True)
class Steadiness:
    """Of N pairs.

    `lead` i64[N]: the player with the largest contribution. Whether it stays the lead (bool[N])
    `against_mean`: of the contributions less their mean over other items; `alone`: by what a player
    is worth without all others; `left_out`: by what is lost without it. In what share (f64[N])
    `permuted`: of single other items in place of the mean; `seeds`: of the same run's other seeds.
    """

    lead: Tensor
    score: Curves
    rank: Curves
    against_mean: Tensor
    permuted: Tensor
    alone: Tensor
    left_out: Tensor
    seeds: Tensor | None


def steadiness(
    tables: CoalitionTables,
    users: Tensor,
    items: Tensor,
    reference: Tensor,
    others: Sequence[CoalitionTables] = (),
) -> Steadiness:
    """Of pairs `users`, `items` i64[N]; `reference` i64[J] are the other items.

    What is measured against another item is the difference of the contributions to both, which
    where players add is exactly what that item's content in place of this one's would change.
    """
    values, phi = tables.values(users, items), tables.attribute(users, items).values
    lead, players, full = phi.argmax(1), range(phi.shape[1]), len(values) - 1
    gains = torch.stack([values[1 << p] - values[0] for p in players], 1)
    losses = torch.stack([values[full] - values[full ^ (1 << p)] for p in players], 1)
    distinct, owner = torch.unique(users, return_inverse=True)
    usual = torch.cat(list(tables.grid(distinct, reference)))[owner]  # f64[N, J, P]
    permuted = stays(phi.unsqueeze(1) - usual, lead.unsqueeze(1).expand(usual.shape[:2]))
    seeds = [stays(t.attribute(users, items).values, lead).double() for t in others]
    return Steadiness(
        lead=lead,
        score=curves(values, phi),
        rank=curves(rank_worth(tables, users, items, values), phi),
        against_mean=stays(phi - usual.mean(1), lead),
        permuted=permuted.double().mean(1),
        alone=stays(gains, lead),
        left_out=stays(losses, lead),
        seeds=torch.stack(seeds).mean(0) if seeds else None,
    )


def stays(phi: Tensor, lead: Tensor) -> Tensor:
    """bool[...]: whether player `lead` i64[...] has the largest of f64[..., P], or nearly so."""
    own = phi.gather(-1, lead.unsqueeze(-1)).squeeze(-1)
    return own >= phi.amax(-1) - TOLERANCE * phi.abs().sum(-1)
