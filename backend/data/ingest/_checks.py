"""Judges the raw tables row by row, in whole columns: good rows stay, bad ones go to the log."""

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from backend.data.ingest._base import RawTable
from backend.data.validate import ProblemLog
from backend.schema import ITEM_COLUMNS, RECORDING_COLUMNS, Col, SplitName

LONGEST_ID: Final = 128
_LATEST: Final = 4_102_444_800  # the year 2100, in seconds
_SPLIT_NAMES: Final = {
    "train": SplitName.TRAIN,
    "training": SplitName.TRAIN,
    "validation": SplitName.VALIDATION,
    "valid": SplitName.VALIDATION,
    "val": SplitName.VALIDATION,
    "dev": SplitName.VALIDATION,
    "test": SplitName.TEST,
}
Mask = NDArray[np.bool_]


class _Rows:
    """The rows of a table that are still good."""

    def __init__(self, table: RawTable, log: ProblemLog) -> None:
        self.file, self.log = table.file, log
        self.frame = table.frame.reset_index(drop=True)
        self.lines = table.rows.to_numpy(dtype=np.int64)

    def text(self, column: str) -> "pd.Series[str]":
        """A column without blanks around, "" everywhere where the source lacks it."""
        if column not in self.frame.columns:
            return pd.Series("", index=self.frame.index, dtype=str)
        return self.frame[column].str.strip()

    def note(self, bad: Mask, column: str, reason: str) -> None:
        """Log problems that cost no row."""
        self._log(bad, column, reason, rejects=False)

    def reject(self, bad: Mask, column: str, reason: str) -> None:
        """Log rows and drop them."""
        if bad.any():
            self._log(bad, column, reason, rejects=True)
            self.frame = self.frame[~bad].reset_index(drop=True)
            self.lines = self.lines[~bad]

    def _log(self, bad: Mask, column: str, reason: str, *, rejects: bool) -> None:
        values = self.frame.loc[bad, column].tolist() if column in self.frame.columns else []
        self.log.add(self.file, self.lines[bad].tolist(), column, reason, values, rejects=rejects)


def check_items(table: RawTable, log: ProblemLog) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """(items as in `Dataset`, but `image` still as written; the line of each)."""
    rows = _Rows(table, log)
    _reject_bad_ids(rows, Col.ITEM_ID)
    rows.reject(
        rows.text(Col.ITEM_ID).duplicated().to_numpy(), Col.ITEM_ID, "the item was listed before"
    )
    recordings = [column for column in RECORDING_COLUMNS if column in rows.frame.columns]
    known = (*ITEM_COLUMNS, *recordings)
    attributes = [column for column in rows.frame.columns if column not in known]
    items = pd.DataFrame({column: rows.text(column) for column in (*known, *attributes)})
    items[Col.PRICE] = _prices(rows)
    return items, rows.lines.astype(np.int64)


def check_interactions(
    table: RawTable, known_items: "pd.Index[str] | None", log: ProblemLog
) -> pd.DataFrame:
    """`user_id, item_id, rating, timestamp[, review][, split]`; every value is good.

    `known_items` None: any item will do.
    """
    rows = _Rows(table, log)
    _reject_bad_ids(rows, Col.USER_ID)
    _reject_bad_ids(rows, Col.ITEM_ID)
    if known_items is not None:
        unknown = ~rows.text(Col.ITEM_ID).isin(known_items).to_numpy()
        rows.reject(unknown, Col.ITEM_ID, "the item is not in the items file")
    _reject_bad_ratings(rows)
    _reject_bad_times(rows)
    _reject_bad_splits(rows)
    clean = pd.DataFrame({Col.USER_ID: rows.text(Col.USER_ID), Col.ITEM_ID: rows.text(Col.ITEM_ID)})
    clean[Col.RATING] = (
        _numbers(rows.text(Col.RATING)).astype(np.float32)
        if Col.RATING in rows.frame
        else np.float32(1)
    )
    clean[Col.TIMESTAMP] = _times(rows.text(Col.TIMESTAMP))[0]
    if Col.REVIEW in rows.frame:
        clean[Col.REVIEW] = rows.text(Col.REVIEW)
    if Col.SPLIT in rows.frame:
        clean[Col.SPLIT] = _splits(rows)
    repeated = clean.duplicated([Col.USER_ID, Col.ITEM_ID, Col.TIMESTAMP]).to_numpy()
    rows.reject(repeated, Col.ITEM_ID, "the same user, item and time were given before")
    return clean[~repeated].reset_index(drop=True)


