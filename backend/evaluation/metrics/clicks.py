"""Whether predicted chances of a click order impressions well, and whether they are true."""

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from backend.evaluation.metrics._base import click_metric

BINS: Final = 15
_LEAST: Final = 1e-12
_NO_IMPRESSIONS: Final = "No impressions: not a number."


@dataclass(frozen=True)
class Bins:
    """Impressions by their predicted chance, in BINS of equal width; empty ones are left out.

    All f64[B]: mean `predicted` chance, share `clicked`, `count` of impressions.
    """

    predicted: Tensor
    clicked: Tensor
    count: Tensor


@click_metric(
    title="AUC",
    formula="share of pairs of a clicked and another impression of which the clicked one has the "
    "higher predicted chance; equal ones count half",
    source="Hanley & McNeil 1982",
    empty_case="Without a clicked or without another impression: not a number.",
    example="0.5 is guessing; 0.75 means: three of four pairs are in the right order.",
    higher_is_better=True,
)
def auc(probabilities: Tensor, clicks: Tensor) -> float:
    """0 to 1; of any scores, f64[N] beside 1 or 0 f64[N]."""
    positives = int(clicks.sum())
    negatives = len(clicks) - positives
    if not positives or not negatives:
        return math.nan
    _, place, counts = torch.unique(probabilities, return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    rank = (last - (counts - 1) / 2)[place]
    above = float(rank[clicks > 0].sum()) - positives * (positives + 1) / 2
    return above / (positives * negatives)


@click_metric(
    title="Log loss",
    formula="mean of -log of the chance that was predicted for what happened, at least 1e-12",
    source="Good 1952",
    empty_case=_NO_IMPRESSIONS,
    example="Lower is better; always saying the mean chance p gives -p log p - (1 - p) log(1 - p).",
    per_user=True,
)
def logloss(probabilities: Tensor, clicks: Tensor) -> float:
    """At least 0, natural logarithm."""
    return float(surprise(probabilities, clicks).mean())


@click_metric(
    title="Calibration error",
    formula=f"sum over {BINS} bins of equal width of the predicted chance: share of the "
    "impressions times |mean predicted chance - share clicked| (expected calibration error)",
    source="Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017",
    empty_case=_NO_IMPRESSIONS,
    example="0.02 means: where 30% are predicted, about 28% to 32% click.",
)
def calibration_error(probabilities: Tensor, clicks: Tensor) -> float:
    """0 to 1."""
    if not len(clicks):
        return math.nan
    found = binned(probabilities, clicks)
    return float(((found.predicted - found.clicked).abs() * found.count).sum() / len(clicks))


def surprise(probabilities: Tensor, clicks: Tensor) -> Tensor:
    """f64[N]: the log loss of every impression."""
    chance = torch.where(clicks > 0, probabilities, 1 - probabilities)
    return -chance.clamp_min(_LEAST).log()


def binned(probabilities: Tensor, clicks: Tensor) -> Bins:
    """What a reliability diagram shows."""
    place = (probabilities * BINS).long().clamp(0, BINS - 1)
    count = torch.bincount(place, minlength=BINS).double()
    there = count > 0
    mean = [torch.bincount(place, v, minlength=BINS)[there] for v in (probabilities, clicks)]
    count = count[there]
    return Bins(mean[0] / count, mean[1] / count, count)
