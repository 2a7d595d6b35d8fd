"""Every metric of every strategy of an experiment, over its seeds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from backend.evaluation.metrics import METRICS, metric_of
from backend.workflows.experiment import find_experiment
from backend.workflows.experiment_verdict import StrategyRuns, strategy_runs
from backend.workflows.workspace import Workspace


@dataclass(frozen=True)
class Measure:
    """A test metric of one strategy."""

    mean: float
    spread: float
    """Standard deviation over seeds; 0 with one."""
    seeds: tuple[float, ...]
    """The value under each seed."""


@dataclass(frozen=True)
class StrategyMeasures:
    """One strategy whose seeds have all finished; costs are means over the seeds."""

    key: str
    label: str
    role: str
    run_id: str
    """Its first seed."""
    values: Mapping[str, Measure]
    seconds: float
    parameters: int


@dataclass(frozen=True)
class Measures:
    """The matrix strategy x metric."""

    rows: tuple[StrategyMeasures, ...]
    metrics: tuple[str, ...]
    """In the order of the glossary, then by cutoff."""
    higher: Mapping[str, bool]
    """Metric -> whether more is better."""


def measures(workspace: Workspace, experiment_id: str) -> Measures:
    """All test figures of an experiment; empty while no strategy has finished."""
    found = strategy_runs(workspace, find_experiment(workspace, experiment_id))
    names = sorted({name for row in found for run in row.runs for name in run.metrics}, key=_place)
    return Measures(
        tuple(_measured(row, names) for row in found),
        tuple(names),
        {name: metric_of(name)[0].higher_is_better for name in names},
    )


def _measured(row: StrategyRuns, names: list[str]) -> StrategyMeasures:
    shared = [name for name in names if all(name in run.metrics for run in row.runs)]
    return StrategyMeasures(
        row.key,
        row.label,
        row.role,
        row.runs[0].id,
        {name: _over_seeds([run.metrics[name] for run in row.runs]) for name in shared},
        float(np.mean([run.seconds for run in row.runs])),
        row.runs[0].parameters,
    )


def _over_seeds(values: list[float]) -> Measure:
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return Measure(float(np.mean(values)), spread, tuple(values))


def _place(name: str) -> tuple[int, int]:
    metric, k = metric_of(name)
    return list(METRICS).index(metric.name), k or 0
