"""What the Compare page shows: who leads, by how much, and whether that is more than noise."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.evaluation.significance import Difference, Interval
from backend.workflows.workspace import Workspace


@dataclass(frozen=True)
class LeaderRow:
    """One finished run with its test metrics."""

    run_id: str
    label: str
    model: str
    fusion: str | None
    encoders: Mapping[str, str]
    seed: int
    metrics: Mapping[str, Interval]
    """Test metrics; low = high = value where no interval applies (coverage)."""
    seconds: float
    parameters: int
    epochs: int
    reads_content: bool


@dataclass(frozen=True)
class Protocol:
    """Runs are comparable only under one protocol: split, positives, objective."""

    key: str
    """For the URL."""
    label: str
    """"given split, ranking" in words."""
    runs: int


@dataclass(frozen=True)
class Leaderboard:
    """All comparable runs, best first on `metric`."""

    protocols: tuple[Protocol, ...]
    protocol: Protocol | None
    metric: str
    higher_is_better: bool
    rows: tuple[LeaderRow, ...]
    metrics: tuple[str, ...]
    """All metric names that any row has."""
    verdict: str
    """The finding in one or two plain sentences, as honest for a null result."""


@dataclass(frozen=True)
class PairedRow:
    """One run against the pinned baseline on the same users."""

    run_id: str
    label: str
    difference: Difference
    relative: float
    """Difference divided by the baseline's value."""
    adjusted_p: float
    """Holm-corrected over all rows of the table."""
    sentence: str


@dataclass(frozen=True)
class Curve:
    """A run's learning curve."""

    run_id: str
    label: str
    model: str
    fusion: str | None
    epochs: tuple[int, ...]
    loss: tuple[float, ...]
    metric: tuple[float | None, ...]
    best_epoch: int


@dataclass(frozen=True)
class ConfigDifference:
    """A setting in which the chosen runs differ; values in the order of the runs asked for."""

    setting: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Segments:
    """Mean metric per run and user segment, f[run][segment]; None where a segment is empty."""

    labels: tuple[str, ...]
    segments: tuple[str, ...]
    """"3-5 purchases" and so on: users by training interactions, in quartiles."""
    sizes: tuple[int, ...]
    values: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class MetricHelp:
    """What a metric means, for the hover and the glossary."""

    name: str
    title: str
    sentence: str
    formula: str
    source: str
    higher_is_better: bool


def leaderboard(
    workspace: Workspace, dataset_id: str, metric: str = "ndcg@20", protocol: str = ""
) -> Leaderboard:
    """Finished runs of one protocol (default: the one with most runs)."""
    raise NotImplementedError


def paired(
    workspace: Workspace, run_ids: tuple[str, ...], baseline: str, metric: str = "ndcg@20"
) -> tuple[PairedRow, ...]:
    """Each run against the baseline, paired over users. Raises InvalidInput across protocols."""
    raise NotImplementedError


def per_user(
    workspace: Workspace, run_a: str, run_b: str, metric: str = "ndcg@20"
) -> tuple[tuple[str, float, float], ...]:
    """(user_id, value in a, value in b) for every user that both runs scored."""
    raise NotImplementedError


def curves(
    workspace: Workspace, run_ids: tuple[str, ...], metric: str = "ndcg@20"
) -> tuple[Curve, ...]:
    """Learning curves on validation; solved models have none and are left out."""
    raise NotImplementedError


def config_differences(
    workspace: Workspace, run_ids: tuple[str, ...]
) -> tuple[ConfigDifference, ...]:
    """Only what differs."""
    raise NotImplementedError


def segments(workspace: Workspace, run_ids: tuple[str, ...], metric: str = "ndcg@20") -> Segments:
    """For whom each run works."""
    raise NotImplementedError


def metric_help() -> Mapping[str, MetricHelp]:
    """Every metric's explanation by base name ("ndcg")."""
    raise NotImplementedError
