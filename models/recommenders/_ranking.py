"""Losses over the final vectors of a batch, chosen by name."""

from torch import Tensor
from torch.nn import functional as F

from models.losses import bpr_loss, candidate_softmax_loss, places_in
from models.recommenders._base import Batch, Sampling

LOSSES = ("softmax", "bpr")


def sampling_of(loss: str) -> Sampling:
    """Which negatives `ranking_loss` expects."""
    return "shared" if loss == "softmax" else "pairwise"


def ranking_loss(
    loss: str, users: Tensor, items: Tensor, batch: Batch, temperature: float
) -> Tensor:
    """Scalar. `users` f32[B, D] are the rows of the batch, `items` f32[I, D] everything.

    softmax: `batch.negatives` i64[N] are everybody's candidates, scores divided by `temperature`.
    bpr: `batch.negatives` i64[B, N] are each row's own.
    """
    positives = items[batch.items]
    if loss == "softmax":
        places = places_in(batch.negatives, batch.items)
        candidates = items[batch.negatives]
        return candidate_softmax_loss(users / temperature, positives, candidates, places)
    against = (items[batch.negatives] @ users.unsqueeze(2)).squeeze(2)
    return bpr_loss((users * positives).sum(1), against)


def compared(loss: str, vectors: Tensor) -> Tensor:
    """Vectors as the loss compares them: softmax looks at cosines, bpr at dot products."""
    return F.normalize(vectors, dim=1) if loss == "softmax" else vectors
