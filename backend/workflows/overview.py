"""What the Overview page shows: the state of everything, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from backend.evaluation.significance import Difference, Interval
from backend.workflows.workspace import Workspace


@dataclass(frozen=True)
class JobView:
    """A job as people see it."""

    id: str
    kind: str
    title: str
    state: str
    fraction: float
    what: str
    error: str | None
    position: int | None
    """Place in the queue, 1 = next; None unless queued."""
    eta_seconds: float | None
    run_id: str | None
    dataset_id: str | None
    created_at: datetime
    finished_at: datetime | None


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


def overview(workspace: Workspace) -> Overview:
    """The page in one call; costs a few queries, no model is loaded."""
    raise NotImplementedError


def start_demo(workspace: Workspace) -> JobView:
    """Queue the demo (generate, import, encode, train); a second call returns the same job."""
    raise NotImplementedError
