"""What is true of a generated world, stored beside its data and compared with what models find."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.blueprint import Blueprint, ScenarioConfig
from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.tastes import Tastes
from backend.data.synthetic.vocabulary import Vocabulary
from backend.errors import DamagedArtefact, NotFound
from models.modality import Modality

ARRAYS: Final = "truth.npz"
SUMMARY: Final = "truth.json"
_NOUNS: Final = {Modality.IMAGE: "picture", Modality.AUDIO: "sound"}


@dataclass(frozen=True)
class Truth:
    """Tastes, items and how they make utility. Row numbers are those of `user_ids`, `item_ids`.

    These are the generator's own rows; an imported data set may number its rows differently, so
    go through the identifiers (`user_rows`, `item_rows`).
    """

    config: ScenarioConfig
    plan: Blueprint
    catalogue: Catalogue
    tastes: Tastes

    @property
    def vocabulary(self) -> Vocabulary:
        return self.plan.vocabulary

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """Those that carry properties, in order of the columns of `weights`."""
        return self.plan.vocabulary.modalities

    @property
    def user_ids(self) -> NDArray[np.str_]:
        return self.tastes.user_ids

    @property
    def item_ids(self) -> NDArray[np.str_]:
        return self.catalogue.item_ids

    @property
    def weights(self) -> NDArray[np.float32]:
        """f32[U, M], columns as `modalities`, rows adding to 1."""
        return self.tastes.weights

    def contributions(
        self, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> Mapping[str, NDArray[np.float32]]:
        """What makes the utility of N pairs, each f32[N]; together they add to `utility`.

        One for each modality: what that content of the item says alone; `both`: combinations of
        two modalities; `base`: habit, popularity and whatever no content shows. What depends on
        the moment of a choice (drift, freshness, whom one's acquaintances follow) is left out.
        """
        tastes, catalogue = self.tastes, self.catalogue
        strength = tastes.strength[users]
        habit = tastes.categories[users, catalogue.category[items]]
        hidden = (tastes.hidden[users] * catalogue.hidden[items]).sum(axis=1)
        both = (tastes.combinations[users] * catalogue.combinations[items]).sum(axis=1)
        popular = np.float32(self.plan.popularity_skew) * catalogue.popularity[items]
        parts = {
            str(m): strength[:, place] * self._liking(m, users, items)
            for place, m in enumerate(self.modalities)
        }
        return parts | {
            "both": strength[:, -2] * both,
            "base": strength[:, -1] * hidden + habit + popular,
        }

    def utility(self, users: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float32]:
        """f32[N]: how much each user likes each item, apart from what the moment adds."""
        return np.asarray(np.sum(list(self.contributions(users, items).values()), axis=0))

    def user_rows(self, user_ids: NDArray[np.str_]) -> NDArray[np.int64]:
        """Rows of these users; an unknown one raises NotFound."""
        return _rows("user", self.user_ids, user_ids)

    def item_rows(self, item_ids: NDArray[np.str_]) -> NDArray[np.int64]:
        """Rows of these items; an unknown one raises NotFound."""
        return _rows("item", self.item_ids, item_ids)

    def properties(self, item: int) -> dict[str, str]:
        """Property name -> value of one item, for display; the category first."""
        kind = self.vocabulary.categories[int(self.catalogue.category[item])].name
        return {"category": kind} | self.vocabulary.told(self.catalogue.codes[item])

    def favourites(self, user: int) -> dict[str, str]:
        """Property name -> the value this user likes most."""
        likes = self.tastes.values[user]
        return {
            prop.name: prop.values[int(np.argmax(likes[first : first + len(prop.values)]))]
            for prop, first in zip(self.vocabulary.properties, self.vocabulary.starts, strict=True)
        }

    def save(self, folder: Path) -> None:
        """Write `truth.npz` (arrays) and `truth.json` (settings and names)."""
        keys = _item_keys(self.vocabulary)
        arrays = {key: getattr(self.catalogue, name) for name, key in keys.items()}
        arrays |= {f"user.{f.name}": getattr(self.tastes, f.name) for f in fields(Tastes)}
        np.savez(folder / ARRAYS, allow_pickle=False, **arrays)
        summary = json.dumps(self._summary(), indent=2) + "\n"
        (folder / SUMMARY).write_text(summary, encoding="utf-8")

    def _liking(
        self, modality: Modality, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        columns = np.array(self.vocabulary.columns_of(modality))
        places = self.vocabulary.starts[columns] + self.catalogue.codes[items][:, columns]
        return np.asarray(self.tastes.values[users[:, None], places].sum(axis=1))

    def _summary(self) -> dict[str, object]:
        words, mean = self.vocabulary, self.weights.mean(axis=0)
        likings = [
            f"strength[{place}] * {_NOUNS.get(m, str(m))} likings"
            for place, m in enumerate(self.modalities)
        ]
        return {
            "scenario": self.config.scenario,
            "config": self.config.to_mapping(),
            "modalities": [str(m) for m in self.modalities],
            "mean_weights": {
                str(m): round(float(w), 6) for m, w in zip(self.modalities, mean, strict=True)
            },
            "properties": {
                prop.name: {"modality": str(prop.modality), "values": list(prop.values)}
                for prop in words.properties
            },
            "combinations": [combo.name for combo in words.combinations],
            "categories": [category.name for category in words.categories],
            "arrays": (
                "user.values holds the liking of every property value, properties side by side; "
                f"utility = {' + '.join(likings)} "
                f"+ strength[{len(likings)}] * combinations "
                f"+ strength[{len(likings) + 1}] * hidden + category habit "
                "+ popularity_skew * popularity"
            ),
        }


def read_scenario(folder: Path) -> tuple[str, Mapping[str, object]]:
    """Name of the scenario and its settings, as a generated world notes them.

    Raises NotFound where the data set was not generated, DamagedArtefact where the note is broken.
    """
    if not (folder / ARRAYS).is_file() or not (folder / SUMMARY).is_file():
        raise NotFound("This data set was not generated, so there is no truth to compare with.")
    try:
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        return str(summary["scenario"]), dict(summary["config"])
    except (KeyError, ValueError, TypeError, OSError) as problem:
        raise _unreadable() from problem


def read_truth(folder: Path, config: ScenarioConfig) -> Truth:
    """What `Truth.save` wrote to `folder` for a world of these settings."""
    plan = config.blueprint()
    try:
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            items = {name: arrays[key] for name, key in _item_keys(plan.vocabulary).items()}
            tastes = {f.name: arrays[f"user.{f.name}"] for f in fields(Tastes)}
    except (KeyError, ValueError, OSError) as problem:
        raise _unreadable() from problem
    return Truth(config, plan, Catalogue(**items), Tastes(**tastes))


def _item_keys(words: Vocabulary) -> dict[str, str]:
    """Field of Catalogue -> its name in the file: the attribute is named after its column."""
    names = [field.name for field in fields(Catalogue)]
    return {n: f"item.{words.attribute.name if n == 'attribute' else n}" for n in names}


def _unreadable() -> DamagedArtefact:
    return DamagedArtefact(
        "The stored truth of this data set cannot be read. Generate the demo again."
    )


def _rows(kind: str, known: NDArray[np.str_], wanted: NDArray[np.str_]) -> NDArray[np.int64]:
    wanted = np.asarray(wanted, dtype=np.str_)
    rows = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    strangers = known[rows] != wanted
    if strangers.any():
        raise NotFound(f"The generated world has no {kind} '{wanted[strangers][0]}'.")
    return np.asarray(rows, dtype=np.int64)
