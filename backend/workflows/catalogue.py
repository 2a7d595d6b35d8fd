"""What the Catalogue page does: import, upload single items, browse, profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from backend.data.validate import ValidationReport
from backend.workflows.cards import ItemCard
from backend.workflows.overview import JobView
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord

Sort = Literal["popular", "title", "price", "newest"]


@dataclass(frozen=True)
class GalleryQuery:
    """What to show of a catalogue. Empty strings mean no restriction."""

    search: str = ""
    """Words that must all occur in title or text, any case."""
    category: str = ""
    missing: str = ""
    """Only items that lack this modality."""
    sort: Sort = "popular"
    page: int = 0
    size: int = 60


@dataclass(frozen=True)
class GalleryPage:
    """One page of cards."""

    items: tuple[ItemCard, ...]
    total: int
    pages: int
    categories: tuple[str, ...]
    """All categories of the catalogue, most frequent first."""


@dataclass(frozen=True)
class Profile:
    """What a catalogue and its interactions look like."""

    users: int
    items: int
    interactions: int
    sparsity: float
    """Share of user-item pairs without an interaction, 0 to 1."""
    item_counts: NDArray[np.int64]
    """Interactions per item, descending, i64[I]."""
    user_counts: NDArray[np.int64]
    """Interactions per user, descending, i64[U]."""
    top_tenth_share: float
    """Share of interactions that the most popular tenth of the items takes."""
    coverage: Mapping[str, float]
    """Share of items with each modality."""
    missing: Mapping[str, int]
    categories: Mapping[str, int]
    """Items per category, most frequent first, at most 20."""
    ratings: Mapping[float, int]
    """Rows per rating value; empty where all ratings are equal."""
    timeline: Mapping[str, int]
    """Interactions per day ("2026-01-31") or month; empty without timestamps."""
    splits: Mapping[str, int]
    """Rows per given split; empty where the source had none."""
    cold_items: int
    """Items without a training interaction in the given split (0 where none was given)."""
    findings: tuple[str, ...]
    """Plain sentences on what deserves attention, each with what to do."""


@dataclass(frozen=True)
class FeatureState:
    """Which encoder has read which modality of a data set."""

    modality: str
    encoder: str
    dim: int
    encoded: int
    cached: int
    missing: int
    per_second: float


@dataclass(frozen=True)
class NewItem:
    """A single item typed in by hand; at least a picture or some text."""

    title: str
    text: str = ""
    category: str = ""
    price: float | None = None
    image: bytes | None = None
    item_id: str = ""
    """Made up where empty."""


def datasets(workspace: Workspace) -> tuple[DatasetRecord, ...]:
    """All data sets, newest first."""
    raise NotImplementedError


def dataset(workspace: Workspace, name_or_id: str) -> DatasetRecord:
    """One data set; NotFound with the known names otherwise."""
    raise NotImplementedError


def gallery(workspace: Workspace, dataset_id: str, query: GalleryQuery) -> GalleryPage:
    """One page of the catalogue, added items included."""
    raise NotImplementedError


def profile(workspace: Workspace, dataset_id: str) -> Profile:
    """Counts and distributions; cached per data set, since data sets never change."""
    raise NotImplementedError


def features(workspace: Workspace, dataset_id: str) -> tuple[FeatureState, ...]:
    """What was encoded so far."""
    raise NotImplementedError


def report(workspace: Workspace, dataset_id: str) -> ValidationReport | None:
    """The report of the import; None for generated data without problems."""
    raise NotImplementedError


def report_csv(workspace: Workspace, dataset_id: str) -> bytes:
    """The same as a CSV file for download."""
    raise NotImplementedError


def queue_import(workspace: Workspace, source: Path | bytes, filename: str, name: str) -> JobView:
    """Store an upload (a ZIP) or take a local folder, and queue import and encoding.

    Raises InvalidInput where the name is taken or the upload is no ZIP.
    """
    raise NotImplementedError


def queue_encode(workspace: Workspace, dataset_id: str, encoders: Mapping[str, str]) -> JobView:
    """Queue encoding: modality name -> encoder, e.g. {"image": "efficientnet"}."""
    raise NotImplementedError


def add_item(workspace: Workspace, dataset_id: str, item: NewItem) -> ItemCard:
    """Store one item, encode it at once with every encoder in use; recommendable without retraining
    by runs that read content. Raises InvalidInput for an unreadable picture or a taken id."""
    raise NotImplementedError
