"""What the Catalogue page does: import, upload single items, browse, profile."""

import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.dataset import Dataset
from backend.data.decoding import Decoder
from backend.data.ingest import VALIDATION_FILE
from backend.data.media import store_picture
from backend.data.recordings import StoredRecording, store_clip, store_sound
from backend.data.validate import ValidationReport
from backend.errors import InvalidInput
from backend.jobs.queue import Queue
from backend.schema import MEDIA_COLUMNS, Col, Modality, SplitName
from backend.workflows.additions import encode_added, list_added
from backend.workflows.cards import ItemCard, added_card, catalogue_cards
from backend.workflows.importing import ImportRequest, check_name, keep_upload
from backend.workflows.jobviews import JobView, job_view
from backend.workflows.loading import default_encoders, find_dataset, modalities_of, open_dataset
from backend.workflows.workspace import Workspace
from db.records import AddedItemRecord, DatasetRecord
from db.repositories import AddedItems, Datasets, Features

Sort = Literal["popular", "rare", "title", "price", "newest"]


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
    modalities: tuple[str, ...]
    """What at least one item has."""


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
    """A single item brought by hand; at least a picture, some text, a sound or a video."""

    title: str
    text: str = ""
    category: str = ""
    price: float | None = None
    image: bytes | None = None
    audio: bytes | None = None
    video: bytes | None = None
    item_id: str = ""
    """Made up where empty."""


def datasets(workspace: Workspace) -> tuple[DatasetRecord, ...]:
    """All data sets, newest first."""
    with workspace.database.read() as session:
        return tuple(Datasets(session).list())


def dataset(workspace: Workspace, name_or_id: str) -> DatasetRecord:
    """One data set; NotFound with the known names otherwise."""
    return find_dataset(workspace, name_or_id)


