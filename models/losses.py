"""Losses shared by the recommenders; all are means over the batch, natural logarithms."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def bpr_loss(positive: Tensor, negative: Tensor) -> Tensor:
    """Bayesian personalised ranking (Rendle et al. 2009, https://arxiv.org/abs/1205.2618).

    `positive` f32[B], `negative` f32[B, N]: mean of -log sigmoid(positive - negative).
    """
    return F.softplus(negative - positive.unsqueeze(1)).mean()


def sampled_softmax_loss(positive: Tensor, negative: Tensor, hit: Tensor) -> Tensor:
    """Cross entropy of each positive against candidates shared by the batch.

    `positive` f32[B], `negative` f32[B, N]; `hit` bool[B, N] marks candidates that are the row's
    own positive: they leave the denominator, where the positive already stands once. Candidates
    drawn uniformly need no log-q correction (it is one constant); with all items as candidates
    this is the exact softmax.
    """
    denominator = torch.logaddexp(positive, negative.masked_fill(hit, -torch.inf).logsumexp(1))
    return (denominator - positive).mean()


def candidate_softmax_loss(
    users: Tensor,
    positives: Tensor,
    candidates: Tensor,
    places: Tensor,
    added: Tensor | None = None,
) -> Tensor:
    """`sampled_softmax_loss` straight from vectors, for a score that is a dot product.

    `users`, `positives` f32[B, D]; `candidates` f32[N, D]; `places` i64[B] as `places_in` gives
    them; `added` f32[N] goes to the candidates' scores. The B x N scores are written once and
    turned into their own gradient in place: a step is bound by memory, and this takes a third of
    the passes of the composed form.
    """
    if added is not None:
        users = torch.cat([users, torch.ones_like(users[:, :1])], dim=1)
        positives = torch.cat([positives, torch.zeros_like(positives[:, :1])], dim=1)
        candidates = torch.cat([candidates, added.unsqueeze(1)], dim=1)
    loss: Tensor = _CandidateSoftmax.apply(users, positives, candidates, places)
    return loss


def places_in(candidates: Tensor, items: Tensor) -> Tensor:
    """Where each of items i64[B] stands among the distinct candidates i64[N]; -1 where nowhere."""
    ordered, order = candidates.sort()
    found = torch.searchsorted(ordered, items.contiguous()).clamp_max(len(ordered) - 1)
    return torch.where(ordered[found] == items, order[found], -1)


class _CandidateSoftmax(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cuda", cast_inputs=torch.float32)  # type: ignore[untyped-decorator]
    def forward(
        ctx: Any, users: Tensor, positives: Tensor, candidates: Tensor, places: Tensor
    ) -> Tensor:
        own = (users * positives).sum(1)
        chance = users @ candidates.T
        hit = (places >= 0).nonzero()[:, 0]
        chance[hit, places[hit]] = -torch.inf
        top = torch.maximum(chance.amax(1), own)
        chance.sub_(top.unsqueeze(1)).exp_()
        own_chance = (own - top).exp()
        total = chance.sum(1) + own_chance
        ctx.save_for_backward(users, positives, candidates, chance, own_chance, total)
        return (top + total.log() - own).mean()

    @staticmethod
    @torch.amp.custom_bwd(device_type="cuda")  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        users, positives, candidates, chance, own_chance, total = ctx.saved_tensors
        scale = gradients[0] / len(users)
        pull = ((own_chance / total - 1) * scale).unsqueeze(1)
        push = (scale / total).unsqueeze(1)
        against_users = (chance @ candidates) * push + positives * pull
        return against_users, users * pull, chance.T @ (users * push), None


def own_scores(users: Tensor, candidates: Tensor) -> Tensor:
    """f32[B, N]: dot products of users f32[B, D] with their own candidates f32[B, N, D]."""
    # A batched matrix product of matrices this small takes three times as long.
    return (candidates * users.unsqueeze(1)).sum(2)


def squared_error(prediction: Tensor, rating: Tensor) -> Tensor:
    """Mean of (prediction - rating)²; both f32[B]."""
    return F.mse_loss(prediction, rating)


def l2_penalty(*vectors: Tensor) -> Tensor:
    """Half the squared length of the rows f32[B, ...] that took part in a batch, mean over B."""
    total = vectors[0].new_zeros(())
    for rows in vectors:
        total = total + rows.pow(2).sum() / (2 * len(rows))
    return total
