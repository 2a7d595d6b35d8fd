"""How an item is shown wherever it appears."""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from backend.data.dataset import Dataset
from backend.data.media import picture_path
from backend.data.recordings import poster_path, recording_path
from backend.schema import Modality
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
    audio: Path | None
    video: Path | None
    attributes: Mapping[str, str]
    modalities: tuple[str, ...]
    """What there is to look at, read or play."""
    missing: tuple[str, ...]
    """What other items of the catalogue have of this and it lacks."""
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
    still = poster_path(dataset.root, item.video) if item.video else None
    there = _there(asdict(item))
    return ItemCard(
        item_num=dataset.n_items + position,
        item_id=item.item_id,
        title=item.title or item.item_id,
        text=item.text,
        category=item.category,
        price=item.price,
        thumbnail=picture or still,
        image=picture,
        audio=_recording(dataset, Modality.AUDIO, item.audio),
        video=_recording(dataset, Modality.VIDEO, item.video),
        attributes={},
        modalities=there,
        missing=_missing(dataset, there),
        popularity=0,
        added=True,
    )


def _card(dataset: Dataset, num: int, row: Mapping[Hashable, object], popularity: int) -> ItemCard:
    price = row["price"]
    attributes = {
        name: str(row[name]) for name in dataset.attributes if str(row[name]) not in ("", "nan")
    }
    there = _there(row)
    return ItemCard(
        item_num=num,
        item_id=str(row["item_id"]),
        title=str(row["title"]) or str(row["item_id"]),
        text=str(row["text"]),
        category=str(row["category"]),
        price=float(price) if isinstance(price, float) and math.isfinite(price) else None,
        thumbnail=dataset.thumbnail_path(num),
        image=dataset.image_path(num),
        audio=dataset.recording(Modality.AUDIO, num),
        video=dataset.recording(Modality.VIDEO, num),
        attributes=attributes,
        modalities=there,
        missing=_missing(dataset, there),
        popularity=popularity,
        added=False,
    )


def _there(row: Mapping[Hashable, object] | Mapping[str, object]) -> tuple[str, ...]:
    """Names of what a row of the catalogue, or an added item, has of its own."""
    values: dict[str, object] = {str(name): value for name, value in row.items()}
    values["text"] = values.get("title") or values.get("text")
    return tuple(name for name in ("image", "text", "audio", "video") if values.get(name))


def _missing(dataset: Dataset, there: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(m) for m in dataset.perceptible if m not in there)


def _recording(dataset: Dataset, modality: Modality, digest: str) -> Path | None:
    return recording_path(dataset.root, modality, digest) if digest else None
