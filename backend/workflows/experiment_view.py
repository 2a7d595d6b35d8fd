"""What the Experiment page shows: the matrix, how far it is, the verdict, how to repeat it."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from backend.workflows.experiment import (
    ExperimentPlan,
    find_experiment,
    list_experiments,
    plan_from,
    runs_of,
)
from backend.workflows.experiment_verdict import ExperimentVerdict, verdict_of
from backend.workflows.jobviews import JobView, job_views
from backend.workflows.loading import find_dataset
from backend.workflows.workspace import Workspace
from db.records import ExperimentRecord, JobState
from db.repositories import Jobs, Runs


@dataclass(frozen=True)
class MatrixRow:
    """One strategy; `states` maps "seed 0", "trial 1", ... to where that run stands."""

    label: str
    role: str
    states: Mapping[str, str]
    error: str
    """Why it could not be trained; "" where nothing went wrong."""


@dataclass(frozen=True)
class ExperimentView:
    """One experiment."""

    id: str
    name: str
    created_at: datetime
    metric: str
    rows: tuple[MatrixRow, ...]
    job: JobView | None
    """Where it is under way or ended badly."""
    verdict: ExperimentVerdict | None
    opened_at: datetime | None
    """When the test figures were first looked at."""
    openings: int
    """How many experiments on these data had opened the test by then, this one included."""
    command: str
    """Repeats it on another machine."""


def view(workspace: Workspace, experiment_id: str) -> ExperimentView:
    """An experiment as it stands now."""
    record = find_experiment(workspace, experiment_id)
    plan = plan_from(record)
    return ExperimentView(
        id=record.id,
        name=record.name,
        created_at=record.created_at,
        metric=plan.metric,
        rows=_rows(workspace, record),
        job=_job(workspace, record),
        verdict=verdict_of(record),
        opened_at=record.opened_at,
        openings=_openings(workspace, record),
        command=_command(find_dataset(workspace, record.dataset_id).name, plan),
    )


def names(workspace: Workspace, dataset_id: str) -> dict[str, str]:
    """Id -> name, newest first."""
    return {record.id: record.name for record in list_experiments(workspace, dataset_id)}


def _rows(workspace: Workspace, record: ExperimentRecord) -> tuple[MatrixRow, ...]:
    runs = {key: runs_of(cell) for key, cell in record.cells.items()}
    ids = list(dict.fromkeys(run for row in runs.values() for run in row.values()))
    with workspace.database.read() as session:
        states = {run.id: str(run.state) for run in Runs(session).many(ids)}
    return tuple(
        MatrixRow(
            str(cell["label"]),
            str(cell["role"]),
            {name: states[run] for name, run in runs[key].items()},
            str(cell.get("error", "")),
        )
        for key, cell in record.cells.items()
    )


def _openings(workspace: Workspace, record: ExperimentRecord) -> int:
    opened = [r.opened_at for r in list_experiments(workspace, record.dataset_id) if r.opened_at]
    return sum(moment <= record.opened_at for moment in opened) if record.opened_at else 0


def _job(workspace: Workspace, record: ExperimentRecord) -> JobView | None:
    with workspace.database.read() as session:
        mine = {
            job.id
            for job in Jobs(session).list(dataset_id=record.dataset_id)
            if job.payload.get("experiment_id") == record.id and job.state is not JobState.DONE
        }
        views = job_views(session, dataset_id=record.dataset_id) if mine else ()
    return next((job for job in views if job.id in mine), None)


def _command(dataset: str, plan: ExperimentPlan) -> str:
    parts = ["python -m backend experiment", shlex.quote(dataset)]
    if plan.models:
        parts.append(f"--models {shlex.quote(','.join(plan.models))}")
    parts += [f"--encoder {shlex.quote(f'{m}={e}')}" for m, e in plan.encoders.items()]
    parts.append(f"--seeds {plan.seeds} --budget {plan.budget}")
    if plan.split:
        parts.append(f"--split {plan.split}")
    if plan.positive is not None:
        parts.append(f"--positive {shlex.quote(plan.positive)}")
    parts += [f"--set {shlex.quote(f'{key}={value}')}" for key, value in plan.settings.items()]
    return " ".join(parts)
