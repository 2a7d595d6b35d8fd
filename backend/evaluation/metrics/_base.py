"""What a metric is: one pure function with the description that a person who meets it needs."""

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
    where an item has no content, or None; `categories` f32[I, C], an item's share in each
    category, rows of sum 1, zero where an item has none, or None.
    """

    counts: Tensor
    features: Tensor | None = None
    categories: Tensor | None = None


@dataclass(frozen=True)
class Lists:
    """The ranked lists of B users.

    `items` i64[B, K] best first, -1 where the candidates ran out; `hits` bool[B, K] tells which
    are in the truth; `positives` i64[B] how many items the truth holds; `activity` i64[B] how many
    training interactions the user has; `profile` f32[B, C] the share of each category in them
    (zero where unknown), or None.
    """

    items: Tensor
    hits: Tensor
    positives: Tensor
    catalogue: Catalogue
    activity: Tensor | None = None
    profile: Tensor | None = None


RankingFunction = Callable[[Lists, int], Tensor]
"""(lists, k) -> f32[B] where the metric is per user, else a scalar over all lists."""
RatingFunction = Callable[[Tensor, Tensor, int], Tensor]
"""(errors f64[N], predicted minus actual; group i64[N]; G) -> f64[G], NaN for an empty group."""
ClickFunction = Callable[[Tensor, Tensor], float]
"""(probabilities f64[N], clicks f64[N] 0 or 1) -> one number over all impressions."""


@dataclass(frozen=True)
class Metric:
    """A metric and its description. Exactly one of `rank`, `rate` and `judge` is set."""

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
    judge: ClickFunction | None = None
    needs_features: bool = False
    needs_categories: bool = False


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


def ranking_metric(
    *,
    title: str,
    formula: str,
    source: str,
    empty_case: str,
    example: str,
    higher_is_better: bool = True,
    per_user: bool = True,
    needs_features: bool = False,
    needs_categories: bool = False,
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
            needs_categories=needs_categories,
        )
        return function

    return add


def rating_metric(
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


def click_metric(
    *,
    title: str,
    formula: str,
    source: str,
    empty_case: str,
    example: str,
    higher_is_better: bool = False,
    per_user: bool = False,
) -> Callable[[ClickFunction], ClickFunction]:
    def add(function: ClickFunction) -> ClickFunction:
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
            needs_k=False,
            judge=function,
        )
        return function

    return add


NO_TRUTH = "A user without a positive item is left out of the evaluation (the function gives 0)."


def share(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole, 0 where there is no whole."""
    return torch.where(whole > 0, part / whole.clamp(min=1e-12), torch.zeros_like(part))