def gallery(workspace: Workspace, dataset_id: str, query: GalleryQuery) -> GalleryPage:
    """One page of the catalogue, added items included."""
    record = find_dataset(workspace, dataset_id)
    dataset = open_dataset(workspace, record)
    added = list_added(workspace, record.id)
    table = _gallery_table(dataset, added)
    keep = _matches(table, query)
    if query.missing:
        keep &= _lacking(dataset, added, Modality(query.missing))
    chosen = table[keep]
    chosen = chosen.sort_values(**_ORDER[query.sort], kind="stable")
    start = query.page * query.size
    nums = chosen.index[start : start + query.size]
    return GalleryPage(
        items=tuple(_card(dataset, added, int(num)) for num in nums),
        total=len(chosen),
        pages=max(1, -(-len(chosen) // query.size)),
        categories=tuple(table["category"][table["category"] != ""].value_counts().index),
        modalities=tuple(map(str, modalities_of(dataset))),
    )


def profile(workspace: Workspace, dataset_id: str) -> Profile:
    """Counts and distributions; cached per data set, since data sets never change."""
    return _profile(workspace, find_dataset(workspace, dataset_id).id)


def features(workspace: Workspace, dataset_id: str) -> tuple[FeatureState, ...]:
    """What was encoded so far."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        return tuple(
            FeatureState(f.modality, f.encoder, f.dim, f.encoded, f.cached, f.missing, f.per_second)
            for f in Features(session).list(record.id)
        )


def report(workspace: Workspace, dataset_id: str) -> ValidationReport | None:
    """The report of the import; None where none was kept."""
    record = find_dataset(workspace, dataset_id)
    path = open_dataset(workspace, record).root / VALIDATION_FILE
    return ValidationReport.from_json(path.read_text("utf-8")) if path.exists() else None


def report_csv(workspace: Workspace, dataset_id: str) -> bytes:
    """The same as a CSV file for download; empty without a report."""
    found = report(workspace, dataset_id)
    if found is None:
        return b""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.csv"
        found.to_csv(path)
        return path.read_bytes()


def queue_import(
    workspace: Workspace,
    source: Path | bytes,
    filename: str,
    name: str,
    request: ImportRequest | None = None,
) -> JobView:
    """Store an upload (a ZIP or a table) or take what lies on this machine, and queue import and
    encoding.

    Raises InvalidInput where the name is taken or the upload is neither, ConfigError where the
    request names what does not exist.
    """
    check_name(workspace, name)
    asked = request or ImportRequest()
    asked.check()
    if isinstance(source, bytes):
        path = keep_upload(workspace, source, filename)
    else:
        path = source.expanduser().resolve()
        if not path.exists():
            raise InvalidInput(f"There is no file or folder '{source}' on this machine.")
    job = Queue(workspace.database).enqueue(
        "import",
        f"Import {name}",
        {"path": str(path), "name": name, "encode": True} | asked.to_payload(),
    )
    return job_view(workspace, job.id)


def queue_encode(workspace: Workspace, dataset_id: str, encoders: Mapping[str, str]) -> JobView:
    """Queue encoding: modality name -> encoder, e.g. {"image": "efficientnet"}."""
    record = find_dataset(workspace, dataset_id)
    chosen = dict(encoders) or default_encoders(open_dataset(workspace, record))
    job = Queue(workspace.database).enqueue(
        "encode", f"Encode {record.name}", {"encoders": chosen}, dataset_id=record.id
    )
    return job_view(workspace, job.id)


def add_item(workspace: Workspace, dataset_id: str, item: NewItem) -> ItemCard:
    """Store one item, encode it at once with every encoder in use; recommendable without retraining
    by runs that read content. Raises InvalidInput for an unreadable file or a taken id."""
    record = find_dataset(workspace, dataset_id)
    dataset = open_dataset(workspace, record)
    files = item.image or item.audio or item.video
    if not files and not (item.title.strip() or item.text.strip()):
        raise InvalidInput(
            "Give a title, a description, a picture, a sound or a video; at least one is needed."
        )
    item_id = item.item_id.strip() or f"new-{secrets.token_hex(3)}"
    taken = {a.item_id for a in list_added(workspace, record.id)}
    if item_id in taken or (dataset.items[Col.ITEM_ID] == item_id).any():
        raise InvalidInput(f"The item id '{item_id}' is taken. Choose another or leave it empty.")
    recordings = _stored_recordings(item, dataset.root)
    new = AddedItemRecord(
        dataset_id=record.id,
        item_id=item_id,
        title=item.title.strip(),
        text=item.text.strip(),
        category=item.category.strip(),
        price=item.price,
        image=store_picture(item.image, dataset.root) if item.image else "",
        audio=recordings.audio,
        video=recordings.video,
    )
    encode_added(workspace, dataset, (new,), _encoders_in_use(workspace, record, dataset))
    with workspace.database.write() as session:
        AddedItems(session).add(new)
    return added_card(dataset, len(taken), new)


def _stored_recordings(item: NewItem, root: Path) -> StoredRecording:
    """As on import, a video lends its sound to an item that has none of its own."""
    if not item.audio and not item.video:
        return StoredRecording()
    with tempfile.TemporaryDirectory() as folder, Decoder(children=1) as decoder:
        upload = Path(folder) / "upload"
        clip = sound = StoredRecording()
        if item.video:
            upload.write_bytes(item.video)
            clip = store_clip(upload, root, decoder)
        if item.audio:
            upload.write_bytes(item.audio)
            sound = store_sound(upload, root, decoder)
        return StoredRecording(sound.audio or clip.audio, clip.video)


_ORDER: Mapping[Sort, dict[str, Any]] = {
    "popular": {"by": "popularity", "ascending": False},
    "rare": {"by": "popularity"},
    "title": {"by": "title", "key": lambda titles: titles.str.lower()},
    "price": {"by": "price", "na_position": "last"},
    "newest": {"by": "number", "ascending": False},
}


def _gallery_table(dataset: Dataset, added: tuple[AddedItemRecord, ...]) -> pd.DataFrame:
    """What filters and sorting look at; row number = item_num of the card."""
    columns = ["title", "text", "category", "price", "image", "audio", "video"]
    table = dataset.items.reindex(columns=columns, fill_value="").assign(
        popularity=dataset.popularity
    )
    rows = [{c: getattr(a, c) for c in columns} | {"popularity": 0} for a in added]
    if rows:
        table = pd.concat([table, pd.DataFrame(rows)], ignore_index=True)
    return table.assign(number=np.arange(len(table)), price=table["price"].astype(float))


def _matches(table: pd.DataFrame, query: GalleryQuery) -> NDArray[np.bool_]:
    keep = np.ones(len(table), dtype=bool)
    if query.search.strip():
        haystack = (table["title"] + " " + table["text"]).str.lower()
        for word in query.search.lower().split():
            keep &= haystack.str.contains(word, regex=False).to_numpy()
    if query.category:
        keep &= (table["category"] == query.category).to_numpy()
    return keep


def _lacking(
    dataset: Dataset, added: tuple[AddedItemRecord, ...], modality: Modality
) -> NDArray[np.bool_]:
    """Which of the catalogue's and the added items have none of a modality."""
    lacking = [not _has(item, modality) for item in added]
    return np.concatenate([~dataset.present(modality), np.array(lacking, dtype=np.bool_)])


def _has(item: AddedItemRecord, modality: Modality) -> bool:
    if modality in MEDIA_COLUMNS:
        return bool(getattr(item, MEDIA_COLUMNS[modality]))
    if modality is Modality.TEXT:
        return bool(item.title or item.text)
    return modality is Modality.ATTRIBUTES and bool(item.category or item.price is not None)


def _card(dataset: Dataset, added: tuple[AddedItemRecord, ...], num: int) -> ItemCard:
    if num < dataset.n_items:
        return catalogue_cards(dataset, [num])[0]
    position = num - dataset.n_items
    return added_card(dataset, position, added[position])


def _encoders_in_use(
    workspace: Workspace, record: DatasetRecord, dataset: Dataset
) -> dict[str, str]:
    """Newest encoder per modality; the defaults where nothing was encoded yet."""
    with workspace.database.read() as session:
        used = {f.modality: f.encoder for f in Features(session).list(record.id)}
    return default_encoders(dataset) | used


@lru_cache(maxsize=16)
def _profile(workspace: Workspace, dataset_id: str) -> Profile:
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    rows = dataset.interactions
    item_counts = np.sort(dataset.popularity)[::-1]
    user_counts = np.sort(np.bincount(rows[Col.USER_NUM], minlength=dataset.n_users))[::-1]
    pairs = len(rows.drop_duplicates([Col.USER_NUM, Col.ITEM_NUM]))
    tenth = item_counts[: max(1, len(item_counts) // 10)].sum()
    missing = _missing_counts(dataset)
    n_items = max(1, dataset.n_items)
    splits: dict[str, int] = {}
    cold = 0
    if Col.SPLIT in rows.columns:
        splits = {name: int((rows[Col.SPLIT] == name).sum()) for name in SplitName}
        trained = rows[Col.ITEM_NUM][rows[Col.SPLIT] == SplitName.TRAIN]
        cold = dataset.n_items - trained.nunique()
    return Profile(
        users=dataset.n_users,
        items=dataset.n_items,
        interactions=len(rows),
        sparsity=1 - pairs / max(1, dataset.n_users * dataset.n_items),
        item_counts=item_counts,
        user_counts=user_counts,
        top_tenth_share=float(tenth) / max(1, len(rows)),
        coverage={m: 1 - count / n_items for m, count in missing.items()},
        missing=missing,
        categories=_top_categories(dataset),
        ratings=_ratings(rows[Col.RATING]),
        timeline=_timeline(rows[Col.TIMESTAMP]),
        splits=splits,
        cold_items=cold,
    )


def _ratings(ratings: "pd.Series[float]") -> dict[float, int]:
    """Rows per value; empty where all are equal."""
    values, counts = np.unique(ratings.to_numpy().round(2), return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True)) if len(values) > 1 else {}


def _missing_counts(dataset: Dataset) -> dict[str, int]:
    return {str(m): int((~dataset.present(m)).sum()) for m in modalities_of(dataset)}


def _top_categories(dataset: Dataset) -> dict[str, int]:
    """Items per category; `a|b` counts for both."""
    parts = dataset.items["category"].str.split("|").explode()
    counts = parts[parts != ""].value_counts().head(20)
    return {str(name): int(count) for name, count in counts.items()}


def _timeline(timestamps: "pd.Series[int]") -> dict[str, int]:
    known = timestamps[timestamps > 0]
    if known.empty:
        return {}
    times = pd.to_datetime(known, unit="s")
    days = (times.max() - times.min()).days
    counts = times.dt.strftime("%Y-%m-%d" if days <= 200 else "%Y-%m").value_counts().sort_index()
    return {str(day): int(count) for day, count in counts.items()}
