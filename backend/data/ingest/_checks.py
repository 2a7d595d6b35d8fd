"""Judges the catalogue row by row, in whole columns: good rows stay, bad ones go to the log."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.ingest._base import RawTable
from backend.data.ingest._values import CONTROL, numbers
from backend.data.validate import ProblemLog
from backend.schema import ITEM_COLUMNS, RECORDING_COLUMNS, Col

LONGEST_ID: Final = 128
Mask = NDArray[np.bool_]


def check_items(table: RawTable, log: ProblemLog) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """(items as in `Dataset`, but `image` still as written; the line of each)."""
    rows = _Rows(table, log)
    ids = rows.text(Col.ITEM_ID)
    rows.reject((ids == "").to_numpy(), Col.ITEM_ID, "item_id is empty")
    ids = rows.text(Col.ITEM_ID)
    too_long = f"item_id is longer than {LONGEST_ID} characters"
    rows.reject((ids.str.len() > LONGEST_ID).to_numpy(), Col.ITEM_ID, too_long)
    odd = rows.text(Col.ITEM_ID).str.contains(CONTROL, regex=True).to_numpy(dtype=bool)
    rows.reject(odd, Col.ITEM_ID, "item_id contains control characters")
    again = rows.text(Col.ITEM_ID).duplicated().to_numpy()
    rows.reject(again, Col.ITEM_ID, "the item was listed before")
    recordings = [column for column in RECORDING_COLUMNS if column in rows.frame.columns]
    known = (*ITEM_COLUMNS, *recordings)
    attributes = [column for column in rows.frame.columns if column not in known]
    items = pd.DataFrame({column: rows.text(column) for column in (*known, *attributes)})
    items[Col.PRICE] = _prices(rows)
    return items, rows.lines


def items_without_table(item_ids: "pd.Series[str]") -> pd.DataFrame:
    """A catalogue of identifiers, as `check_items` gives it."""
    items = pd.DataFrame(dict.fromkeys(ITEM_COLUMNS, ""), index=item_ids.index, dtype=str)
    items[Col.ITEM_ID] = item_ids
    items[Col.PRICE] = np.nan
    return items.astype({Col.PRICE: np.float64})


class _Rows:
    """The rows of a table that are still good."""

    def __init__(self, table: RawTable, log: ProblemLog) -> None:
        whole = table.whole()
        self.file, self.log = whole.file, log
        self.frame = whole.frame.reset_index(drop=True)
        self.lines = whole.lines

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


def _prices(rows: _Rows) -> NDArray[np.float64]:
    text = rows.text(Col.PRICE)
    values = numbers(text)
    bad = (text != "").to_numpy() & ~(np.isfinite(values) & (values >= 0))
    rows.note(bad, Col.PRICE, "the price is not a number of at least 0; it was left empty")
    values[bad] = np.nan
    return values
