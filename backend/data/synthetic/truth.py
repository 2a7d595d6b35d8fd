"""What is true of a generated shop, stored beside its data and compared with what models find."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.config import ShopConfig
from backend.data.synthetic.tastes import Tastes, starts
from backend.data.synthetic.vocabulary import (
    CATEGORIES,
    COMBINATIONS,
    PROPERTIES,
    columns_of,
)
from backend.errors import DamagedArtefact, NotFound
from models.modality import Modality

ARRAYS: Final = "truth.npz"
SUMMARY: Final = "truth.json"


@dataclass(frozen=True)
class Truth:
    """Tastes, items and how they make utility. Row numbers are those of `user_ids`, `item_ids`.

    These are the generator's own rows; an imported data set may number its rows differently, so
    go through the identifiers (`user_rows`, `item_rows`).
    """

    config: ShopConfig
    catalogue: Catalogue
    tastes: Tastes

    modalities: ClassVar[tuple[Modality, ...]] = (Modality.IMAGE, Modality.TEXT)

    @property
    def user_ids(self) -> NDArray[np.str_]:
        return self.tastes.user_ids

    @property
    def item_ids(self) -> NDArray[np.str_]:
        return self.catalogue.item_ids

    @property
    def weights(self) -> NDArray[np.float32]:
        """f32[U, 2], columns as `modalities`, rows adding to 1."""
        return self.tastes.weights

    def contributions(
        self, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> Mapping[str, NDArray[np.float32]]:
        """What makes the utility of N pairs, each f32[N]; the four add to `utility`.

        `image` and `text`: what the item's picture and text say alone; `both`: their combination;
        `base`: habit, popularity and whatever neither shows. Drift is left out: it averages to
        zero over the 90 days.
        """
        tastes, catalogue = self.tastes, self.catalogue
        strength = tastes.strength[users]
        habit = tastes.categories[users, catalogue.category[items]]
        hidden = (tastes.hidden[users] * catalogue.hidden[items]).sum(axis=1)
        both = (tastes.combinations[users] * catalogue.combinations[items]).sum(axis=1)
        popular = np.float32(self.config.popularity_skew) * catalogue.popularity[items]
        return {
            "image": strength[:, 0] * self._liking(Modality.IMAGE, users, items),
            "text": strength[:, 1] * self._liking(Modality.TEXT, users, items),
            "both": strength[:, 2] * both,
            "base": strength[:, 3] * hidden + habit + popular,
        }

    def utility(self, users: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float32]:
        """f32[N]: how much each user likes each item, averaged over the 90 days."""
        return np.asarray(np.sum(list(self.contributions(users, items).values()), axis=0))

    def user_rows(self, user_ids: NDArray[np.str_]) -> NDArray[np.int64]:
        """Rows of these users; an unknown one raises NotFound."""
        return _rows("user", self.user_ids, user_ids)

    def item_rows(self, item_ids: NDArray[np.str_]) -> NDArray[np.int64]:
        """Rows of these items; an unknown one raises NotFound."""
        return _rows("item", self.item_ids, item_ids)

    def properties(self, item: int) -> dict[str, str]:
        """Property name -> value of one item, for display; the category first."""
        codes = self.catalogue.codes[item]
        kind = CATEGORIES[int(self.catalogue.category[item])].name
        return {"category": kind} | {
            prop.name: prop.values[int(code)] for prop, code in zip(PROPERTIES, codes, strict=True)
        }

    def favourites(self, user: int) -> dict[str, str]:
        """Property name -> the value this user likes most."""
        likes = self.tastes.values[user]
        return {
            prop.name: prop.values[int(np.argmax(likes[first : first + len(prop.values)]))]
            for prop, first in zip(PROPERTIES, starts(), strict=True)
        }

    def save(self, folder: Path) -> None:
        """Write `truth.npz` (arrays) and `truth.json` (settings and names)."""
        arrays = {f"item.{name}": array for name, array in _fields(self.catalogue).items()}
        arrays |= {f"user.{name}": array for name, array in _fields(self.tastes).items()}
        np.savez(folder / ARRAYS, allow_pickle=False, **arrays)
        summary = json.dumps(self._summary(), indent=2) + "\n"
        (folder / SUMMARY).write_text(summary, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; NotFound where the data set was not generated."""
        if not (folder / ARRAYS).is_file() or not (folder / SUMMARY).is_file():
            raise NotFound("This data set was not generated, so there is no truth to compare with.")
        try:
            settings = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))["config"]
            with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
                catalogue = {f.name: arrays[f"item.{f.name}"] for f in fields(Catalogue)}
                tastes = {f.name: arrays[f"user.{f.name}"] for f in fields(Tastes)}
        except (KeyError, ValueError, OSError) as problem:
            raise DamagedArtefact(
                "The stored truth of this data set cannot be read. Generate the demo again."
            ) from problem
        return cls(ShopConfig.from_mapping(settings), Catalogue(**catalogue), Tastes(**tastes))

    def _liking(
        self, modality: Modality, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        columns = np.array(columns_of(modality))
        places = starts()[columns] + self.catalogue.codes[items][:, columns]
        return np.asarray(self.tastes.values[users[:, None], places].sum(axis=1))

    def _summary(self) -> dict[str, object]:
        mean = self.weights.mean(axis=0)
        return {
            "scenario": "shop",
            "config": self.config.to_mapping(),
            "modalities": [str(m) for m in self.modalities],
            "mean_weights": {
                str(m): round(float(w), 6) for m, w in zip(self.modalities, mean, strict=True)
            },
            "properties": {
                prop.name: {"modality": str(prop.modality), "values": list(prop.values)}
                for prop in PROPERTIES
            },
            "combinations": [combo.name for combo in COMBINATIONS],
            "categories": [category.name for category in CATEGORIES],
            "arrays": (
                "user.values holds the liking of every property value, properties side by side; "
                "utility = strength[0] * picture likings + strength[1] * text likings "
                "+ strength[2] * combinations + strength[3] * hidden + category habit "
                "+ popularity_skew * popularity"
            ),
        }


def _fields(table: Catalogue | Tastes) -> dict[str, NDArray[np.generic]]:
    return {field.name: getattr(table, field.name) for field in fields(table)}


def _rows(kind: str, known: NDArray[np.str_], wanted: NDArray[np.str_]) -> NDArray[np.int64]:
    wanted = np.asarray(wanted, dtype=np.str_)
    rows = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    strangers = known[rows] != wanted
    if strangers.any():
        raise NotFound(f"The generated shop has no {kind} '{wanted[strangers][0]}'.")
    return np.asarray(rows, dtype=np.int64)
