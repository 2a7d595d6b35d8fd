"""How an item is shown wherever it appears."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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
