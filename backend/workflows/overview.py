"""What the Overview page shows: the state of everything, and what to do next."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from backend.evaluation.significance import Difference, Interval
from backend.jobs.status import worker_status
from backend.schema import HEADLINE_METRIC
from backend.workflows.catalogue import profile
from backend.workflows.health import Severity, health
from backend.workflows.jobviews import JobView, job_views
from backend.workflows.labels import protocol_key, run_label
from backend.workflows.loading import open_dataset
from backend.workflows.verdict import Verdict, verdict
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, JobState, RunState
from db.repositories import Datasets, Runs


@dataclass(frozen=True)
class BestRun:
    """The leading run of a data set on the headline metric, and how far it is ahead."""

    run_id: str
    label: str
    score: Interval
    reference_label: str | None
    """The best run that sees clicks only (None: none trained)."""
    reference: Interval | None
    gain: Difference | None
    """Paired over users, absolute; None without a reference or where the leader is click-only."""
    content_run_id: str | None = None
    """The best run that reads content (None: none trained, or nothing to compare it with)."""
    content_label: str | None = None
    content: Interval | None = None


@dataclass(frozen=True)
class DatasetCard:
    """A data set in one glance."""

    id: str
    name: str
    scenario: str | None
    users: int
    items: int
    interactions: int
    coverage: Mapping[str, float]
    """Share of items that have each modality, 0 to 1."""
    thumbnails: tuple[Path, ...]
    runs_finished: int
    runs_active: int
    best: BestRun | None
    verdict: str
    """One plain sentence; says so where nothing was trained yet."""
    created_at: datetime


@dataclass(frozen=True)
class HealthWarning:
    """Something about a data set that deserves a look, with what to do."""

    dataset: str
    text: str
    action: str


@dataclass(frozen=True)
class NextStep:
    """The one thing to do next: a sentence, a label for the button, the page it leads to."""

    text: str
    label: str
    page: Literal["catalogue", "train", "compare", "recommend", "explain", "demo"]


@dataclass(frozen=True)
class Machine:
    """Who does the work: the worker's and the accelerator's state."""

    worker_alive: bool
    device: str
    """"CPU (2 cores)" or the name of the GPU."""


@dataclass(frozen=True)
class Overview:
    """Everything on the page."""

    datasets: tuple[DatasetCard, ...]
    active_jobs: tuple[JobView, ...]
    recent_jobs: tuple[JobView, ...]
    """Ended lately, newest first, at most ten."""
    warnings: tuple[HealthWarning, ...]
    next_step: NextStep
    machine: Machine


def overview(workspace: Workspace, dataset_id: str = "") -> Overview:
    """The page in one call; costs a few queries, no model is loaded.

    The next step is about `dataset_id`, by default the newest data set.
    """
    with workspace.database.read() as session:
        records = Datasets(session).list()
        jobs = job_views(session)
    cards = tuple(_card(workspace, record) for record in records)
    active = tuple(job for job in reversed(jobs) if job.state in ("queued", "running"))
    ended = sorted(
        (job for job in jobs if job.finished_at is not None),
        key=lambda job: job.finished_at or job.created_at,
        reverse=True,
    )
    return Overview(
        datasets=cards,
        active_jobs=active,
        recent_jobs=tuple(ended[:10]),
        warnings=tuple(_warnings(workspace, records)),
        next_step=_next_step(cards, active, dataset_id),
        machine=machine(workspace),
    )


def active_jobs(workspace: Workspace) -> tuple[JobView, ...]:
    """Waiting and running jobs, oldest first: one query, for pages that look every two seconds."""
    with workspace.database.read() as session:
        jobs = job_views(session, states=(JobState.QUEUED, JobState.RUNNING))
    return jobs[::-1]


def machine(workspace: Workspace) -> Machine:
    """Whether a worker lives, and on what it computes."""
    status = worker_status(workspace.database)
    if torch.cuda.is_available():
        return Machine(status.alive, torch.cuda.get_device_name())
    return Machine(status.alive, f"CPU ({os.cpu_count()} cores)")


def _card(workspace: Workspace, record: DatasetRecord) -> DatasetCard:
    with workspace.database.read() as session:
        runs = Runs(session).list(dataset_id=record.id, figures=(HEADLINE_METRIC,))
    finished = tuple(run for run in runs if run.state is RunState.DONE)
    active = [run for run in runs if run.state in (RunState.QUEUED, RunState.RUNNING)]
    ranking = tuple(run for run in finished if HEADLINE_METRIC in run.metrics)
    if ranking:
        newest = protocol_key(ranking[0])
        ranking = tuple(run for run in ranking if protocol_key(run) == newest)
    found = verdict(workspace, tuple(run.id for run in ranking), HEADLINE_METRIC)
    dataset = open_dataset(workspace, record)
    popular = np.argsort(-dataset.popularity, kind="stable")[:60]
    thumbnails = [t for t in map(dataset.thumbnail_path, popular.tolist()) if t is not None]
    return DatasetCard(
        id=record.id,
        name=record.name,
        scenario=record.scenario,
        users=record.users,
        items=record.items,
        interactions=record.interactions,
        coverage=profile(workspace, record.id).coverage,
        thumbnails=tuple(thumbnails[:12]),
        runs_finished=len(finished),
        runs_active=len(active),
        best=_best_run(found),
        verdict=found.sentence,
        created_at=record.created_at,
    )


def _best_run(found: Verdict) -> BestRun | None:
    if found.leader is None or found.score is None:
        return None
    reference = found.reference
    return BestRun(
        run_id=found.leader.id,
        label=run_label(found.leader),
        score=found.score,
        reference_label=run_label(reference) if reference else None,
        reference=found.reference_score,
        gain=None if reference is None or reference.id == found.leader.id else found.gain,
        content_run_id=found.content.id if found.content else None,
        content_label=run_label(found.content) if found.content else None,
        content=found.content_score,
    )


def _warnings(workspace: Workspace, records: tuple[DatasetRecord, ...]) -> Iterator[HealthWarning]:
    for record in records:
        if record.rejected:
            yield HealthWarning(
                record.name,
                f"{record.rejected:,} rows were refused at import.",
                "Open the report on the Catalogue page.",
            )
        for finding in health(workspace, record.id).findings:
            if finding.severity is Severity.PROBLEM:
                yield HealthWarning(record.name, finding.sentence, finding.advice)


def _next_step(
    cards: tuple[DatasetCard, ...], active: tuple[JobView, ...], dataset_id: str
) -> NextStep:
    if not cards:
        return NextStep(
            "Nothing is here yet. Prepare the demo shop, or import your own data.",
            "Prepare the demo",
            "demo",
        )
    shown = next((card for card in cards if card.id == dataset_id), cards[0])
    if shown.runs_finished >= 2:
        return NextStep(f"See which model wins on {shown.name}.", "Compare the models", "compare")
    if shown.runs_active or any(job.kind == "demo" for job in active):
        return NextStep(f"Models are being trained on {shown.name}.", "Watch training", "train")
    return NextStep(f"{shown.name} has no trained models yet.", "Train models", "train")
