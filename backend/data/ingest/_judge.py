"""Judges interactions a chunk at a time: good rows go into compact columns, bad ones to the log."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from backend.data.events import Events
from backend.data.ingest._base import RawChunk, RawTable
from backend.data.ingest._checks import LONGEST_ID, Mask
from backend.data.ingest._identifiers import Identifiers
from backend.data.ingest._values import (
    CONTROL,
    LATEST,
    arrow_text,
    numbers,
    seconds,
    split_places,
    time_unit,
    unit_name,
)
from backend.data.validate import LISTED_PER_REASON, ProblemLog
from backend.progress import Report
from backend.schema import Col

T = TypeVar("T", bound=np.generic)
NOT_LISTED: Final = "the item is not in the items file"


def check_interactions(
    table: RawTable, known_items: "pd.Series[str] | None", log: ProblemLog, report: Report
) -> tuple[Events, "pd.Series[str]"]:
    """(every row whose values are good, the identifiers of the catalogue's rows).

    `known_items` are the catalogue; None: any item will do, and the catalogue are those that
    occur, in order of appearance.
    """
    judge = _Judge(log)
    for chunk in table.chunks:
        judge.take(chunk)
        report(f"reads interactions: {judge.taken:,} rows", chunk.done)
    return judge.finish(known_items)


class _Judge:
    """Columns that grow with every chunk."""

    def __init__(self, log: ProblemLog) -> None:
        self.log, self.taken, self.unit = log, 0, 0
        self.users, self.items = Identifiers(), Identifiers()
        self.ratings: list[NDArray[np.float32]] = []
        self.times: list[NDArray[np.int64]] = []
        self.splits: list[NDArray[np.int8]] = []
        self.reviews: list[pd.Series[str]] = []
        self.lines: list[NDArray[np.int64]] = []
        self.origins: list[NDArray[np.int16]] = []
        self.files: list[str] = []

    def take(self, chunk: RawChunk) -> None:
        """Judge a chunk; a row is reported for the first thing wrong with it."""
        rows = _Chunk(chunk, self.log)
        users, items = rows.identifiers(Col.USER_ID), rows.identifiers(Col.ITEM_ID)
        ratings = rows.ratings()
        times = self._times(rows)
        splits = rows.splits()
        good = rows.good
        self.users.add(users.filter(pa.array(good)))
        self.items.add(items.filter(pa.array(good)))
        self.ratings.append(ratings[good])
        self.times.append(times[good])
        if splits is not None:
            self.splits.append(splits[good])
        if Col.REVIEW in chunk.frame.columns:
            self.reviews.append(rows.text(Col.REVIEW)[good])
        self.lines.append(chunk.lines[good])
        if chunk.file not in self.files:
            self.files.append(chunk.file)
        self.origins.append(np.full(int(good.sum()), self.files.index(chunk.file), np.int16))
        self.taken += len(chunk.lines)

    def finish(self, known_items: "pd.Series[str] | None") -> tuple[Events, "pd.Series[str]"]:
        users, user_ids = self.users.finish()
        items, item_ids = self.items.finish()
        events = Events(
            users=users,
            items=items,
            ratings=_joined(self.ratings, np.float32),
            timestamps=_joined(self.times, np.int64),
            splits=_joined(self.splits, np.int8) if self.splits else None,
            reviews=pd.concat(self.reviews, ignore_index=True) if self.reviews else None,
            lines=_joined(self.lines, np.int64),
            origins=_joined(self.origins, np.int16),
            files=tuple(self.files),
            user_ids=user_ids,
        )
        if known_items is None:
            return _by_appearance(events, item_ids)
        return _in_catalogue(events, item_ids, known_items, self.log), known_items

    def _times(self, rows: "_Chunk") -> NDArray[np.int64]:
        text = rows.text(Col.TIMESTAMP)
        given = (text != "").to_numpy()
        found = seconds(text)
        if not self.unit and np.isfinite(found[given & rows.good]).any():
            self.unit = time_unit(found[given & rows.good])
            if self.unit > 1:
                self.log.warn(
                    f"Timestamps of '{rows.file}' are in {unit_name(self.unit)}; they were "
                    f"divided by {self.unit}."
                )
        found = found / max(1, self.unit)
        bad = given & ~((found >= -LATEST) & (found <= LATEST))
        rows.reject(
            bad, Col.TIMESTAMP, "the timestamp is neither seconds since 1970 nor an ISO date"
        )
        return np.where(given & ~bad, np.nan_to_num(found), 0).astype(np.int64)


class _Chunk:
    """A chunk and which of its rows are still good, bool[N]."""

    def __init__(self, chunk: RawChunk, log: ProblemLog) -> None:
        self.file, self.lines, self.log = chunk.file, chunk.lines, log
        self.frame = chunk.frame.reset_index(drop=True)
        self.good: Mask = np.ones(len(chunk.lines), np.bool_)

    def text(self, column: Col) -> "pd.Series[str]":
        """Without blanks around, "" everywhere where the source lacks it."""
        if column not in self.frame.columns:
            return pd.Series("", index=self.frame.index, dtype=str)
        return self.frame[column].str.strip()

    def reject(self, bad: Mask, column: Col, reason: str) -> None:
        """Report rows that were good so far."""
        new = np.flatnonzero(bad & self.good)
        if len(new):
            first = new[:LISTED_PER_REASON]
            values = self.frame[column].iloc[first].tolist() if column in self.frame else []
            self.log.add(
                self.file,
                self.lines[first].tolist(),
                column,
                reason,
                values,
                rejects=True,
                count=len(new),
            )
            self.good &= ~bad

    def identifiers(self, column: Col) -> pa.DictionaryArray:
        """Judged by the different ones, of which there are far fewer than rows."""
        written = arrow_text(self.frame[column]).dictionary_encode()
        texts = pc.utf8_trim_whitespace(written.dictionary)
        places = written.indices.to_numpy(zero_copy_only=False)
        for bad, reason in (
            (pc.equal(texts, ""), "is empty"),
            (
                pc.greater(pc.utf8_length(texts), LONGEST_ID),
                f"is longer than {LONGEST_ID} characters",
            ),
            (pc.match_substring_regex(texts, CONTROL), "contains control characters"),
        ):
            mask = bad.to_numpy(zero_copy_only=False)
            if mask.any():
                self.reject(mask[places], column, f"{column} {reason}")
        return pa.DictionaryArray.from_arrays(written.indices, texts)

    def ratings(self) -> NDArray[np.float32]:
        """1 everywhere where the source has none."""
        if Col.RATING not in self.frame.columns:
            return np.ones(len(self.lines), np.float32)
        text = self.text(Col.RATING)
        self.reject((text == "").to_numpy(), Col.RATING, "the rating is empty")
        values = numbers(text)
        bad = ~np.isfinite(values) | (np.abs(values) > np.finfo(np.float32).max)
        self.reject(bad, Col.RATING, "the rating is not a finite number")
        return np.where(bad, 0, values).astype(np.float32)

    def splits(self) -> NDArray[np.int8] | None:
        """None where the source has none."""
        if Col.SPLIT not in self.frame.columns:
            return None
        places = split_places(self.text(Col.SPLIT))
        self.reject(places < 0, Col.SPLIT, "the split is not train, validation or test")
        return places


def _in_catalogue(
    events: Events, item_ids: pa.Array, catalogue: "pd.Series[str]", log: ProblemLog
) -> Events:
    listed = arrow_text(catalogue)
    rows = pc.index_in(item_ids, value_set=listed).fill_null(-1).to_numpy(zero_copy_only=False)
    placed = _with_items(events, rows[events.items] if len(rows) else events.items)
    unknown = placed.items < 0
    for origin, file in enumerate(events.files):
        bad = np.flatnonzero(unknown & (events.origins == origin))
        first = bad[:LISTED_PER_REASON]
        values = item_ids.take(pa.array(events.items[first])).to_pylist()
        lines = events.lines[first].tolist()
        log.add(file, lines, Col.ITEM_ID, NOT_LISTED, values, rejects=True, count=len(bad))
    return placed.kept(~unknown)


def _by_appearance(events: Events, item_ids: pa.Array) -> tuple[Events, "pd.Series[str]"]:
    items, used = pd.factorize(events.items)
    catalogue = pd.Series(item_ids.take(pa.array(used)).to_pandas(), dtype=str)
    return _with_items(events, items), catalogue


def _with_items(events: Events, items: "NDArray[np.integer]") -> Events:
    return replace(events, items=items.astype(np.int32))


def _joined(parts: Sequence[NDArray[T]], kind: type[T]) -> NDArray[T]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)
