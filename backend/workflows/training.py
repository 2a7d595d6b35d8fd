"""What the Train page does: choose, estimate, start, watch, cancel, resume."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.workflows.overview import JobView
from backend.workflows.workspace import Workspace
from db.records import EpochRecord, RunRecord
from models.config import Setting


@dataclass(frozen=True)
class Choice:
    """One option of a form, with what a person wants to know about it and its settings."""

    name: str
    title: str
    summary: str
    settings: tuple[Setting, ...]
    reads_content: bool = False
    takes_fusion: bool = False


@dataclass(frozen=True)
class Choices:
    """All that can be chosen for a data set."""

    models: tuple[Choice, ...]
    fusions: tuple[Choice, ...]
    encoders: Mapping[str, tuple[Choice, ...]]
    """Per modality that the data set has; the first is the default."""
    training: tuple[Setting, ...]
    splits: tuple[str, ...]
    """What this data set allows, the default first ("given" where a split column exists)."""
    objectives: tuple[str, ...]
    """"ranking" first; "rating" only where ratings vary."""
    default_positive: str
    """"rating>=4" for explicit ratings, else ""."""


@dataclass(frozen=True)
class Plan:
    """Runs to start: the product of models (x fusions for models that take one) and seeds."""

    dataset_id: str
    models: tuple[str, ...]
    fusions: tuple[str, ...] = ()
    encoders: Mapping[str, str] = field(default_factory=dict)
    """Modality -> encoder; empty: the defaults for every modality the data set has."""
    objective: str = "ranking"
    split: str = ""
    """Empty: the data set's default."""
    positive: str | None = None
    """None: the data set's default."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Loose keys, each handed to the config that knows it; a typo raises ConfigError."""
    seeds: tuple[int, ...] = (0,)
    device: str = "auto"


@dataclass(frozen=True)
class Estimate:
    """What a plan will cost."""

    runs: int
    seconds: float
    basis: str
    """Where the figure comes from, in words."""


@dataclass(frozen=True)
class RunProgress:
    """A run with its curve and where it stands."""

    run: RunRecord
    label: str
    job: JobView | None
    epochs: tuple[EpochRecord, ...]
    max_epochs: int


def choices(workspace: Workspace, dataset_id: str) -> Choices:
    """What the forms offer for this data set."""
    raise NotImplementedError


def estimate(workspace: Workspace, plan: Plan) -> Estimate:
    """From earlier runs of the same model on this machine, else a rule of thumb."""
    raise NotImplementedError


def start(workspace: Workspace, plan: Plan) -> tuple[RunRecord, ...]:
    """Validate everything first, then queue one job per run; encoding happens inside the job."""
    raise NotImplementedError


def progress(workspace: Workspace, dataset_id: str, limit: int = 50) -> tuple[RunProgress, ...]:
    """Active runs first, then the latest ended ones."""
    raise NotImplementedError


def cancel(workspace: Workspace, run_id: str) -> None:
    """Ask the run to stop at its next checkpoint; it can be resumed."""
    raise NotImplementedError


def resume(workspace: Workspace, run_id: str) -> JobView:
    """Queue a cancelled or failed run again from its checkpoint."""
    raise NotImplementedError
