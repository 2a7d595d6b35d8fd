"""Errors of predicted ratings."""

import torch
from torch import Tensor

from backend.evaluation.metrics._base import rating_metric


@rating_metric(
    title="RMSE",
    formula="root of the mean squared error of the predicted rating",
    source="Netflix Prize 2006",
    example="0.9 means: off by about 0.9 stars, large errors weighing more.",
)
def rmse(errors: Tensor, group: Tensor, groups: int) -> Tensor:
    """f64[G], at least 0."""
    return _group_mean(errors.square(), group, groups).sqrt()


@rating_metric(
    title="MAE",
    formula="mean absolute error of the predicted rating",
    source="Shardanand & Maes 1995",
    example="0.7 means: off by 0.7 stars on average.",
)
def mae(errors: Tensor, group: Tensor, groups: int) -> Tensor:
    """f64[G], at least 0."""
    return _group_mean(errors.abs(), group, groups)


def _group_mean(values: Tensor, group: Tensor, groups: int) -> Tensor:
    total = torch.zeros(groups, dtype=values.dtype).index_add(0, group, values)
    return total / torch.bincount(group, minlength=groups)
