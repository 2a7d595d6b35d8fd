"""What lists are like besides being right: varied, new, fair to items."""

import torch
from torch import Tensor

from backend.evaluation.metrics._base import Lists, ranking_metric, share


@ranking_metric(
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


@ranking_metric(
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
    similarity = share((total * total).sum(1) - squared.sum(1), pairs)
    return torch.where(pairs > 0, 1 - similarity, torch.zeros_like(similarity)).clamp(min=0)


@ranking_metric(
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


@ranking_metric(
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


@ranking_metric(
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
    return share(((2 * ranks - n - 1) * shown).sum(), n * shown.sum()).float()


def _exposure(lists: Lists, k: int) -> Tensor:
    shown = lists.items[:, :k].flatten()
    return torch.bincount(shown[shown >= 0], minlength=len(lists.catalogue.counts))


def _list_mean(lists: Lists, k: int, per_item: Tensor) -> Tensor:
    items = lists.items[:, :k]
    valid = (items >= 0).float()
    return share((per_item[items.clamp(min=0).long()] * valid).sum(1), valid.sum(1))
