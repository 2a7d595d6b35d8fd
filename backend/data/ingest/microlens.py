"""MicroLens: short videos with covers, titles, comments, likes and views."""

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from backend.data.archive import PICTURE_SUFFIXES, SourceFiles
from backend.data.ingest._base import (
    IMPORT_FORMATS,
    GivenFeatures,
    ImportFormat,
    RawChunk,
    RawTable,
    RawTables,
)
from backend.data.ingest._blocks import first_line
from backend.data.ingest._delimited import Layout
from backend.data.ingest._features import read_features
from backend.data.ingest._tables import read_table, require
from backend.data.recordings import CLIP_SUFFIXES, SOUND_SUFFIXES
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col, Modality
from models.config import Config

_PAIRS: Final = ("*_pairs.csv", "*_pairs.tsv")
_PAIR_COLUMNS: Final = (Col.USER_ID, Col.ITEM_ID, Col.TIMESTAMP)
_MEDIA: Final = {
    Col.IMAGE: ("*cover*", PICTURE_SUFFIXES),
    Col.AUDIO: ("*audio*", SOUND_SUFFIXES),
    Col.VIDEO: ("*video*", CLIP_SUFFIXES),
}
_FEATURES: Final = {
    Modality.IMAGE: "*_image_features_*.npy",
    Modality.TEXT: "*_text_features_*.npy",
    Modality.AUDIO: "*_audio_features_*.npy",
    Modality.VIDEO: "*_video_features_*.npy",
}


@IMPORT_FORMATS.register(
    "microlens",
    config=Config,
    title="MicroLens",
    summary="MicroLens-…_pairs.csv, titles, tags, likes and views, covers, videos, features.",
)
class MicroLensFormat(ImportFormat):
    """Items are the numbers 1, 2, ...; row i of a feature file is the i-th of them."""

    def recognises(self, source: SourceFiles) -> bool:
        name = source.find(*_PAIRS)
        if name is None:
            return False
        line = first_line(source, name).lower()
        return bool(re.match(r"user\w*,(item|video)\w*,timestamp|\d+\t\d+( \d+)*$", line))

    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        name = source.find(*_PAIRS)
        if name is None:
            raise InvalidInput(f"There is no ..._pairs.csv; found: {source.listing()}.")
        if name.lower().endswith(".tsv"):
            pairs = _sequences(read_table(source, name, log, Layout("\t", ("user", "items"))))
        else:
            pairs = _positional(read_table(source, name, log), _PAIR_COLUMNS)
        require(pairs, Col.USER_ID, Col.ITEM_ID)
        return RawTables(_items(source, log), _commented(pairs, source, log), _given(source, log))


def _positional(table: RawTable, columns: tuple[str, ...]) -> RawTable:
    """The first columns, whatever their names in the editions."""
    return table.renamed(dict(zip(table.columns, columns, strict=False)))


def _sequences(table: RawTable) -> RawTable:
    """A user's items, parted by blanks in order of time, as one row each; times stay unknown."""

    def chunks() -> Iterator[RawChunk]:
        for chunk in table.chunks:
            items = chunk.frame["items"].str.split()
            frame = pd.DataFrame({Col.USER_ID: chunk.frame["user"], Col.ITEM_ID: items})
            counts = np.array([max(1, len(one)) for one in items])
            rows = frame.explode(Col.ITEM_ID, ignore_index=True).fillna("").astype(str)
            yield RawChunk(chunk.file, rows, np.repeat(chunk.lines, counts), chunk.done)

    return RawTable(table.file, (Col.USER_ID, Col.ITEM_ID), chunks())


def _commented(pairs: RawTable, source: SourceFiles, log: ProblemLog) -> RawTable:
    """What a user wrote below a video is the review of that interaction."""
    name = source.find("*comment*.txt", "*comment*.csv")
    if name is None:
        return pairs
    columns = (Col.USER_ID, Col.ITEM_ID, Col.REVIEW)
    layout = Layout("\t", columns, quoted=False, spills=True)
    comments = read_table(source, name, log, layout).whole().frame
    first = comments.drop_duplicates([Col.USER_ID, Col.ITEM_ID])
    return pairs.changed(
        (*pairs.columns, Col.REVIEW),
        lambda frame: frame.merge(first, "left", [Col.USER_ID, Col.ITEM_ID]).fillna(
            {Col.REVIEW: ""}
        ),
    )


def _items(source: SourceFiles, log: ProblemLog) -> RawTable | None:
    name = source.find("*_titles.csv", "*_title*.csv", "*_items.tsv")
    if name is None:
        log.warn("There are no titles, so items are known by their identifier only.")
        return None
    titles = _headless(source, name, log, (Col.ITEM_ID, Col.TITLE))
    extra = _extra(source, log)
    for column, (folder, suffixes) in _MEDIA.items():
        if found := source.by_stem(suffixes, folder):
            extra[column] = pd.Series(found)

    def described(frame: pd.DataFrame) -> pd.DataFrame:
        ids = frame[Col.ITEM_ID].str.strip()
        return frame.assign(**{c: ids.map(values).fillna("") for c, values in extra.items()})

    return titles.changed((*titles.columns, *extra), described)


def _extra(source: SourceFiles, log: ProblemLog) -> "dict[str, pd.Series[str]]":
    """Columns from other files, by item."""
    found: dict[str, pd.Series[str]] = {}
    tags = source.find("tags_to_summary.csv")
    if tags is not None:
        found[Col.CATEGORY] = _by_item(_headless(source, tags, log, (Col.ITEM_ID, Col.CATEGORY)))
    counts = source.find("*likes_and_views.txt")
    if counts is not None:
        columns = (Col.ITEM_ID, "likes", "views")
        frame = read_table(source, counts, log, Layout("\t", columns)).whole().frame
        indexed = frame.drop_duplicates(Col.ITEM_ID).set_index(Col.ITEM_ID)
        found |= {column: indexed[column] for column in ("likes", "views")}
    return found


def _headless(
    source: SourceFiles, name: str, log: ProblemLog, columns: tuple[str, str]
) -> RawTable:
    """Two columns; some editions name them in a first line, some do not."""
    start = first_line(source, name)
    named = start.lower().startswith(("item", "video"))
    layout = Layout("\t" if "\t" in start else ",", () if named else columns, spills=True)
    return _positional(read_table(source, name, log, layout), columns)


def _by_item(table: RawTable) -> "pd.Series[str]":
    frame = table.whole().frame
    return frame.drop_duplicates(Col.ITEM_ID).set_index(Col.ITEM_ID).iloc[:, 0]


def _given(source: SourceFiles, log: ProblemLog) -> dict[Modality, GivenFeatures]:
    found = {}
    for modality, pattern in _FEATURES.items():
        name = source.find(pattern)
        values = None if name is None else read_features(source, name, log)
        if values is not None:
            ids = np.arange(1, len(values) + 1).astype(np.str_)
            found[modality] = GivenFeatures(ids, values)
    return found
