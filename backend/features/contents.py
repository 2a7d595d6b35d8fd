"""What an encoder reads of each item, one source per modality, under the hash of its content."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Final, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from backend.data.dataset import Dataset
from backend.data.media import picture_path
from backend.errors import DamagedArtefact, InvalidInput
from backend.features.recordings import read_clip, read_sound
from backend.features.reviews import review_texts
from backend.schema import ITEM_COLUMNS, RECORDING_COLUMNS, Col, Modality
from models.encoders import Content


@dataclass(frozen=True)
class Contents:
    """One modality of some items.

    `keys[i]` is the SHA-256 of what item i has of it, "" where it has none; `load` gives the
    content of a key and may be called from several threads. `lengths` says how long a text is.
    """

    keys: Sequence[str]
    load: Callable[[str], Content]
    lengths: Mapping[str, int] = field(default_factory=dict)

    @staticmethod
    def nothing(count: int) -> "Contents":
        """Of `count` items that have none of it."""
        return Contents([""] * count, _nothing)

    @property
    def distinct(self) -> list[str]:
        """Every key once, sorted: the same for the same contents in any order."""
        return sorted({key for key in self.keys if key})

    def lazily(self, keys: Sequence[str]) -> Sequence[Content]:
        """The contents of `keys`, loaded one by one when asked for."""
        return _Lazy(keys, self.load)


def contents_of(
    dataset: Dataset,
    modality: Modality,
    *,
    given: bool = False,
    training: NDArray[np.int64] | None = None,
) -> Contents:
    """What the items of a data set have of a modality, or their ready-made features if `given`.

    `training` are the positions of the interactions whose reviews may be read; without it none is.
    """
    if given:
        return _given(dataset, modality)
    if modality is Modality.REVIEWS:
        rows = np.zeros(0, np.int64) if training is None else training
        return _written(review_texts(dataset, rows))
    return contents_of_items(dataset.items, dataset.root, modality)


def contents_of_items(items: pd.DataFrame, root: Path, modality: Modality) -> Contents:
    """The same for a table of items (columns as in `Dataset.items`) whose files lie below `root`;
    empty for a modality that is not described by a table of items."""
    source = _SOURCES.get(modality)
    return source(items, root) if source else Contents.nothing(len(items))


def item_text(title: str, category: str, text: str) -> str:
    """What a text encoder reads of an item; "" for an item without title and description, as a
    category alone is an attribute."""
    if not (title.strip() or text.strip()):
        return ""
    return ". ".join(part.strip() for part in (title, category, text) if part.strip())


def stored_files(
    items: pd.DataFrame, root: Path, column: Col, read: Callable[[Path, str], Content]
) -> Contents:
    """Content that lies in files named by their SHA-256; `read(root, sha256)` decodes one and
    raises DamagedArtefact where it is not the one that was stored."""
    keys = items[column].tolist() if column in items.columns else [""] * len(items)

    def load(key: str) -> Content:
        try:
            return read(root, key)
        except DamagedArtefact as error:
            item = items[Col.ITEM_ID].iat[keys.index(key)]
            noun = "picture" if column is Col.IMAGE else column
            raise DamagedArtefact(
                f"The {noun} of item {item} is damaged; import the data again."
            ) from error

    return Contents(keys, load)


def _picture(root: Path, key: str) -> Content:
    path = picture_path(root, key)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != key:
        raise DamagedArtefact(f"The picture {key[:12]} is damaged.")
    # not decoded yet: an encoder that reads small pictures may ask the decoder for fewer pixels
    picture = Image.open(BytesIO(content), formats=("JPEG",))
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _pictures(items: pd.DataFrame, root: Path) -> Contents:
    return stored_files(items, root, Col.IMAGE, _picture)


def _sounds(items: pd.DataFrame, root: Path) -> Contents:
    return stored_files(items, root, Col.AUDIO, read_sound)


def _clips(items: pd.DataFrame, root: Path) -> Contents:
    return stored_files(items, root, Col.VIDEO, read_clip)


def _texts(items: pd.DataFrame, root: Path) -> Contents:
    columns = (items[column].tolist() for column in (Col.TITLE, Col.CATEGORY, Col.TEXT))
    return _written([item_text(*said) for said in zip(*columns, strict=True)])


def _written(texts: Sequence[str]) -> Contents:
    keys = [_digest(text.encode()) if text else "" for text in texts]
    by_key = dict(zip(keys, texts, strict=True))
    lengths = {key: len(text) for key, text in by_key.items()}
    return Contents(keys, by_key.__getitem__, lengths)


def _attributes(items: pd.DataFrame, root: Path) -> Contents:
    """Category, price and every column that FusionLens has no other use for, as written."""
    known = {*ITEM_COLUMNS, *RECORDING_COLUMNS} - {Col.CATEGORY, Col.PRICE}
    names = [column for column in items.columns if column not in known]
    columns = [_values(items[name]) for name in names]
    found = [
        {name: value for name, value in zip(names, row, strict=True) if value}
        for row in zip(*columns, strict=True)
    ]
    keys = [_digest(json.dumps(said, sort_keys=True).encode()) if said else "" for said in found]
    by_key = dict(zip(keys, found, strict=True))
    return Contents(keys, by_key.__getitem__)


def _values(column: "pd.Series[str]") -> list[str]:
    if pd.api.types.is_numeric_dtype(column.dtype):
        return [f"{value:g}" if np.isfinite(value) else "" for value in column.tolist()]
    return [str(value).strip() for value in column.tolist()]


def _given(dataset: Dataset, modality: Modality) -> Contents:
    if modality not in dataset.given:
        raise InvalidInput(f"This data set brings no ready-made features for {modality}.")
    values, present = dataset.given_features(modality)
    keys = [
        _digest(row.tobytes()) if there else ""
        for row, there in zip(values, present.tolist(), strict=True)
    ]
    rows = {key: values[at] for at, key in enumerate(keys)}
    return Contents(keys, rows.__getitem__)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _nothing(key: str) -> Content:
    raise KeyError(key)


class _Lazy(Sequence[Content]):
    def __init__(self, keys: Sequence[str], load: Callable[[str], Content]) -> None:
        self._keys = keys
        self._load = load

    @overload
    def __getitem__(self, place: int) -> Content: ...
    @overload
    def __getitem__(self, place: slice) -> "_Lazy": ...
    def __getitem__(self, place: int | slice) -> "Content | _Lazy":
        if isinstance(place, slice):
            return _Lazy(self._keys[place], self._load)
        return self._load(self._keys[place])

    def __len__(self) -> int:
        return len(self._keys)


_SOURCES: Final[Mapping[Modality, Callable[[pd.DataFrame, Path], Contents]]] = {
    Modality.IMAGE: _pictures,
    Modality.TEXT: _texts,
    Modality.AUDIO: _sounds,
    Modality.VIDEO: _clips,
    Modality.ATTRIBUTES: _attributes,
}
"""What a row of the catalogue says."""
