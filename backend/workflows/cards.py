"""How an item is shown wherever it appears."""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.data.dataset import Dataset
from backend.data.media import picture_path
from db.records import AddedItemRecord


@dataclass(frozen=True)
class ItemCard:
    """One item of the catalogue, ready to be drawn."""

    item_num: int
    """Dense row; items added after the import continue behind the catalogue's last row."""
    item_id: str
    title: str
    text: str
    category: str
    price: float | None
    thumbnail: Path | None
    image: Path | None
    attributes: Mapping[str, str]
    missing: tuple[str, ...]
    """Modalities that this item lacks."""
    popularity: int
    """Interactions in the whole data set."""
    added: bool
    """True for an item uploaded by hand after the import."""


def catalogue_cards(dataset: Dataset, item_nums: Iterable[int]) -> tuple[ItemCard, ...]:
    """Cards of catalogue rows, in the order asked for."""
    nums = [int(num) for num in item_nums]
    popularity = dataset.popularity
    rows = dataset.items.iloc[nums].to_dict("records")
    return tuple(
        _card(dataset, num, row, int(popularity[num])) for num, row in zip(nums, rows, strict=True)
    )


def added_card(dataset: Dataset, position: int, item: AddedItemRecord) -> ItemCard:
    """Card of an item uploaded by hand; `position` counts from 0 behind the catalogue."""
    picture = picture_path(dataset.root, item.image) if item.image else None
    return ItemCard(
        item_num=dataset.n_items + position,
        item_id=item.item_id,
        title=item.title or item.item_id,
        text=item.text,
        category=item.category,
        price=item.price,
        thumbnail=picture,
        image=picture,
        attributes={},
        missing=_missing(bool(item.image), bool(item.title or item.text)),
        popularity=0,
        added=True,
    )


def _card(dataset: Dataset, num: int, row: Mapping[Hashable, object], popularity: int) -> ItemCard:
    price = row["price"]
    attributes = {
        name: str(row[name]) for name in dataset.attributes if str(row[name]) not in ("", "nan")
    }
    has_text = bool(row["title"] or row["text"])
    return ItemCard(
        item_num=num,
        item_id=str(row["item_id"]),
        title=str(row["title"]) or str(row["item_id"]),
        text=str(row["text"]),
        category=str(row["category"]),
        price=float(price) if isinstance(price, float) and math.isfinite(price) else None,
        thumbnail=dataset.thumbnail_path(num),
        image=dataset.image_path(num),
        attributes=attributes,
        missing=_missing(bool(row["image"]), has_text),
        popularity=popularity,
        added=False,
    )


def _missing(image: bool, text: bool) -> tuple[str, ...]:
    return tuple(m for m, there in (("image", image), ("text", text)) if not there)
