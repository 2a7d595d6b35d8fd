"""Losses over the final vectors of a batch, chosen by name."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from models.losses import bpr_loss, candidate_softmax_loss, own_scores, places_in
from models.recommenders._base import Batch, Sampling

LOSSES = ("softmax", "bpr")


def sampling_of(loss: str) -> Sampling:
    """Which negatives `ranking_loss` expects."""
    return "shared" if loss == "softmax" else "pairwise"


def ranking_loss(
    loss: str,
    users: Tensor,
    items: Callable[[Tensor], Tensor],
    batch: Batch,
    temperature: float,
) -> Tensor:
    """Scalar. `users` f32[B, D] are the rows of the batch; `items` gives the vectors f32[..., D]
    of item numbers i64[...] (of a table `v`: `v.__getitem__`), so that only those are computed.

    softmax: `batch.negatives` i64[N] are everybody's candidates; cosines over `temperature`.
    bpr: `batch.negatives` i64[B, N] are each row's own; dot products.
    """
    users, positives = compared(loss, users), compared(loss, items(batch.items))
    negatives = compared(loss, items(batch.negatives))
    if loss == "softmax":
        places = places_in(batch.negatives, batch.items)
        return candidate_softmax_loss(
            users / temperature, positives, negatives, places, batch.rarity
        )
    against = own_scores(users, negatives)
    return bpr_loss((users * positives).sum(1), against)


def contrast_loss(one: Tensor, other: Tensor, temperature: float) -> Tensor:
    """InfoNCE (van den Oord et al. 2018, https://arxiv.org/abs/1807.03748) on cosines: row b of
    `one` f32[B, D] has to find row b of `other` among all its rows."""
    one, other = F.normalize(one, dim=1), F.normalize(other, dim=1)
    own = torch.arange(len(one), device=one.device)
    return candidate_softmax_loss(one / temperature, other, other, own)


def compared(loss: str, vectors: Tensor) -> Tensor:
    """Vectors as the loss compares them: softmax looks at cosines, bpr at dot products."""
    return F.normalize(vectors, dim=-1) if loss == "softmax" else vectors
