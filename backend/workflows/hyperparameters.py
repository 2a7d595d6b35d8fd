"""What runs were set to, and how far they came with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.workflows.comparison import settings_of
from backend.workflows.labels import run_label
from backend.workflows.loading import finished_runs
from backend.workflows.workspace import Workspace

Setting = float | str | None
"""None: this run has no such setting."""


@dataclass(frozen=True)
class SetRun:
    """One run; `values` in the order of the names."""

    label: str
    values: tuple[Setting, ...]
    score: float


@dataclass(frozen=True)
class Hyperparameters:
    """Only settings that at least two of the runs have and in which they differ."""

    names: tuple[str, ...]
    runs: tuple[SetRun, ...]


def hyperparameters(workspace: Workspace, run_ids: Sequence[str], metric: str) -> Hyperparameters:
    """Of finished runs that have the metric, in the order asked for."""
    runs = [run for run in finished_runs(workspace, run_ids, metric) if metric in run.metrics]
    settings = [settings_of(run) for run in runs]
    names = tuple(
        name
        for name in dict.fromkeys(name for own in settings for name in own)
        if name != "seed" and len({own[name] for own in settings if name in own}) > 1
    )
    return Hyperparameters(
        names,
        tuple(
            SetRun(
                run_label(run), tuple(_value(own.get(name)) for name in names), run.metrics[metric]
            )
            for run, own in zip(runs, settings, strict=True)
        ),
    )


def _value(text: str | None) -> Setting:
    if text is None or text == "–":
        return None
    try:
        return float(text)
    except ValueError:
        return text
