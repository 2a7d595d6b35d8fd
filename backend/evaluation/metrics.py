"""Every metric: one pure function with the description that a person who meets it needs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from models.config import unknown_name
from models.errors import ConfigError


@dataclass(frozen=True)
class Catalogue:
    """What list metrics know of the items.

    `counts` i64[I] interactions in training; `features` f32[I, D] with rows of length 1, zero
    where an item has no content, or None.
    """

    counts: Tensor
    features: Tensor | None = None


@dataclass(frozen=True)
class Lists:
    """The ranked lists of B users.

    `items` i64[B, K] best first, -1 where the candidates ran out; `hits` bool[B, K] tells which
    are in the truth; `positives` i64[B] how many items the truth holds.
    """

    items: Tensor
    hits: Tensor
    positives: Tensor
    catalogue: Catalogue


RankingFunction = Callable[[Lists, int], Tensor]
"""(lists, k) -> f32[B] where the metric is per user, else a scalar over all lists."""
RatingFunction = Callable[[Tensor, Tensor, int], Tensor]
"""(errors f64[N], predicted minus actual; group i64[N]; G) -> f64[G], NaN for an empty group."""


@dataclass(frozen=True)
class Metric:
    """A metric and its description. Exactly one of `rank` and `rate` is set."""

    name: str
    title: str
    formula: str
    source: str
    empty_case: str
    example: str
    higher_is_better: bool
    per_user: bool
    needs_k: bool
    rank: RankingFunction | None = None
    rate: RatingFunction | None = None
    needs_features: bool = False


_METRICS: dict[str, Metric] = {}
METRICS: Mapping[str, Metric] = _METRICS
"""All metrics by name, in the order in which tables show them."""


def metric_of(name: str) -> tuple[Metric, int | None]:
    """("ndcg@20") -> (the metric, 20); ("rmse") -> (the metric, None).

    Raises ConfigError for an unknown metric, a missing or superfluous cutoff.
    """
    stem, at, cutoff = name.partition("@")
    if stem not in METRICS:
        raise unknown_name("metric", stem, METRICS)
    metric = METRICS[stem]
    if not metric.needs_k:
        if at:
            raise ConfigError(f"'{stem}' takes no cutoff: write '{stem}'.")
        return metric, None
    if not re.fullmatch(r"[1-9]\d*", cutoff):
        raise ConfigError(f"'{stem}' needs a cutoff of at least 1, for example '{stem}@20'.")
    return metric, int(cutoff)


def _ranking(
    *,
    title: str,
    formula: str,
    source: str,
    empty_case: str,
    example: str,
    higher_is_better: bool = True,
    per_user: bool = True,
    needs_features: bool = False,
) -> Callable[[RankingFunction], RankingFunction]:
    def add(function: RankingFunction) -> RankingFunction:
        name = function.__name__
        _METRICS[name] = Metric(
            name=name,
            title=title,
            formula=formula,
            source=source,
            empty_case=empty_case,
            example=example,
            higher_is_better=higher_is_better,
            per_user=per_user,
            needs_k=True,
            rank=function,
            needs_features=needs_features,
        )
        return function

    return add


def _rating(
    *, title: str, formula: str, source: str, example: str
) -> Callable[[RatingFunction], RatingFunction]:
    def add(function: RatingFunction) -> RatingFunction:
        name = function.__name__
        _METRICS[name] = Metric(
            name=name,
            title=title,
            formula=formula,
            source=source,
            empty_case="No ratings: not a number.",
            example=example,
            higher_is_better=False,
            per_user=True,
            needs_k=False,
            rate=function,
        )
        return function

    return add


_NO_TRUTH = "A user without a positive item is left out of the evaluation (the function gives 0)."


@_ranking(
    title="NDCG",
    formula="sum over hits of 1/log2(rank+1), divided by that sum for a perfect list of "
    "min(positives, k) hits",
    source="Järvelin & Kekäläinen 2002, binary relevance",
    empty_case=_NO_TRUTH,
    example="0.63 means: one wanted item, shown in second place.",
)
def ndcg(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]."""
    hits = lists.hits[:, :k].float()
    discount = 1 / torch.arange(2, max(k, 1) + 2, device=hits.device).float().log2()
    ideal = torch.cat([discount.new_zeros(1), discount.cumsum(0)])[lists.positives.clamp(max=k)]
    return _share(hits @ discount[: hits.shape[1]], ideal)