def _reject_bad_ids(rows: _Rows, column: Col) -> None:
    rows.reject((rows.text(column) == "").to_numpy(), column, f"{column} is empty")
    too_long = (rows.text(column).str.len() > LONGEST_ID).to_numpy()
    rows.reject(too_long, column, f"{column} is longer than {LONGEST_ID} characters")
    # numpy's fixed-width strings drop trailing NULs, which would make two identifiers one
    odd = rows.text(column).str.contains(r"[\x00-\x1f\x7f]", regex=True).to_numpy(dtype=bool)
    rows.reject(odd, column, f"{column} contains control characters")


def _reject_bad_ratings(rows: _Rows) -> None:
    if Col.RATING not in rows.frame:
        return
    rows.reject((rows.text(Col.RATING) == "").to_numpy(), Col.RATING, "the rating is empty")
    values = _numbers(rows.text(Col.RATING))
    bad = ~np.isfinite(values) | (np.abs(values) > np.finfo(np.float32).max)
    rows.reject(bad, Col.RATING, "the rating is not a finite number")


def _reject_bad_times(rows: _Rows) -> None:
    _, bad, milliseconds = _times(rows.text(Col.TIMESTAMP))
    if milliseconds:
        rows.log.warn(
            f"Timestamps of '{rows.file}' are in milliseconds; they were divided by 1000."
        )
    rows.reject(bad, Col.TIMESTAMP, "the timestamp is neither seconds since 1970 nor an ISO date")


def _reject_bad_splits(rows: _Rows) -> None:
    if Col.SPLIT in rows.frame:
        rows.reject(
            _splits(rows).isna().to_numpy(), Col.SPLIT, "the split is not train, validation or test"
        )


def _splits(rows: _Rows) -> "pd.Series[str]":
    return rows.text(Col.SPLIT).str.lower().map({k: str(v) for k, v in _SPLIT_NAMES.items()})


def _prices(rows: _Rows) -> NDArray[np.float64]:
    text = rows.text(Col.PRICE)
    values = _numbers(text)
    bad = (text != "").to_numpy() & ~(np.isfinite(values) & (values >= 0))
    rows.note(bad, Col.PRICE, "the price is not a number of at least 0; it was left empty")
    values[bad] = np.nan
    return values


def _numbers(text: "pd.Series[str]") -> NDArray[np.float64]:
    """NaN where it is not a number."""
    written = pa.array(text.where(text != "", None), pa.string())
    try:  # five times as fast, but one bad value makes it give up
        return np.array(written.cast(pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        numbers = pd.to_numeric(text, errors="coerce")
        return np.array(numbers.to_numpy(dtype=np.float64, na_value=np.nan))


def _times(text: "pd.Series[str]") -> tuple[NDArray[np.int64], Mask, bool]:
    """(seconds, 0 where empty or bad; what is bad; whether milliseconds were meant)."""
    given = (text != "").to_numpy()
    seconds = _numbers(text)
    words = given & np.isnan(seconds)
    if words.any():
        parsed = pd.to_datetime(text[words], errors="coerce", utc=True, format="ISO8601")
        seconds[words] = (parsed - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy()
    plausible = seconds[given & np.isfinite(seconds)]
    milliseconds = len(plausible) > 0 and bool(np.median(plausible) > _LATEST)
    if milliseconds:
        seconds = seconds / 1000
    bad = given & ~((seconds >= -_LATEST) & (seconds <= _LATEST))
    return np.where(given & ~bad, np.nan_to_num(seconds), 0).astype(np.int64), bad, milliseconds
