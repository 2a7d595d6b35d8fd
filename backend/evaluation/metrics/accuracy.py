"""How well ranked lists meet the truth."""

import torch
from torch import Tensor

from backend.evaluation.metrics._base import NO_TRUTH, Lists, ranking_metric, share


@ranking_metric(
    title="NDCG",
    formula="sum over hits of 1/log2(rank+1), divided by that sum for a perfect list of "
    "min(positives, k) hits",
    source="Järvelin & Kekäläinen 2002, binary relevance",
    empty_case=NO_TRUTH,
    example="0.63 means: one wanted item, shown in second place.",
)
def ndcg(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]."""
    hits = lists.hits[:, :k].float()
    discount = 1 / torch.arange(2, max(k, 1) + 2, device=hits.device).float().log2()
    ideal = torch.cat([discount.new_zeros(1), discount.cumsum(0)])[lists.positives.clamp(max=k)]
    return share(hits @ discount[: hits.shape[1]], ideal)


@ranking_metric(
    title="Recall",
    formula="hits in the first k / positives",
    source="as in MMRec and LightGCN (He et al. 2020); not capped at k",
    empty_case=NO_TRUTH,
    example="0.25 means: one of four wanted items is among the first k.",
)
def recall(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]; at most k / positives."""
    return share(_count(lists, k), lists.positives.float())


@ranking_metric(
    title="Precision",
    formula="hits in the first k / k",
    source="Herlocker et al. 2004; divided by k also where fewer items could be shown",
    empty_case=NO_TRUTH,
    example="0.10 means: two of twenty shown items were wanted.",
)
def precision(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]; at most positives / k."""
    return _count(lists, k) / k


@ranking_metric(
    title="MAP",
    formula="sum over hits of (hits so far / rank), divided by min(positives, k)",
    source="mean average precision; capped like NDCG, so that a perfect list scores 1 "
    "(TREC divides by the positives)",
    empty_case=NO_TRUTH,
    example="0.50 means: the only wanted item is in second place.",
)
def map(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]."""
    hits = lists.hits[:, :k].float()
    ranks = torch.arange(1, hits.shape[1] + 1, device=hits.device)
    total = (hits * hits.cumsum(1) / ranks).sum(1)
    return share(total, lists.positives.clamp(max=k).float())


@ranking_metric(
    title="MRR",
    formula="1 / rank of the first hit within k, 0 without one",
    source="Voorhees 1999",
    empty_case=NO_TRUTH,
    example="0.33 means: the first wanted item is in third place.",
)
def mrr(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]."""
    hits = lists.hits[:, :k].float()
    ranks = torch.arange(1, hits.shape[1] + 1, device=hits.device)
    return (hits / ranks).amax(1) if hits.shape[1] else hits.sum(1)


@ranking_metric(
    title="Hit rate",
    formula="1 if any of the first k is a hit, else 0",
    source="Deshpande & Karypis 2004",
    empty_case=NO_TRUTH,
    example="0.40 means: four of ten users find a wanted item among the first k.",
)
def hit(lists: Lists, k: int) -> Tensor:
    """f32[B] of 0 and 1."""
    return lists.hits[:, :k].any(1).float()


def _count(lists: Lists, k: int) -> Tensor:
    return lists.hits[:, :k].float().sum(1)
