"""MMRec's folders: `NAME.inter` with the split in `x_label`, and ready-made features."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from backend.data.archive import SourceFiles
from backend.data.ingest._base import (
    IMPORT_FORMATS,
    GivenFeatures,
    ImportFormat,
    RawTable,
    RawTables,
)
from backend.data.ingest._blocks import first_line
from backend.data.ingest._delimited import Layout
from backend.data.ingest._features import read_features
from backend.data.ingest._tables import read_table, require
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col, Modality, SplitName
from models.config import Config

_USER: Final = "userID"
_ITEM: Final = "itemID"
_NAMES: Final = {
    _USER: Col.USER_ID,
    _ITEM: Col.ITEM_ID,
    "rating": Col.RATING,
    "timestamp": Col.TIMESTAMP,
    "x_label": Col.SPLIT,
}
_SPLITS: Final = {"0": SplitName.TRAIN, "1": SplitName.VALIDATION, "2": SplitName.TEST}
_FEATURES: Final = {
    Modality.IMAGE: ("image_feat.npy", "v_feat.npy"),
    Modality.TEXT: ("text_feat.npy", "t_feat.npy"),
    Modality.AUDIO: ("audio_feat.npy", "a_feat.npy"),
    Modality.VIDEO: ("video_feat.npy",),
}


@IMPORT_FORMATS.register(
    "mmrec",
    config=Config,
    title="MMRec",
    summary="NAME.inter with userID, itemID and x_label, image_feat.npy, text_feat.npy.",
)
class MMRecFormat(ImportFormat):
    """Row i of a feature file is item i; `i_id_mapping.csv`, `u_id_mapping.csv` give the ids."""

    def recognises(self, source: SourceFiles) -> bool:
        name = source.find("*.inter")
        return name is not None and first_line(source, name).startswith(f"{_USER}\t")

    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        name = source.find("*.inter")
        if name is None:
            raise InvalidInput(f"There is no .inter file; found: {source.listing()}.")
        table = read_table(source, name, log, Layout("\t"))
        require(table, _USER, _ITEM)
        users = _mapping(source, "u_id_mapping.csv", _USER, log)
        items = _mapping(source, "i_id_mapping.csv", _ITEM, log)
        written = {_USER: users, _ITEM: items}
        interactions = table.changed(table.columns, lambda frame: _named(frame, written)).renamed(
            _NAMES
        )
        return RawTables(
            _catalogue(source, log) if items is not None else None,
            interactions,
            _given(source, items, log),
        )


def _mapping(
    source: SourceFiles, pattern: str, number: str, log: ProblemLog
) -> "pd.Series[str] | None":
    """Identifiers by number; None where the folder has no such file."""
    name = source.find(pattern)
    if name is None:
        return None
    frame = read_table(source, name, log, Layout("\t")).whole().frame
    spare = [column for column in frame.columns if column != number]
    if number not in frame.columns or not spare:
        log.warn(f"'{name}' has no columns for {number} and its identifier; it is not used.")
        return None
    return frame.drop_duplicates(number).set_index(number)[spare[0]]


def _named(frame: pd.DataFrame, mappings: "Mapping[str, pd.Series[str] | None]") -> pd.DataFrame:
    """Numbers replaced by identifiers where those are known; splits by their names."""
    frame = frame.copy()
    for column, mapping in mappings.items():
        if mapping is not None:
            frame[column] = frame[column].map(mapping).fillna(frame[column])
    if "x_label" in frame.columns:
        labels = frame["x_label"].str.strip().str.removesuffix(".0")
        names = labels.map({label: str(split) for label, split in _SPLITS.items()})
        frame["x_label"] = names.fillna(labels)
    return frame


def _catalogue(source: SourceFiles, log: ProblemLog) -> RawTable:
    """The items of the mapping, in the order of their numbers."""
    name = source.find("i_id_mapping.csv")
    assert name is not None
    table = read_table(source, name, ProblemLog(), Layout("\t"))
    spare = next(column for column in table.columns if column != _ITEM)
    return table.renamed({spare: Col.ITEM_ID})


def _given(
    source: SourceFiles, items: "pd.Series[str] | None", log: ProblemLog
) -> dict[Modality, GivenFeatures]:
    found = {}
    for modality, names in _FEATURES.items():
        name = source.find(*names)
        values = None if name is None else read_features(source, name, log)
        if values is not None:
            numbers = pd.Series(np.arange(len(values))).astype(str)
            ids = numbers if items is None else numbers.map(items).fillna(numbers)
            found[modality] = GivenFeatures(ids.to_numpy(dtype=np.str_), values)
    return found
