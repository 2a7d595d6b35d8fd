"""What encoding a data set costs, and what is wrong with what came out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.data.health.findings import ordered
from backend.data.health.vectors import vector_findings
from backend.errors import USER_ERRORS
from backend.features.cost import estimate_encoding
from backend.features.extract import Extraction
from backend.features.quality import feature_quality
from backend.schema import Modality
from backend.workflows.loading import (
    default_encoders,
    feature_store,
    find_dataset,
    open_dataset,
    readable_reviews,
)
from backend.workflows.vectors import latest, stored_vectors
from backend.workflows.workspace import Workspace
from db.records import FeatureRecord
from db.repositories import Features


@dataclass(frozen=True)
class Encoded:
    """What encoding one modality did, and what deserves attention in it, in sentences."""

    record: FeatureRecord
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class EncodingEstimate:
    """What encoding one modality would cost; `problem` says why it cannot be done, else ""."""

    modality: str
    encoder: str
    new: int
    """Contents that the store does not hold yet."""
    learns: bool
    seconds: float
    basis: str
    """Where the time comes from, in words."""
    problem: str = ""


def estimate_costs(
    workspace: Workspace, dataset_id: str, encoders: Mapping[str, str] | None = None
) -> tuple[EncodingEstimate, ...]:
    """For each modality asked for (default: those that are read unasked)."""
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    chosen = dict(encoders or {}) or default_encoders(dataset)
    found = []
    for name, spec in chosen.items():
        with workspace.database.read() as session:
            speed = Features(session).speed(name, spec)
        try:
            training = readable_reviews(dataset) if name == Modality.REVIEWS else None
            cost = estimate_encoding(
                dataset, Modality(name), spec, feature_store(workspace), speed, training
            )
        except USER_ERRORS as problem:
            found.append(EncodingEstimate(name, spec, 0, False, 0.0, "", str(problem)))
            continue
        basis = "an earlier encoding here" if cost.measured else "a rule of thumb for one CPU core"
        found.append(EncodingEstimate(name, spec, cost.new, cost.learns, cost.seconds, basis))
    return tuple(found)


def with_warnings(
    rows: Iterable[FeatureRecord], extractions: Iterable[Extraction]
) -> tuple[Encoded, ...]:
    """Records beside what was found in their vectors."""
    return tuple(
        Encoded(row, tuple(finding.sentence for finding in feature_quality(extraction)))
        for row, extraction in zip(rows, extractions, strict=True)
    )


def vector_warnings(workspace: Workspace, dataset_id: str) -> dict[str, tuple[str, ...]]:
    """Modality -> what deserves attention in its latest vectors; only those with something."""
    record = find_dataset(workspace, dataset_id)
    dataset = open_dataset(workspace, record)
    found = {
        feature.modality: tuple(
            finding.sentence
            for finding in ordered(vector_findings(stored_vectors(workspace, dataset, feature)))
        )
        for feature in latest(workspace, record)
    }
    return {modality: sentences for modality, sentences in found.items() if sentences}
