"""What repositories take and return: frozen, detached from any session, times in aware UTC."""

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal


def new_id() -> str:
    """Eight random hex digits: the identifier of a data set, run, job or added item."""
    return secrets.token_hex(4)


def _now() -> datetime:
    return datetime.now(UTC)


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


Source = Literal["demo", "import"]


@dataclass(frozen=True, kw_only=True)
class DatasetRecord:
    """A data set; its tables are files under the workspace."""

    id: str = field(default_factory=new_id)
    name: str
    fingerprint: str
    source: Source
    scenario: str | None = None
    users: int
    items: int
    interactions: int
    rejected: int = 0
    has_truth: bool = False
    """Generated data of which the true attributions are known."""
    explicit: bool = False
    """Ratings vary, so that a rating can be predicted."""
    config: Mapping[str, object] = field(default_factory=dict)
    created_at: datetime = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One training: everything needed to repeat it, and what came out."""

    id: str = field(default_factory=new_id)
    name: str
    dataset_id: str
    dataset_fingerprint: str
    model: str
    fusion: str | None = None
    encoders: Mapping[str, str] = field(default_factory=dict)
    """Modality to name of the encoder."""
    controls: Mapping[str, str] = field(default_factory=dict)
    """Modality to how its features were made meaningless ("shuffled", "noise"), so that the run
    shows what the same model does without them; empty for a run that means what it says."""
    objective: str = "ranking"
    split: Mapping[str, object] = field(default_factory=dict)
    model_config: Mapping[str, object] = field(default_factory=dict)
    fusion_config: Mapping[str, object] = field(default_factory=dict)
    training_config: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    state: RunState = RunState.QUEUED
    error: str | None = None
    best_epoch: int | None = None
    epochs: int = 0
    seconds: float = 0.0
    parameters: int = 0
    code_version: str = ""
    environment: Mapping[str, object] = field(default_factory=dict)
    device: str = "cpu"
    collapsed: bool = False
    """Most of its test lists are not ordered by the model: every score in them is equal."""
    created_at: datetime = field(default_factory=_now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Of the test split, as last stored with `Runs.put_metrics`."""
    validation: Mapping[str, float] = field(default_factory=dict)
    """Of the validation split, as last stored with `Runs.put_metrics`."""


@dataclass(frozen=True)
class EpochRecord:
    """One point of a learning curve; `loss` and metrics may be NaN."""

    run_id: str
    epoch: int
    loss: float
    metrics: Mapping[str, float]
    seconds: float


@dataclass(frozen=True)
class MetricRecord:
    """One final figure with its interval, where one was computed."""

    run_id: str
    split: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ArtefactRecord:
    """A file of a run; `path` is relative to the workspace."""

    run_id: str
    name: str
    path: str
    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class FeatureRecord:
    """What encoding one modality of a data set with one encoder did."""

    dataset_id: str
    modality: str
    encoder: str
    fingerprint: str
    dim: int
    encoded: int
    cached: int
    missing: int
    per_second: float
    created_at: datetime = field(default_factory=_now)


RecallByDirection = Mapping[str, Mapping[str, float]]
"""`text_to_image` and `image_to_text`, each `recall@k` -> share of held-out queries, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class AlignmentRecord:
    """A space shared by the pictures and texts of a catalogue, and what it is worth."""

    dataset_id: str
    key: str
    """SHA-256 of everything that decides the outcome: contents, encoders, settings, seed."""
    method: str
    encoders: Mapping[str, str]
    """Modality to the encoder that was asked for."""
    settings: Mapping[str, object]
    seed: int
    pairs: int
    """Items with picture and text."""
    held_out: int
    duplicates: int
    """Held-out items that share their picture or their text with another one of them."""
    before: RecallByDirection
    """Empty where the encoders' vectors could not be compared before."""
    after: RecallByDirection
    chance: float
    """`recall@10` of a random order."""
    epochs: int
    seconds: float
    path: str
    """Of the learned weights, relative to the workspace."""
    sha256: str
    bytes: int
    created_at: datetime = field(default_factory=_now)
    """When it was last made or asked for."""


@dataclass(frozen=True, kw_only=True)
class ExperimentRecord:
    """A comparison under one protocol and one budget, and what came out of it."""

    id: str = field(default_factory=new_id)
    name: str
    dataset_id: str
    plan: Mapping[str, object]
    """What was asked for, enough to repeat it."""
    cells: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """Strategy -> its role and its runs."""
    verdict: Mapping[str, object] = field(default_factory=dict)
    """Empty until every run has ended."""
    opened_at: datetime | None = None
    """When the test figures were first looked at."""
    created_at: datetime = field(default_factory=_now)


class TrialState(StrEnum):
    """Where a trial stands; a pruned one was stopped because others were ahead at its stage."""

    RUNNING = "running"
    DONE = "done"
    PRUNED = "pruned"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class TuningRecord:
    """A search for settings: the same number of trials for every strategy."""

    id: str = field(default_factory=new_id)
    name: str
    dataset_id: str
    plan: Mapping[str, object]
    """What was asked for, enough to repeat it."""
    created_at: datetime = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """One training within a search. It is judged on the validation part and sees no other."""

    tuning_id: str
    strategy: str
    """ "fused/late"."""
    number: int
    """0 is the defaults."""
    state: TrialState = TrialState.RUNNING
    settings: Mapping[str, object] = field(default_factory=dict)
    """What the trial chose; the rest are the defaults."""
    curve: Mapping[str, float] = field(default_factory=dict)
    """Epoch -> the validation figure."""
    value: float = math.nan
    """The best of the curve; NaN before the first figure."""
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class AddedItemRecord:
    """An item uploaded after the import; `image`, `audio`, `video` are the SHA-256 of stored files,
    "" where there is none."""

    id: str = field(default_factory=new_id)
    dataset_id: str
    item_id: str
    title: str
    text: str = ""
    category: str = ""
    price: float | None = None
    image: str = ""
    audio: str = ""
    video: str = ""
    created_at: datetime = field(default_factory=_now)


@dataclass(frozen=True, kw_only=True)
class JobRecord:
    """Long work: waiting, under way or ended."""

    id: str = field(default_factory=new_id)
    kind: str
    title: str
    """For people."""
    payload: Mapping[str, object] = field(default_factory=dict)
    dataset_id: str | None = None
    run_id: str | None = None
    state: JobState = JobState.QUEUED
    priority: int = 0
    """Higher goes first."""
    device: str = "cpu"
    owner: str | None = None
    """The worker that holds, or last held, the lease."""
    lease_until: datetime | None = None
    attempt: int = 0
    """How often it was started."""
    max_attempts: int = 3
    cancel_requested: bool = False
    progress: float = 0.0
    what: str = ""
    """What it is doing, one short phrase."""
    error: str | None = None
    log_path: str = ""
    """Relative to the workspace."""
    created_at: datetime = field(default_factory=_now)
    started_at: datetime | None = None
    """Of the latest attempt."""
    finished_at: datetime | None = None


@dataclass(frozen=True)
class WorkerRecord:
    """A worker process, as of its last heartbeat; `idle_seconds` is the age of that heartbeat."""

    owner: str
    host: str
    pid: int
    devices: tuple[str, ...]
    started_at: datetime
    idle_seconds: float
