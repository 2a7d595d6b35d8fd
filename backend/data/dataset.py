"""A data set as every later stage sees it: immutable, dense row numbers, a content fingerprint."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.media import picture_path, thumbnail_path
from backend.data.recordings import poster_path, recording_path
from backend.data.steps import CleaningRecord
from backend.durable import file_sha256, write_durably
from backend.errors import DamagedArtefact, NotFound
from backend.schema import (
    ITEM_COLUMNS,
    MEDIA_COLUMNS,
    PERSON,
    RECORDING_COLUMNS,
    Col,
    Modality,
    SplitName,
)

_TABLES: Final = ("items.parquet", "interactions.parquet", "users.parquet")
_META: Final = "meta.json"
_LAYOUT: Final = 1
Given = Mapping[Modality, NDArray[np.float32]]
"""Ready-made features of a source: f32[I, D] per modality, a row of NaN where an item has none."""


@dataclass(frozen=True)
class Interactions:
    """Pairs in dense rows. `users`, `items` i64[N]; `ratings` f32[N]; `rows` i64[N] where they
    stand among the data set's interactions and `times` i64[N] when they happened (both empty for
    pairs that were not taken from there)."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    ratings: NDArray[np.float32]
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    times: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class SplitData:
    """Three disjoint parts of a data set's interactions (positives only for ranking).

    `candidates` bool[I] per part: the only items that are ranked when that part is the truth; a
    part that is not named ranks the whole catalogue.
    """

    train: Interactions
    validation: Interactions
    test: Interactions
    candidates: Mapping[SplitName, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """A catalogue and what users did with it.

    `items`: row number = `item_num`; columns `item_id, title, text, category, price, image`
    (missing: "" for strings, NaN for price; `image` is the SHA-256 of the stored picture or ""),
    then, if the source had them, `audio` and `video` (like `image`), then one column per
    attribute. `interactions`: `user_num, item_num, rating` (f32, 1.0 where the source has none),
    `timestamp` (i64 seconds since 1970 UTC, 0 where unknown) and, if the source had them, `review`
    (text, "" where none) and `split`. `user_ids[user_num]` is the external identifier. `given`
    names the modalities with ready-made features and the SHA-256 of their files. `cleaning` is what
    was done on the way from the source; it is no part of the content.
    """

    fingerprint: str
    root: Path
    items: pd.DataFrame
    interactions: pd.DataFrame
    user_ids: NDArray[np.str_]
    given: Mapping[Modality, str] = field(default_factory=dict)
    cleaning: CleaningRecord = field(default_factory=CleaningRecord)

    @property
    def n_users(self) -> int:
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        return len(self.items)

    @cached_property
    def explicit(self) -> bool:
        """Whether ratings differ."""
        return bool(self.interactions[Col.RATING].nunique() > 1)

    @cached_property
    def logs_clicks(self) -> bool:
        """Whether the interactions are impressions: each rating 1 for clicked or 0 for not."""
        return set(self.interactions[Col.RATING].unique().tolist()) == {0.0, 1.0}

    @cached_property
    def popularity(self) -> NDArray[np.int64]:
        """Interactions per item over the whole data set, i64[I]."""
        return np.bincount(self.interactions[Col.ITEM_NUM], minlength=self.n_items)

    def present(self, modality: Modality) -> NDArray[np.bool_]:
        """bool[I]: which items have such content, be it raw or as ready-made features."""
        raw = self.raw_present(modality)
        return raw | self.given_features(modality)[1] if modality in self.given else raw

    def raw_present(self, modality: Modality) -> NDArray[np.bool_]:
        """bool[I]: a stored file; a title or description; a review; any attribute."""
        if modality in MEDIA_COLUMNS:
            return self._filled((MEDIA_COLUMNS[modality],))
        if modality is Modality.TEXT:
            return self._filled((Col.TITLE, Col.TEXT))
        if modality is Modality.REVIEWS:
            return self._reviewed()
        return self._filled((Col.CATEGORY, *self.attributes)) | self.items[Col.PRICE].notna()

    def given_features(self, modality: Modality) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """(f32[I, D], zero where absent; bool[I]) of a modality in `given`.

        Raises DamagedArtefact where the file is not the one that was stored.
        """
        path = self.root / _given_file(modality)
        if not path.is_file() or file_sha256(path) != self.given[modality]:
            raise _damaged(path)
        values = np.load(path, allow_pickle=False)
        present = ~np.isnan(values).any(axis=1)
        return np.where(present[:, None], values, np.float32(0)), present

    @cached_property
    def perceptible(self) -> tuple[Modality, ...]:
        """What a person can look at, read or play of at least one item."""
        shown = (Modality.IMAGE, Modality.TEXT, Modality.AUDIO, Modality.VIDEO)
        return tuple(m for m in shown if self.raw_present(m).any())

    def own_profile(self, user_num: int) -> NDArray[np.int64]:
        """i64[0] or i64[1]: the item that is this user, in a catalogue that lists people.

        The same identifier alone says nothing: user 17 and film 17 have nothing in common.
        """
        same = self.items[Col.ITEM_ID] == self.user_ids[user_num]
        return np.flatnonzero(same & (self.items[Col.CATEGORY] == PERSON))

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the item columns beyond the known ones."""
        known = (*ITEM_COLUMNS, *RECORDING_COLUMNS)
        return tuple(column for column in self.items.columns if column not in known)

    def _filled(self, columns: "tuple[str, ...]") -> NDArray[np.bool_]:
        there = [self.items[c] != "" for c in columns if c in self.items.columns]
        return np.logical_or.reduce(there) if there else np.zeros(self.n_items, np.bool_)

    def _reviewed(self) -> NDArray[np.bool_]:
        present = np.zeros(self.n_items, np.bool_)
        if Col.REVIEW in self.interactions.columns:
            written = self.interactions[Col.REVIEW] != ""
            present[self.interactions.loc[written, Col.ITEM_NUM]] = True
        return present

    def image_path(self, item_num: int) -> Path | None:
        """The stored picture (JPEG, longest side at most 512 px); None where the item has none."""
        digest = str(self.items[Col.IMAGE].iat[item_num])
        return picture_path(self.root, digest) if digest else None

    def recording(self, modality: Modality, item_num: int) -> Path | None:
        """The stored sound (FLAC) or video (MP4); None where the item has none."""
        column = MEDIA_COLUMNS[modality]
        if column not in self.items.columns:
            return None
        digest = str(self.items[column].iat[item_num])
        return recording_path(self.root, modality, digest) if digest else None

    def thumbnail_path(self, item_num: int) -> Path | None:
        """A picture with longest side at most 240 px, or the still of a video (at most 320 px)
        where there is no picture; None where the item has neither."""
        digest = str(self.items[Col.IMAGE].iat[item_num])
        if not digest:
            video = self.recording(Modality.VIDEO, item_num)
            return poster_path(self.root, video.stem) if video else None
        small = thumbnail_path(self.root, digest)
        return small if small.exists() else picture_path(self.root, digest)


def content_fingerprint(
    items: pd.DataFrame,
    interactions: pd.DataFrame,
    user_ids: NDArray[np.str_],
    given: Mapping[Modality, str] | None = None,
) -> str:
    """16 hex digits of a SHA-256 over the values of all three tables, in order, and over the
    digests of ready-made features."""
    digest = hashlib.sha256()
    for table in (items, interactions, pd.DataFrame({Col.USER_ID: user_ids})):
        for column in table.columns:
            digest.update(json.dumps([str(column), len(table)]).encode())
            digest.update(_column_bytes(table[column]))
    for modality in sorted(given or {}):
        digest.update(json.dumps([modality, (given or {})[modality]]).encode())
    return digest.hexdigest()[:16]


def interactions_fingerprint(dataset: Dataset) -> str:
    """16 hex digits of who did what with which item: equal for equal identifiers, ratings, times
    and splits, in whatever order and format they were written."""
    rows = dataset.interactions
    table = pd.DataFrame(
        {
            Col.USER_ID: dataset.user_ids[rows[Col.USER_NUM]],
            Col.ITEM_ID: dataset.items[Col.ITEM_ID].to_numpy()[rows[Col.ITEM_NUM]],
            **{c: rows[c] for c in (Col.RATING, Col.TIMESTAMP, Col.SPLIT) if c in rows.columns},
        }
    )
    ordered = table.sort_values(list(table.columns), ignore_index=True)
    digest = hashlib.sha256()
    for column in ordered.columns:
        digest.update(json.dumps([str(column), len(ordered)]).encode())
        digest.update(_column_bytes(ordered[column]))
    return digest.hexdigest()[:16]


def save_dataset(
    items: pd.DataFrame,
    interactions: pd.DataFrame,
    user_ids: NDArray[np.str_],
    root: Path,
    given: Given | None = None,
    cleaning: CleaningRecord | None = None,
) -> Dataset:
    """Write the three tables (columns as in `Dataset`) and `given` features into `root`, beside
    its pictures.

    `meta.json` comes last, so a folder without it is not a data set.
    """
    root.mkdir(parents=True, exist_ok=True)
    digests = {m: _write_given(root, m, values) for m, values in (given or {}).items()}
    fingerprint = content_fingerprint(items, interactions, user_ids, digests)
    tables = (items, interactions, pd.DataFrame({Col.USER_ID: user_ids}))
    files = {
        name: _write_table(root / name, table) for name, table in zip(_TABLES, tables, strict=True)
    }
    done = cleaning or CleaningRecord()
    meta = {"layout": _LAYOUT, "fingerprint": fingerprint, "files": files, "given": digests}
    _write_meta(root, meta | {"cleaning": done.to_mapping()})
    return Dataset(fingerprint, root, items, interactions, user_ids, digests, done)


def note_cleaning(root: Path, cleaning: CleaningRecord) -> None:
    """Record another way by which the same content came about; the newest is told."""
    _write_meta(root, _read_meta(root) | {"cleaning": cleaning.to_mapping()})


def load_dataset(root: Path) -> Dataset:
    """Read a stored data set.

    Raises NotFound where there is none, DamagedArtefact where a file's SHA-256 is not the
    recorded one.
    """
    meta = _read_meta(root)
    items, interactions, users = (_read_table(root / name, meta["files"][name]) for name in _TABLES)
    user_ids = users[Col.USER_ID].to_numpy(dtype=np.str_)
    given = {Modality(name): str(digest) for name, digest in meta.get("given", {}).items()}
    cleaning = CleaningRecord.from_mapping(meta.get("cleaning", {}))
    return Dataset(meta["fingerprint"], root, items, interactions, user_ids, given, cleaning)


def _given_file(modality: Modality) -> str:
    return f"given_{modality}.npy"


def _write_given(root: Path, modality: Modality, values: NDArray[np.float32]) -> str:
    path = root / _given_file(modality)
    write_durably(path, lambda file: np.save(file, values.astype(np.float32), allow_pickle=False))
    return file_sha256(path)


def _damaged(path: Path) -> DamagedArtefact:
    return DamagedArtefact(
        f"The file {path.name} of data set {path.parent.name} is damaged; import it again."
    )


def _column_bytes(column: "pd.Series[str]") -> bytes:
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy()
        return values.astype(values.dtype.newbyteorder("<")).tobytes()
    return json.dumps(column.astype(str).tolist()).encode()


def _write_table(path: Path, table: pd.DataFrame) -> str:
    write_durably(path, lambda file: table.to_parquet(file, index=False))
    return file_sha256(path)


def _write_meta(root: Path, meta: Mapping[str, object]) -> None:
    content = json.dumps(meta, indent=1).encode()
    write_durably(root / _META, lambda file: file.write(content))


def _read_meta(root: Path) -> dict[str, Any]:
    try:
        meta = json.loads((root / _META).read_bytes())
        if meta["layout"] != _LAYOUT or set(meta["files"]) != set(_TABLES):
            raise DamagedArtefact(
                f"The data set {root.name} was stored by another version of FusionLens; "
                "import it again."
            )
        CleaningRecord.from_mapping(meta.get("cleaning", {}))
        return dict(meta)
    except FileNotFoundError:
        raise NotFound(f"There is no data set in '{root.name}'; import it first.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedArtefact(f"The data set {root.name} is damaged; import it again.") from error


def _read_table(path: Path, expected: str) -> pd.DataFrame:
    try:
        with path.open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        actual = "missing"
    if actual != expected:
        raise _damaged(path)
    return pd.read_parquet(path)
