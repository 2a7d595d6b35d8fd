"""By what a map may be coloured: any column of the catalogue, and what people did with items."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.dataset import Dataset
from backend.schema import Col, SplitName
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.splitting import split_rows, tested_split
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord

GROUPS: Final = 10
OTHER: Final = "Other"
UNKNOWN: Final = "Not known"
_SKEWED: Final = 20.0
_MOSTLY: Final = 0.9
_FEW_VALUES: Final = 12
_FILLED: Final = 0.01
_COUNTS: Final = {
    "popularity": ("Interactions", "number"),
    "train": ("Training interactions", "number"),
}
_COLD: Final = "cold"


@dataclass(frozen=True)
class Groups:
    """Every item in one group: the ten largest, "Other", "Not known" (where there are such)."""

    title: str
    names: tuple[str, ...]
    """The largest first; "Other" and "Not known" last."""
    of: NDArray[np.int64]
    """i64[I]: place in `names`."""
    words: NDArray[np.str_]
    """str[I]: what the data say, also of those in "Other"; "" where not known."""


@dataclass(frozen=True)
class Scale:
    """A number per item, f64[I], NaN where not known. `log`: to be shown on a logarithmic scale."""

    title: str
    unit: str
    values: NDArray[np.float64]
    log: bool


Colouring = Groups | Scale


def colour_titles(workspace: Workspace, dataset_id: str) -> dict[str, str]:
    """Name -> title of all that this data set can be coloured by, the most telling first."""
    record = find_dataset(workspace, dataset_id)
    return dict(_titles(open_dataset(workspace, record)))


@lru_cache(maxsize=32)
def colouring(workspace: Workspace, dataset_id: str, name: str, split_key: str) -> Colouring:
    """One of them; `split_key` is what `tested_split` says, on which training counts rest."""
    record = find_dataset(workspace, dataset_id)
    dataset = open_dataset(workspace, record)
    title = dict(_titles(dataset))[name]
    if name == "popularity":
        return _scale(title, "number", dataset.popularity.astype(np.float64))
    if name in ("train", _COLD):
        trained = _trained(dataset, split_key)
        if name == "train":
            return _scale(title, "number", trained)
        words = ["Has training interactions" if count else "Cold: has none" for count in trained]
        return _groups(title, pd.Series(words, dtype="str"))
    column = dataset.items[name]
    if name == Col.PRICE:
        return _scale(title, "as in the data", column.to_numpy(dtype=np.float64))
    numbers = _numbers(column)
    if numbers is not None:
        return _scale(title, "as in the data", numbers)
    return _groups(title, column.astype(str).str.split("|").str[0].str.strip())


def split_key(workspace: Workspace, record: DatasetRecord) -> str:
    """Which split the counts of training rest on."""
    return tested_split(workspace, record)


def _titles(dataset: Dataset) -> list[tuple[str, str]]:
    items = dataset.items
    found = []
    if (items[Col.CATEGORY] != "").mean() > _FILLED:
        found.append((str(Col.CATEGORY), "Category"))
    if items[Col.PRICE].notna().mean() > _FILLED:
        found.append((str(Col.PRICE), "Price"))
    found += [(name, title) for name, (title, _) in _COUNTS.items()]
    found.append((_COLD, "Cold or not"))
    taken = {name for name, _ in found}
    for column in dataset.attributes:
        if column not in taken and _colours(items[column]):
            found.append((column, column.replace("_", " ").strip().capitalize()))
    return found


def _colours(column: "pd.Series[str]") -> bool:
    """Filled, and not a name of its own for every item."""
    texts = column.astype(str)
    filled = texts[(texts != "") & (texts != "nan")]
    if len(filled) <= _FILLED * len(column):
        return False
    return _numbers(column) is not None or filled.nunique() <= 0.5 * len(filled)


def _numbers(column: "pd.Series[str]") -> NDArray[np.float64] | None:
    """f64[I] where nearly all that is filled is a number and there are many different ones."""
    texts = column.astype(str)
    filled = (texts != "") & (texts != "nan")
    values = pd.to_numeric(texts.where(filled), errors="coerce")
    if not filled.any() or values.notna().sum() < _MOSTLY * filled.sum():
        return None
    return values.to_numpy(dtype=np.float64) if values.nunique() > _FEW_VALUES else None


def _trained(dataset: Dataset, key: str) -> NDArray[np.float64]:
    """f64[I]: training interactions of each item."""
    rows = split_rows(dataset, key)
    if rows is None:
        return dataset.popularity.astype(np.float64)
    train = rows.loc[rows[Col.SPLIT] == SplitName.TRAIN, Col.ITEM_NUM]
    return np.bincount(train.to_numpy(dtype=np.int64), minlength=dataset.n_items).astype(np.float64)


def _scale(title: str, unit: str, values: NDArray[np.float64]) -> Scale:
    positive = values[np.isfinite(values) & (values > 0)]
    whole = values[np.isfinite(values)]
    skewed = bool(
        len(positive)
        and whole.min() >= 0
        and np.quantile(positive, 0.99) > _SKEWED * np.median(positive)
    ) or bool(len(positive) and unit == "number" and positive.max() > 5 * np.median(positive))
    return Scale(title, unit, values, skewed)


def _groups(title: str, texts: "pd.Series[str]") -> Groups:
    known = (texts != "") & (texts != "nan")
    counts = texts[known].value_counts()
    names = [str(name) for name in counts.index[:GROUPS]]
    place = {name: number for number, name in enumerate(names)}
    of = np.array([place.get(text, -1) for text in texts], dtype=np.int64)
    for word, mask in ((OTHER, known & (of < 0)), (UNKNOWN, ~known)):
        if mask.any():
            of[mask.to_numpy(dtype=bool)] = len(names)
            names.append(word)
    words = texts.where(known, "").to_numpy(dtype=np.str_)
    return Groups(title, tuple(names), of, words)
