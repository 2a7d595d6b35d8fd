"""Whom lists serve: active and quiet users, popular items and the long tail, a user's own mix."""

import torch
from torch import Tensor

from backend.evaluation.metrics._base import NO_TRUTH, Lists, ranking_metric, share
from backend.evaluation.metrics.accuracy import ndcg

_HEAD = 0.2
"""The most popular fifth of the catalogue is its short head, the rest its long tail."""
_SMOOTHING = 0.01


@ranking_metric(
    title="Serendipity",
    formula="hits in the first k that are not among the k most popular items / k",
    source="Ge et al. 2010: useful and not what a primitive recommender would show",
    empty_case=NO_TRUTH,
    example="0.05 means: one of twenty shown items was wanted and no bestseller.",
)
def serendipity(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]; at most precision."""
    counts = lists.catalogue.counts
    obvious = torch.zeros(len(counts), dtype=torch.bool, device=counts.device)
    obvious[counts.argsort(descending=True, stable=True)[:k]] = True
    surprising = lists.hits[:, :k] & ~obvious[lists.items[:, :k].clamp(min=0).long()]
    return surprising.float().sum(1) / k


@ranking_metric(
    title="Long-tail share",
    formula="items of the long tail in the first k / items shown",
    source="APLT, Abdollahpouri et al. 2019; the tail is all but the most popular fifth of the "
    "catalogue",
    empty_case="An empty list: 0.",
    example="0.30 means: six of twenty shown items are not among the popular ones.",
)
def aplt(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]."""
    items = lists.items[:, :k]
    tail = _tail(lists.catalogue.counts)[items.clamp(min=0).long()] & (items >= 0)
    return share(tail.float().sum(1), (items >= 0).float().sum(1))


@ranking_metric(
    title="Miscalibration",
    formula="Kullback-Leibler divergence of the categories shown from the categories in the "
    "user's history, the former smoothed with 1 % of the latter",
    source="Steck 2018, C_KL with alpha 0.01, natural logarithm",
    empty_case="A user or a list without any known category: 0.",
    example="0 means: shown as often as liked. 4.6 means: nothing shown is of a kind they know.",
    higher_is_better=False,
    needs_categories=True,
)
def calibration(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 4.61]."""
    categories, liked = lists.catalogue.categories, lists.profile
    items = lists.items[:, :k]
    if categories is None or liked is None:
        return torch.zeros(len(items), device=items.device)
    valid = (items >= 0).to(categories.dtype).unsqueeze(2)
    total = (categories[items.clamp(min=0).long()] * valid).sum(1)
    shown = share(total, total.sum(1, keepdim=True).expand_as(total))
    mixed = (1 - _SMOOTHING) * shown + _SMOOTHING * liked
    terms = torch.where(liked > 0, liked * (liked / mixed.clamp(min=1e-12)).log(), 0.0)
    known = (total.sum(1) > 0) & (liked.sum(1) > 0)
    return torch.where(known, terms.sum(1), 0.0).clamp(min=0)


@ranking_metric(
    title="User-group gap",
    formula="|mean NDCG of the more active half of the users - mean NDCG of the other half|",
    source="user-oriented fairness, Li et al. 2021, groups by training interactions",
    empty_case="Fewer than two users: 0.",
    example="0.05 means: active users are served that much better, or worse, than quiet ones.",
    higher_is_better=False,
    per_user=False,
)
def user_gap(lists: Lists, k: int) -> Tensor:
    """Scalar in [0, 1]; the halves are by rank, ties in the order of the users."""
    values = ndcg(lists, k)
    if lists.activity is None or len(values) < 2:
        return torch.zeros(())
    ordered = values[lists.activity.argsort(stable=True)].double()
    half = len(ordered) // 2
    return (ordered[half:].mean() - ordered[:half].mean()).abs().float()


@ranking_metric(
    title="Item-group gap",
    formula="|share of the long tail among shown items - its share of training interactions|",
    source="disparate exposure, Singh & Joachims 2018, groups as for the long-tail share",
    empty_case="Nothing shown or no interactions: 0.",
    example="0.20 means: a fifth of the attention went to the popular items instead of the tail.",
    higher_is_better=False,
    per_user=False,
)
def item_gap(lists: Lists, k: int) -> Tensor:
    """Scalar in [0, 1]; 0 where items are shown as often as people chose them."""
    counts = lists.catalogue.counts
    shown = lists.items[:, :k].flatten()
    shown = shown[shown >= 0].long()
    tail = _tail(counts)
    if not len(shown) or not counts.sum():
        return torch.zeros(())
    exposure = tail[shown].double().mean()
    return (exposure - counts[tail].sum() / counts.sum()).abs().float()


def _tail(counts: Tensor) -> Tensor:
    tail = torch.ones(len(counts), dtype=torch.bool, device=counts.device)
    head = round(_HEAD * len(counts))
    tail[counts.argsort(descending=True, stable=True)[:head]] = False
    return tail
