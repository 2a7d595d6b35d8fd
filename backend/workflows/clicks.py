"""Whether the chances of a click that a run predicts are true: its reliability on the test part."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

from backend.evaluation.evaluator import evaluate_clicks
from backend.evaluation.metrics.clicks import binned
from backend.evaluation.significance import share_interval
from backend.workflows.labels import run_label
from backend.workflows.loading import find_run, load_run
from backend.workflows.workspace import Workspace


@dataclass(frozen=True)
class Reliability:
    """One run; tuples in the order of its bins of predicted chance, empty bins left out.

    `low`, `high`: 95 % interval of the share clicked. `error`: the expected calibration error.
    """

    run_id: str
    label: str
    predicted: tuple[float, ...]
    clicked: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    count: tuple[int, ...]
    error: float


def reliability(workspace: Workspace, run_ids: Sequence[str]) -> tuple[Reliability, ...]:
    """Of those runs that predict clicks, in the order asked for."""
    runs = [find_run(workspace, run_id) for run_id in run_ids]
    return tuple(_reliability(workspace, run.id) for run in runs if run.objective == "ctr")


@lru_cache(maxsize=32)
def _reliability(workspace: Workspace, run_id: str) -> Reliability:
    loaded = load_run(workspace, run_id)
    found = evaluate_clicks(loaded.embeddings, loaded.split.test)
    bins = binned(torch.from_numpy(found.probabilities), torch.from_numpy(found.clicks))
    intervals = [
        share_interval(share * n, n)
        for share, n in zip(bins.clicked.tolist(), bins.count.tolist(), strict=True)
    ]
    return Reliability(
        run_id=loaded.record.id,
        label=run_label(loaded.record),
        predicted=tuple(bins.predicted.tolist()),
        clicked=tuple(bins.clicked.tolist()),
        low=tuple(interval.low for interval in intervals),
        high=tuple(interval.high for interval in intervals),
        count=tuple(map(int, bins.count.tolist())),
        error=found.totals["calibration_error"],
    )