@_ranking(
    title="Recall",
    formula="hits in the first k / positives",
    source="as in MMRec and LightGCN (He et al. 2020); not capped at k",
    empty_case=_NO_TRUTH,
    example="0.25 means: one of four wanted items is among the first k.",
)
def recall(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]; at most k / positives."""
    return _share(_count(lists, k), lists.positives.float())


@_ranking(
    title="Precision",
    formula="hits in the first k / k",
    source="Herlocker et al. 2004; divided by k also where fewer items could be shown",
    empty_case=_NO_TRUTH,
    example="0.10 means: two of twenty shown items were wanted.",
)
def precision(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]; at most positives / k."""
    return _count(lists, k) / k


@_ranking(
    title="MAP",
    formula="sum over hits of (hits so far / rank), divided by min(positives, k)",
    source="mean average precision; capped like NDCG, so that a perfect list scores 1 "
    "(TREC divides by the positives)",
    empty_case=_NO_TRUTH,
    example="0.50 means: the only wanted item is in second place.",
)
def map(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]."""
    hits = lists.hits[:, :k].float()
    ranks = torch.arange(1, hits.shape[1] + 1, device=hits.device)
    total = (hits * hits.cumsum(1) / ranks).sum(1)
    return _share(total, lists.positives.clamp(max=k).float())


@_ranking(
    title="MRR",
    formula="1 / rank of the first hit within k, 0 without one",
    source="Voorhees 1999",
    empty_case=_NO_TRUTH,
    example="0.33 means: the first wanted item is in third place.",
)
def mrr(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 1]."""
    hits = lists.hits[:, :k].float()
    ranks = torch.arange(1, hits.shape[1] + 1, device=hits.device)
    return (hits / ranks).amax(1) if hits.shape[1] else hits.sum(1)


@_ranking(
    title="Hit rate",
    formula="1 if any of the first k is a hit, else 0",
    source="Deshpande & Karypis 2004",
    empty_case=_NO_TRUTH,
    example="0.40 means: four of ten users find a wanted item among the first k.",
)
def hit(lists: Lists, k: int) -> Tensor:
    """f32[B] of 0 and 1."""
    return lists.hits[:, :k].any(1).float()


@_ranking(
    title="Coverage",
    formula="different items in the first k of any user / items in the catalogue",
    source="Ge et al. 2010",
    empty_case="No lists: 0.",
    example="0.30 means: seven of ten items are never shown to anybody.",
    per_user=False,
)
def coverage(lists: Lists, k: int) -> Tensor:
    """Scalar in [0, 1]."""
    return (_exposure(lists, k) > 0).float().mean()


@_ranking(
    title="Diversity",
    formula="mean over pairs in the list of 1 - cosine of their content",
    source="intra-list distance, Ziegler et al. 2005",
    empty_case="Items without content take no part; fewer than two with content: 0.",
    example="0.05 means: the list shows near-copies of one thing.",
    needs_features=True,
)
def diversity(lists: Lists, k: int) -> Tensor:
    """f32[B] in [0, 2]; zeros without features."""
    features = lists.catalogue.features
    items = lists.items[:, :k]
    if features is None or not items.shape[1]:
        return torch.zeros(len(items), device=items.device)
    shown, valid = items.clamp(min=0).long(), (items >= 0).to(features.dtype)
    # |sum of vectors|² holds every pair twice plus each vector with itself: no [B, K, D], no K².
    total = torch.nn.functional.embedding_bag(shown, features, mode="sum", per_sample_weights=valid)
    squared = (features * features).sum(1)[shown] * valid
    described = (squared > 0).float().sum(1)
    pairs = described * (described - 1)
    similarity = _share((total * total).sum(1) - squared.sum(1), pairs)
    return torch.where(pairs > 0, 1 - similarity, torch.zeros_like(similarity)).clamp(min=0)


