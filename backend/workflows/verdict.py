"""The finding of a comparison in plain words: does content help, and by how much?"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from backend.evaluation.metrics import metric_of
from backend.evaluation.significance import (
    Difference,
    Interval,
    align,
    paired_difference,
)
from backend.workflows.labels import run_label
from backend.workflows.loading import finished_runs, interval_of, values_of
from backend.workflows.workspace import Workspace
from db.records import RunRecord
from db.repositories import Runs


@dataclass(frozen=True)
class Verdict:
    """The leader, the best click-only run, and the paired difference between them.

    Both are chosen on validation and measured on test, so that the choice does not flatter them.
    `gain` is None where one of the two is missing.
    """

    leader: RunRecord | None
    score: Interval | None
    reference: RunRecord | None
    reference_score: Interval | None
    gain: Difference | None
    sentence: str
    content: RunRecord | None = None
    """The best run that reads content: what `gain` sets against the reference."""
    content_score: Interval | None = None


@lru_cache(maxsize=64)
def verdict(workspace: Workspace, run_ids: tuple[str, ...], metric: str) -> Verdict:
    """Of finished runs under one protocol; they never change, so it is worked out once."""
    with workspace.database.read() as session:
        stored = Runs(session).metrics(run_ids, split="test", name=metric)
    scores = {m.run_id: interval_of(m) for m in stored}
    # a control is there to be beaten; it neither leads nor stands for what content is worth
    real = [run for run in finished_runs(workspace, run_ids, metric) if not run.controls]
    usable = [run for run in real if metric in run.metrics and metric in run.validation]
    if not usable:
        return Verdict(None, None, None, None, None, "Nothing was trained and tested here yet.")
    content = _best([r for r in usable if r.encoders], metric)
    clicks = _best([r for r in usable if not r.encoders], metric)
    leader = _best([run for run in (content, clicks) if run], metric)
    assert leader is not None
    score = scores[leader.id]
    name = _metric_title(metric)
    lead = f"{run_label(leader)} leads on {name}: {_shown(score)}"
    if not metric_of(metric)[0].per_user:
        return Verdict(leader, score, None, None, None, f"{lead}.")
    if content is None or clicks is None:
        lacking = "a model that reads content" if content is None else "one that sees clicks only"
        return Verdict(
            leader,
            score,
            None,
            None,
            None,
            f"{lead}. Train {lacking} to see whether content helps.",
        )
    _, a, b = aligned(workspace, content, clicks, metric)
    gain = paired_difference(a, b)
    sentence = f"{lead}. {_gain_sentence(content, clicks, gain, float(b.mean()), metric)}"
    return Verdict(
        leader,
        score,
        clicks,
        scores[clicks.id],
        gain,
        sentence,
        content,
        scores[content.id],
    )


def aligned(
    workspace: Workspace, a: RunRecord, b: RunRecord, metric: str
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """(user_num i64[N], values of a f64[N], values of b f64[N]) over the users both scored."""
    return align(*values_of(workspace, a, metric), *values_of(workspace, b, metric))


def _best(runs: list[RunRecord], metric: str) -> RunRecord | None:
    higher = metric_of(metric)[0].higher_is_better
    ordered = sorted(runs, key=lambda run: run.validation[metric], reverse=higher)
    return ordered[0] if ordered else None


def _gain_sentence(
    content: RunRecord, clicks: RunRecord, gain: Difference, base: float, metric: str
) -> str:
    higher = metric_of(metric)[0].higher_is_better
    against = f"{run_label(clicks)}, the best model that sees clicks only"
    relative = f"{gain.value / base:+.1%} [{gain.low / base:+.1%}, {gain.high / base:+.1%}]"
    if gain.low <= 0 <= gain.high:
        return (
            f"That content helps is not shown: {run_label(content)} against {against} is "
            f"{relative}, and the interval includes zero."
        )
    if (gain.value > 0) == higher:
        return f"Content helps here: {run_label(content)} is {relative} against {against}."
    return f"Content does not help here: {run_label(content)} is {relative} against {against}."


def _metric_title(metric: str) -> str:
    stem, k = metric_of(metric)
    return stem.title if k is None else f"{stem.title}@{k}"


def _shown(interval: Interval) -> str:
    return f"{interval.value:.3g} [{interval.low:.3g}, {interval.high:.3g}]"
