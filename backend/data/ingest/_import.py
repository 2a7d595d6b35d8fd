"""From files to a stored data set: read, judge, number, clean pictures, store."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.archive import TRUTH_FILES, SourceFiles, open_source
from backend.data.cleaning import without_exact_duplicates
from backend.data.dataset import Dataset, load_dataset, save_dataset
from backend.data.events import Events
from backend.data.ingest._base import IMPORT_FORMATS, RawTables
from backend.data.ingest._checks import check_items, items_without_table
from backend.data.ingest._judge import check_interactions
from backend.data.ingest._mapped import read_mapped
from backend.data.ingest._pictures import store_pictures
from backend.data.ingest._preview import guessed_mapping, recognised
from backend.data.ingest._recordings import store_recordings
from backend.data.mapping import ColumnMapping
from backend.data.validate import ProblemLog, ValidationReport
from backend.errors import DamagedArtefact, InvalidInput, NotFound
from backend.progress import Report, silent
from backend.schema import ITEM_COLUMNS, RECORDING_COLUMNS, Col, Modality

VALIDATION_FILE: Final = "validation.json"
"""The report, beside the tables of the data set."""


@dataclass(frozen=True)
class Imported:
    """The stored data set and what was wrong with its source."""

    dataset: Dataset
    validation: ValidationReport


def import_dataset(
    source: Path,
    datasets_root: Path,
    report: Report = silent,
    format: str = "auto",
    mapping: ColumnMapping | None = None,
) -> Imported:
    """Import a folder, a ZIP or a table into `datasets_root/<fingerprint>`.

    `mapping` says which columns of which files are meant; what it leaves open is guessed from their
    names and values, and the report tells what was taken.

    Nothing appears there before everything is in place; the same content again gives the same
    fingerprint and the same folder. Raises InvalidInput where the source lacks what is needed or
    not one interaction is good.
    """
    datasets_root.mkdir(parents=True, exist_ok=True)
    log = ProblemLog()
    with tempfile.TemporaryDirectory(prefix=".import-", dir=datasets_root) as scratch:
        report("opens the source", 0.0)
        files = open_source(source, Path(scratch) / "source", log)
        tables = _read(files, format, mapping, log)
        built = Path(scratch) / "dataset"
        built.mkdir()
        dataset = _build(tables, files, built, log, report)
        validation = log.report(
            items=dataset.n_items,
            users=dataset.n_users,
            interactions=len(dataset.interactions),
            pictures=_filled(dataset.items, Col.IMAGE),
            recordings=sum(_filled(dataset.items, column) for column in RECORDING_COLUMNS),
        )
        (built / VALIDATION_FILE).write_text(validation.to_json(), encoding="utf-8")
        return Imported(_settle(built, datasets_root / dataset.fingerprint), validation)


def _filled(items: pd.DataFrame, column: Col) -> int:
    return int((items[column] != "").sum()) if column in items.columns else 0


def _read(
    files: SourceFiles, format: str, mapping: ColumnMapping | None, log: ProblemLog
) -> RawTables:
    if mapping is not None:
        whole = mapping.over(guessed_mapping(files) or ColumnMapping())
        tables = read_mapped(files, whole, log)
        log.warn(f"Columns were taken as told or guessed: {_said(whole)}.")
        return tables
    name = recognised(files) if format == "auto" else format
    if not name:
        raise InvalidInput(_unknown(files))
    entry = IMPORT_FORMATS[name]
    return entry.cls(entry.config()).read(files, log, silent)


def _unknown(files: SourceFiles) -> str:
    """The sentence for files of no known format; where columns look like it, says how to go on."""
    guess = guessed_mapping(files)
    if guess is not None and guess.interaction_columns:
        options = " ".join(f"--map {key}={value!r}" for key, value in guess.to_pairs().items())
        return (
            "No format knows these files by their names. Say which columns are meant; they look "
            f"like: {options}"
        )
    return (
        "An import needs interactions.csv (user_id, item_id) and, with it, items.csv (item_id, "
        f"title, text, image) and pictures, or another known format; found: {files.listing()}."
    )


def _said(mapping: ColumnMapping) -> str:
    return ", ".join(f"{key} = {value}" for key, value in mapping.to_pairs().items() if value)


def _build(
    tables: RawTables, files: SourceFiles, root: Path, log: ProblemLog, report: Report
) -> Dataset:
    report("checks rows", 0.0)
    items, lines, events = _checked(tables, log, _part(report, 0.0, 0.3))
    file = tables.items.file if tables.items else ""
    items[Col.IMAGE] = pd.Series(
        store_pictures(items, lines, file, files, root, log, _part(report, 0.3, 0.6)), dtype=str
    )
    heard = store_recordings(items, lines, file, files, root, log, _part(report, 0.6, 0.9))
    for column, digests in heard.items():
        items[column] = pd.Series(digests, dtype=str)
    items = _ordered(items)
    interactions, user_ids = events.numbered()
    report("stores the data set", 0.9)
    if files.trusted:
        for name in TRUTH_FILES & files.files.keys():
            shutil.copyfile(files.files[name], root / name)
    return save_dataset(items, interactions, user_ids, root, _given(tables, items))


def _checked(
    tables: RawTables, log: ProblemLog, report: Report
) -> tuple[pd.DataFrame, NDArray[np.int64], Events]:
    """(items, the line of each, good interactions); raises InvalidInput where none is good."""
    if tables.items is None:
        events, item_ids = check_interactions(tables.interactions, None, log, report)
        items = items_without_table(item_ids)
        lines = np.zeros(len(items), np.int64)
    else:
        items, lines = check_items(tables.items, log)
        events, item_ids = check_interactions(tables.interactions, items[Col.ITEM_ID], log, report)
    events = without_exact_duplicates(events, item_ids, log)
    if not len(events):
        first = next((p for p in log.problems if p.file == tables.interactions.file), None)
        why = (
            f" The first of {log.rejected} rejected: row {first.row}, {first.reason}."
            if first
            else ""
        )
        raise InvalidInput(f"'{tables.interactions.file}' has no usable row.{why}")
    return items, lines, events


def _ordered(items: pd.DataFrame) -> pd.DataFrame:
    """Known columns first, so that where a recording was found does not change the fingerprint."""
    known = [c for c in (*ITEM_COLUMNS, *RECORDING_COLUMNS) if c in items.columns]
    return items[[*known, *(c for c in items.columns if c not in known)]]


def _given(tables: RawTables, items: pd.DataFrame) -> dict[Modality, NDArray[np.float32]]:
    """Ready-made features in the order of the catalogue; NaN where the source has no row."""
    found = {}
    for modality, features in tables.given.items():
        rows = pd.Index(features.item_ids).get_indexer(pd.Index(items[Col.ITEM_ID]))
        values = np.full((len(items), features.values.shape[1]), np.nan, np.float32)
        values[rows >= 0] = features.values[rows[rows >= 0]]
        values[~np.isfinite(values).all(axis=1)] = np.nan
        found[modality] = values
    return found


def _settle(built: Path, target: Path) -> Dataset:
    """Rename into place; where the data set is there already, keep it and mend its media."""
    for attempt in range(2):
        try:
            os.rename(built, target)
            return load_dataset(target)
        except OSError:
            if not target.is_dir() or attempt:
                raise
        try:
            dataset = load_dataset(target)
        except (DamagedArtefact, NotFound):
            shutil.rmtree(target)
            continue
        _mend(built, target)
        return dataset
    raise DamagedArtefact(f"The data set {target.name} cannot be stored; remove its folder.")


def _mend(built: Path, target: Path) -> None:
    for folder in ("media", "thumbs"):
        for file in (built / folder).glob("*/*.*"):
            kept = target / file.relative_to(built)
            kept.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, kept)
    os.replace(built / VALIDATION_FILE, target / VALIDATION_FILE)


def _part(report: Report, low: float, high: float) -> Report:
    """The progress of a stage as part of the whole."""
    return lambda what, fraction: report(what, min(high, low + (high - low) * fraction))
