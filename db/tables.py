"""The tables. A change here needs a migration in `db/migrations/versions`."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from db.columns import NanFloat, UtcDateTime

JsonObject = dict[str, Any]


class Base(DeclarativeBase):
    """Constraints carry names, because SQLite can only change what has one."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy's declared form
        datetime: UtcDateTime(),
        float: Double(),
        JsonObject: JSON(),
    }


def _dataset_key(primary: bool = False) -> Mapped[str]:
    return mapped_column(
        String(8),
        ForeignKey("datasets.id", ondelete="CASCADE"),
        primary_key=primary,
        index=not primary,
    )


def _run_key() -> Mapped[str]:
    return mapped_column(String(8), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)


class DatasetRow(Base):
    """`datasets`: one per imported or generated data set."""

    __tablename__ = "datasets"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(16))
    scenario: Mapped[str | None] = mapped_column(Text)
    users: Mapped[int]
    items: Mapped[int]
    interactions: Mapped[int]
    rejected: Mapped[int]
    has_truth: Mapped[bool]
    explicit: Mapped[bool]
    config: Mapped[JsonObject]
    created_at: Mapped[datetime]


class RunRow(Base):
    """`runs`: one per training; deleted with its data set."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    dataset_id: Mapped[str] = _dataset_key()
    dataset_fingerprint: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(Text)
    fusion: Mapped[str | None] = mapped_column(Text)
    encoders: Mapped[JsonObject]
    controls: Mapped[JsonObject] = mapped_column(server_default=sql("'{}'"))
    objective: Mapped[str] = mapped_column(String(16))
    split: Mapped[JsonObject]
    model_config: Mapped[JsonObject]
    fusion_config: Mapped[JsonObject]
    training_config: Mapped[JsonObject]
    seed: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(Text)
    best_epoch: Mapped[int | None]
    epochs: Mapped[int]
    seconds: Mapped[float]
    parameters: Mapped[int] = mapped_column(BigInteger)
    code_version: Mapped[str] = mapped_column(Text)
    environment: Mapped[JsonObject]
    device: Mapped[str] = mapped_column(Text)
    collapsed: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime] = mapped_column(index=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class EpochRow(Base):
    """`epochs`: learning curves."""

    __tablename__ = "epochs"

    run_id: Mapped[str] = _run_key()
    epoch: Mapped[int] = mapped_column(primary_key=True)
    loss: Mapped[float] = mapped_column(NanFloat, nullable=True)
    metrics: Mapped[JsonObject]
    seconds: Mapped[float]


class MetricRow(Base):
    """`metrics`: final figures of a run on one split."""

    __tablename__ = "metrics"

    run_id: Mapped[str] = _run_key()
    split: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[float] = mapped_column(NanFloat, nullable=True)
    low: Mapped[float | None]
    high: Mapped[float | None]


class ArtefactRow(Base):
    """`artefacts`: files of a run with their hashes."""

    __tablename__ = "artefacts"

    run_id: Mapped[str] = _run_key()
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)


class FeatureRow(Base):
    """`features`: the latest encoding of a modality with an encoder."""

    __tablename__ = "features"

    dataset_id: Mapped[str] = _dataset_key(primary=True)
    modality: Mapped[str] = mapped_column(String(32), primary_key=True)
    encoder: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    dim: Mapped[int]
    encoded: Mapped[int]
    cached: Mapped[int]
    missing: Mapped[int]
    per_second: Mapped[float]
    created_at: Mapped[datetime]


class AlignmentRow(Base):
    """`alignments`: shared image-text spaces of a catalogue, by what went into them."""

    __tablename__ = "alignments"

    dataset_id: Mapped[str] = _dataset_key(primary=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    method: Mapped[str] = mapped_column(String(16))
    encoders: Mapped[JsonObject]
    settings: Mapped[JsonObject]
    seed: Mapped[int] = mapped_column(BigInteger)
    pairs: Mapped[int]
    held_out: Mapped[int]
    duplicates: Mapped[int]
    before: Mapped[JsonObject]
    after: Mapped[JsonObject]
    chance: Mapped[float]
    epochs: Mapped[int]
    seconds: Mapped[float]
    path: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class ExperimentRow(Base):
    """`experiments`: named comparisons of many runs; deleted with their data set."""

    __tablename__ = "experiments"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    dataset_id: Mapped[str] = _dataset_key()
    plan: Mapped[JsonObject]
    cells: Mapped[JsonObject]
    verdict: Mapped[JsonObject]
    opened_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class TuningRow(Base):
    """`tunings`: searches for settings; deleted with their data set."""

    __tablename__ = "tunings"

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    dataset_id: Mapped[str] = _dataset_key()
    plan: Mapped[JsonObject]
    created_at: Mapped[datetime]


class TrialRow(Base):
    """`trials`: what a search tried, in order; deleted with their search."""

    __tablename__ = "trials"

    tuning_id: Mapped[str] = mapped_column(
        String(8), ForeignKey("tunings.id", ondelete="CASCADE"), primary_key=True
    )
    strategy: Mapped[str] = mapped_column(Text, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    settings: Mapped[JsonObject]
    curve: Mapped[JsonObject]
    value: Mapped[float] = mapped_column(NanFloat, nullable=True)
    seconds: Mapped[float]
    error: Mapped[str | None] = mapped_column(Text)


class AddedItemRow(Base):
    """`added_items`: items uploaded one by one after the import."""

    __tablename__ = "added_items"
    __table_args__ = (UniqueConstraint("dataset_id", "item_id"),)

    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    dataset_id: Mapped[str] = _dataset_key()
    item_id: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    price: Mapped[float | None]
    image: Mapped[str] = mapped_column(String(64))
    audio: Mapped[str] = mapped_column(String(64), server_default=sql("''"))
    video: Mapped[str] = mapped_column(String(64), server_default=sql("''"))
    created_at: Mapped[datetime]


class JobRow(Base):
    """`jobs`: the queue, in the order of `number`; deleted with its data set or run."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "one_running_job_per_device",
            "device",
            unique=True,
            sqlite_where=sql("state = 'running'"),
            postgresql_where=sql("state = 'running'"),
        ),
        Index("ix_jobs_state_device", "state", "device"),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(8), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(Text)
    payload: Mapped[JsonObject]
    dataset_id: Mapped[str | None] = mapped_column(
        String(8), ForeignKey("datasets.id", ondelete="CASCADE"), index=True
    )
    run_id: Mapped[str | None] = mapped_column(
        String(8), ForeignKey("runs.id", ondelete="CASCADE"), index=True
    )
    state: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int]
    device: Mapped[str] = mapped_column(String(32))
    owner: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[float | None]
    """Seconds since 1970 by the clock of the database."""
    attempt: Mapped[int]
    max_attempts: Mapped[int]
    cancel_requested: Mapped[bool]
    progress: Mapped[float]
    what: Mapped[str] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    log_path: Mapped[str] = mapped_column(Text)
    settled: Mapped[bool]
    """False from an end without success until the job's `on_failure` hook has run."""
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class WorkerRow(Base):
    """`workers`: who empties the queue, and when it was last seen."""

    __tablename__ = "workers"

    owner: Mapped[str] = mapped_column(String(128), primary_key=True)
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int]
    devices: Mapped[str] = mapped_column(Text)
    """Names joined by commas."""
    started_at: Mapped[datetime]
    seen: Mapped[float]
    """Seconds since 1970 by the clock of the database."""