@_ranking(
    title="Novelty",
    formula="mean over the list of -log2(item's share of all training interactions)",
    source="mean self-information, Zhou et al. 2010, Vargas & Castells 2011",
    empty_case="An item never seen in training counts as seen once; an empty list gives 0.",
    example="10 bits means: shown items have one in 1,024 of the interactions each.",
)
def novelty(lists: Lists, k: int) -> Tensor:
    """f32[B], bits, at least 0."""
    counts = lists.catalogue.counts.clamp(min=1).double()
    total = lists.catalogue.counts.sum().clamp(min=1)
    return _list_mean(lists, k, (-(counts / total).log2()).clamp(min=0).float())


@_ranking(
    title="Popularity bias",
    formula="mean over the list of (item's training interactions / mean over the catalogue)",
    source="average recommendation popularity, Yin et al. 2012, relative to the catalogue",
    empty_case="No interactions, or an empty list: 0.",
    example="5 means: shown items are five times as popular as the average item.",
    higher_is_better=False,
)
def popularity_bias(lists: Lists, k: int) -> Tensor:
    """f32[B], at least 0; 1 is neutral."""
    counts = lists.catalogue.counts.double()
    return _list_mean(lists, k, (counts / counts.mean().clamp(min=1e-12)).float())


@_ranking(
    title="Gini",
    formula="Gini coefficient of how often each catalogue item is shown in the first k",
    source="Fleder & Hosanagar 2009",
    empty_case="No lists: 0.",
    example="0.95 means: a few items get nearly all the attention.",
    higher_is_better=False,
    per_user=False,
)
def gini(lists: Lists, k: int) -> Tensor:
    """Scalar in [0, 1); 0 where every item is shown equally often."""
    shown = _exposure(lists, k).double().sort().values
    n = len(shown)
    ranks = torch.arange(1, n + 1, device=shown.device)
    return _share(((2 * ranks - n - 1) * shown).sum(), n * shown.sum()).float()


@_rating(
    title="RMSE",
    formula="root of the mean squared error of the predicted rating",
    source="Netflix Prize 2006",
    example="0.9 means: off by about 0.9 stars, large errors weighing more.",
)
def rmse(errors: Tensor, group: Tensor, groups: int) -> Tensor:
    """f64[G], at least 0."""
    return _group_mean(errors.square(), group, groups).sqrt()


@_rating(
    title="MAE",
    formula="mean absolute error of the predicted rating",
    source="Shardanand & Maes 1995",
    example="0.7 means: off by 0.7 stars on average.",
)
def mae(errors: Tensor, group: Tensor, groups: int) -> Tensor:
    """f64[G], at least 0."""
    return _group_mean(errors.abs(), group, groups)


def _count(lists: Lists, k: int) -> Tensor:
    return lists.hits[:, :k].float().sum(1)


def _share(part: Tensor, whole: Tensor) -> Tensor:
    return torch.where(whole > 0, part / whole.clamp(min=1e-12), torch.zeros_like(part))


def _exposure(lists: Lists, k: int) -> Tensor:
    shown = lists.items[:, :k].flatten()
    return torch.bincount(shown[shown >= 0], minlength=len(lists.catalogue.counts))


def _list_mean(lists: Lists, k: int, per_item: Tensor) -> Tensor:
    items = lists.items[:, :k]
    valid = (items >= 0).float()
    return _share((per_item[items.clamp(min=0).long()] * valid).sum(1), valid.sum(1))


def _group_mean(values: Tensor, group: Tensor, groups: int) -> Tensor:
    total = torch.zeros(groups, dtype=values.dtype).index_add(0, group, values)
    return total / torch.bincount(group, minlength=groups)
