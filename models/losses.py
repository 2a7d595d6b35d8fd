"""Losses shared by the recommenders; all are means over the batch, natural logarithms."""

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


def squared_error(prediction: Tensor, rating: Tensor) -> Tensor:
    """Mean of (prediction - rating)²; both f32[B]."""
    return F.mse_loss(prediction, rating)


def l2_penalty(*vectors: Tensor) -> Tensor:
    """Half the squared length of the rows f32[B, ...] that took part in a batch, mean over B."""
    total = vectors[0].new_zeros(())
    for rows in vectors:
        total = total + rows.pow(2).sum() / (2 * len(rows))
    return total
