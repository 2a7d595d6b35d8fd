"""From files to a stored data set: read, judge, number, clean pictures, store."""

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.archive import TRUTH_FILES, SourceFiles, open_source
from backend.data.cleaning import CleaningConfig, Draft, clean
from backend.data.dataset import Dataset, save_dataset
from backend.data.fetching import PictureFetcher
from backend.data.ingest._base import RawTables
from backend.data.ingest._checks import check_items, items_without_table
from backend.data.ingest._judge import check_interactions
from backend.data.ingest._pictures import store_pictures
from backend.data.ingest._reading import read_source
from backend.data.ingest._recordings import store_recordings
from backend.data.ingest._settling import VALIDATION_FILE, settle
from backend.data.mapping import ColumnMapping
from backend.data.steps import StepRecord
from backend.data.validate import ProblemLog, ValidationReport
from backend.errors import InvalidInput
from backend.progress import Report, silent
from backend.schema import ITEM_COLUMNS, RECORDING_COLUMNS, Col, Modality


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
    cleaning: CleaningConfig | None = None,
    fetcher: PictureFetcher | None = None,
) -> Imported:
    """Import a folder, a ZIP or a table into `datasets_root/<fingerprint>`.

    `mapping` says which columns of which files are meant; what it leaves open is guessed from their
    names and values, and the report tells what was taken. `cleaning` is the chain between the
    judged rows and the data set (default: exact doubles are left out). `fetcher` fetches pictures
    that are named by their web address; without one they are left out.

    Nothing appears there before everything is in place; the same content again gives the same
    fingerprint and the same folder. Raises InvalidInput where the source lacks what is needed or
    not one interaction is good.
    """
    datasets_root.mkdir(parents=True, exist_ok=True)
    log = ProblemLog()
    with tempfile.TemporaryDirectory(prefix=".import-", dir=datasets_root) as scratch:
        report("opens the source", 0.0)
        files = open_source(source, Path(scratch) / "source", log)
        tables = read_source(files, format, mapping, log)
        built = Path(scratch) / "dataset"
        built.mkdir()
        dataset = _build(tables, files, built, cleaning or CleaningConfig(), log, report, fetcher)
        validation = log.report(
            items=dataset.n_items,
            users=dataset.n_users,
            interactions=len(dataset.interactions),
            pictures=_filled(dataset.items, Col.IMAGE),
            recordings=sum(_filled(dataset.items, column) for column in RECORDING_COLUMNS),
            cleaning=dataset.cleaning.steps,
        )
        (built / VALIDATION_FILE).write_text(validation.to_json(), encoding="utf-8")
        target = datasets_root / dataset.fingerprint
        return Imported(settle(built, target, dataset.cleaning), validation)


def _filled(items: pd.DataFrame, column: Col) -> int:
    return int((items[column] != "").sum()) if column in items.columns else 0


def _build(
    tables: RawTables,
    files: SourceFiles,
    root: Path,
    cleaning: CleaningConfig,
    log: ProblemLog,
    report: Report,
    fetcher: PictureFetcher | None,
) -> Dataset:
    report("checks rows", 0.0)
    draft = _judged(tables, log, _part(report, 0.0, 0.28))
    report("cleans", 0.28)
    draft, record = clean(draft, cleaning, log)
    file = tables.items.file if tables.items else ""
    items = _with_media(draft, file, files, root, log, _part(report, 0.3, 0.9), fetcher)
    interactions, user_ids = draft.events.numbered()
    report("stores the data set", 0.9)
    if files.trusted and cleaning == CleaningConfig():  # a truth tells of all that was generated
        for name in TRUTH_FILES & files.files.keys():
            shutil.copyfile(files.files[name], root / name)
    pictures = _pictures_step(items, len(interactions), len(user_ids))
    done = replace(record, steps=(*record.steps, *pictures))
    return save_dataset(items, interactions, user_ids, root, _given(tables, items), done)


def _judged(tables: RawTables, log: ProblemLog, report: Report) -> Draft:
    """Raises InvalidInput where not one interaction is good."""
    if tables.items is None:
        events, item_ids = check_interactions(tables.interactions, None, log, report)
        items = items_without_table(item_ids)
        lines = np.zeros(len(items), np.int64)
    else:
        items, lines = check_items(tables.items, log)
        events, _ = check_interactions(tables.interactions, items[Col.ITEM_ID], log, report)
    if not len(events):
        first = next((p for p in log.problems if p.file == tables.interactions.file), None)
        why = (
            f" The first of {log.rejected} rejected: row {first.row}, {first.reason}."
            if first
            else ""
        )
        raise InvalidInput(f"'{tables.interactions.file}' has no usable row.{why}")
    return Draft(items, lines, events)


def _with_media(
    draft: Draft,
    file: str,
    files: SourceFiles,
    root: Path,
    log: ProblemLog,
    report: Report,
    fetcher: PictureFetcher | None,
) -> pd.DataFrame:
    """The items with the SHA-256 of what is stored in place of names."""
    items, lines = draft.items.copy(), draft.lines
    seen = store_pictures(items, lines, file, files, root, log, _part(report, 0.0, 0.5), fetcher)
    items[Col.IMAGE] = pd.Series(seen, dtype=str)
    heard = store_recordings(items, lines, file, files, root, log, _part(report, 0.5, 1.0))
    for column, digests in heard.items():
        items[column] = pd.Series(digests, dtype=str)
    return _ordered(items)


def _pictures_step(items: pd.DataFrame, interactions: int, users: int) -> tuple[StepRecord, ...]:
    """How pictures are kept, for the record; nothing where there are none."""
    stored = _filled(items, Col.IMAGE)
    if not stored:
        return ()
    what = "Pictures are kept upright, opaque on white, without metadata, at most 512 pixels long."
    same = (interactions, interactions), (users, users), (len(items), len(items))
    return (StepRecord("pictures", what, *same, changed=stored),)


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


def _part(report: Report, low: float, high: float) -> Report:
    """The progress of a stage as part of the whole."""
    return lambda what, fraction: report(what, min(high, low + (high - low) * fraction))
