"""Numbers that are too good, too equal or too close to believe without a second look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

Kind = Literal["collapsed", "identical", "below_noise", "beyond_oracle", "far_above_clicks"]

_FAR: Final = 3.0
"""Times the best model that sees clicks only."""
_ABOVE_ORACLE: Final = 1.05
"""Who knows every taste is beaten by chance only, on few test interactions."""


@dataclass(frozen=True)
class Figures:
    """What is known of one run. `strategy` is equal for runs that differ in their seed alone;
    `story` is equal for runs that must give equal numbers; `value` is more-is-better."""

    run_id: str
    label: str
    strategy: str
    story: str
    value: float
    metrics: Mapping[str, float]
    collapsed: bool
    clicks_only: bool


@dataclass(frozen=True)
class Suspicion:
    """One thing to look at before the numbers are believed."""

    kind: Kind
    sentence: str
    advice: str
    run_ids: tuple[str, ...]


def suspicions(
    runs: Sequence[Figures], *, oracle: float | None = None, compare_clicks: bool = True
) -> tuple[Suspicion, ...]:
    """Of runs under one protocol. `oracle`: the value of whoever knows the truth of generated
    data; `compare_clicks`: whether models of clicks stand a chance (not on cold items)."""
    found = [*_collapsed(runs), *_identical(runs)]
    if oracle is not None:
        found += _beyond(runs, oracle)
    if compare_clicks:
        found += _far_above(runs)
    return (*found, *_below_noise(runs))


def _collapsed(runs: Sequence[Figures]) -> list[Suspicion]:
    return [
        Suspicion(
            "collapsed",
            f"{run.label} does not order its lists: all its scores are equal, and its numbers are "
            "those of a random list.",
            "Train it with a lower learning rate or more epochs, and look at its learning curve.",
            (run.run_id,),
        )
        for run in runs
        if run.collapsed
    ]


def _identical(runs: Sequence[Figures]) -> list[Suspicion]:
    """Equal in every metric to the last digit, though something differs that should matter."""
    groups: dict[tuple[tuple[str, float], ...], list[Figures]] = {}
    for run in runs:
        if len(run.metrics) > 1 and not run.collapsed:
            groups.setdefault(tuple(sorted(run.metrics.items())), []).append(run)
    return [
        Suspicion(
            "identical",
            f"{' and '.join(dict.fromkeys(run.label for run in group))} have the same numbers to "
            "the last digit, though their settings differ.",
            "What differs has no effect, or one was trained as the other. Compare their settings.",
            tuple(run.run_id for run in group),
        )
        for group in groups.values()
        if len({run.story for run in group}) > 1
    ]


def _beyond(runs: Sequence[Figures], oracle: float) -> list[Suspicion]:
    return [
        Suspicion(
            "beyond_oracle",
            f"{run.label} reaches {run.value:.3g}, more than who knows every taste of this "
            f"generated world could ({oracle:.3g}).",
            "Nothing can know more than the truth: look for a leak under Data health.",
            (run.run_id,),
        )
        for run in runs
        if run.value > _ABOVE_ORACLE * oracle
    ]


def _far_above(runs: Sequence[Figures]) -> list[Suspicion]:
    best = max((run for run in runs if run.clicks_only), key=lambda run: run.value, default=None)
    if best is None or best.value <= 0:
        return []
    return [
        Suspicion(
            "far_above_clicks",
            f"{run.label} is {run.value / best.value:.1f} times as good as {best.label}, the best "
            "model of clicks. Published gains are far below that.",
            "Look for a leak under Data health; on very sparse data it may be true.",
            (run.run_id,),
        )
        for run in runs
        if not run.clicks_only and run.value >= _FAR * best.value
    ]


def _below_noise(runs: Sequence[Figures]) -> list[Suspicion]:
    """Whether the first two strategies differ by less than the seeds of one of them do."""
    groups: dict[str, list[Figures]] = {}
    for run in runs:
        groups.setdefault(run.strategy, []).append(run)
    ordered = sorted(groups.values(), key=lambda group: -_mean(group))[:2]
    repeated = [group for group in ordered if len({run.value for run in group}) > 1]
    if len(ordered) < 2 or not repeated:
        return []
    spread = max(float(np.std([run.value for run in group], ddof=1)) for group in repeated)
    first, second = ordered
    gap = _mean(first) - _mean(second)
    if gap >= spread:
        return []
    return [
        Suspicion(
            "below_noise",
            f"{first[0].label} leads {second[0].label} by {gap:.2g}; the seeds of one strategy "
            f"differ by more ({spread:.2g}). Which of the two is first is chance.",
            "Take the simpler or cheaper one, or repeat both with more seeds.",
            (first[0].run_id, second[0].run_id),
        )
    ]


def _mean(group: Sequence[Figures]) -> float:
    return float(np.mean([run.value for run in group]))
