"""The items of a generated shop: their properties, what is missing, what text and picture tell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.config import ShopConfig
from backend.data.synthetic.vocabulary import (
    CATEGORIES,
    COMBINATIONS,
    DEPARTMENTS,
    PROPERTIES,
    column,
)

HIDDEN = 6
"""Dimensions of the taste that neither picture nor text reveals."""


@dataclass(frozen=True)
class Catalogue:
    """I items, in the order of `item_ids`.

    `codes` i8[I, P]: value of each property. `category`, `department` i8[I].
    `told` bool[I, P]: the property is told by the other modality as well (redundancy).
    `present` bool[I, 2]: has a picture, has a text. `cold` bool[I]: never in training.
    `combinations` f32[I, K]: centred, near +1 or -1. `hidden` f32[I, H]: standard normal.
    `popularity` f32[I]: mean 0, standard deviation 1. `trend` f32[I]: likewise, the direction in
    which fashion moves.
    """

    item_ids: NDArray[np.str_]
    codes: NDArray[np.int8]
    category: NDArray[np.int8]
    department: NDArray[np.int8]
    told: NDArray[np.bool_]
    present: NDArray[np.bool_]
    cold: NDArray[np.bool_]
    combinations: NDArray[np.float32]
    hidden: NDArray[np.float32]
    popularity: NDArray[np.float32]
    trend: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.item_ids)


def draw_catalogue(config: ShopConfig) -> Catalogue:
    """Properties are independent of each other and of the category, so that none betrays another.

    The table-wide shares (missing, cold) are exact to the nearest item.
    """
    rng = np.random.default_rng([config.seed, 1])
    count = config.items
    category = _spread(rng, count, len(CATEGORIES))
    codes = np.stack([_spread(rng, count, len(prop.values)) for prop in PROPERTIES], axis=1)
    return Catalogue(
        item_ids=numbered("A", count),
        codes=codes,
        category=category,
        department=_departments(rng, category),
        told=rng.random((count, len(PROPERTIES))) < config.redundancy,
        present=_present(rng, config),
        cold=_marked(rng.permutation(count), round(config.cold_items * count)),
        combinations=_combinations(codes),
        hidden=rng.standard_normal((count, HIDDEN), dtype=np.float32),
        popularity=_standardised(rng.standard_normal(count)),
        trend=_trend(rng, codes),
    )


def numbered(prefix: str, count: int) -> NDArray[np.str_]:
    """Identifiers of equal length, so that their order as text is their order as numbers."""
    width = max(4, len(str(count)))
    return np.array([f"{prefix}{number:0{width}d}" for number in range(1, count + 1)])


def _spread(rng: np.random.Generator, count: int, values: int) -> NDArray[np.int8]:
    """Every value equally often, in random order."""
    return rng.permutation(np.arange(count) % values).astype(np.int8)


def _departments(rng: np.random.Generator, category: NDArray[np.int8]) -> NDArray[np.int8]:
    drawn = rng.integers(len(DEPARTMENTS), size=len(category)).astype(np.int8)
    womens = np.array([kind.womens for kind in CATEGORIES])[category]
    return np.asarray(np.where(womens, DEPARTMENTS.index("Women"), drawn).astype(np.int8))


def _present(rng: np.random.Generator, config: ShopConfig) -> NDArray[np.bool_]:
    """Disjoint shares lack picture or text: an item with neither could not be shown at all."""
    order = rng.permutation(config.items)
    no_image = round(config.missing_image * config.items)
    no_text = min(round(config.missing_text * config.items), config.items - no_image)
    present = np.ones((config.items, 2), dtype=np.bool_)
    present[order[:no_image], 0] = False
    present[order[no_image : no_image + no_text], 1] = False
    if not config.draws_pictures:
        present[:, 0] = False
    return present


def _marked(order: NDArray[np.int64], marked: int) -> NDArray[np.bool_]:
    flags = np.zeros(len(order), dtype=np.bool_)
    flags[order[:marked]] = True
    return flags


def _combinations(codes: NDArray[np.int8]) -> NDArray[np.float32]:
    columns = []
    for combo in COMBINATIONS:
        seen = _sign(codes, combo.seen, combo.shown)
        said = _sign(codes, combo.said, combo.stated)
        columns.append(_standardised(seen * said))
    return np.stack(columns, axis=1)


def _sign(codes: NDArray[np.int8], name: str, chosen: frozenset[str]) -> NDArray[np.float64]:
    values = PROPERTIES[column(name)].values
    signs = np.array([1.0 if value in chosen else -1.0 for value in values])
    return np.asarray(signs[codes[:, column(name)]])


def _trend(rng: np.random.Generator, codes: NDArray[np.int8]) -> NDArray[np.float32]:
    rising = [rng.standard_normal(len(prop.values)) for prop in PROPERTIES]
    return _standardised(np.sum([rising[c][codes[:, c]] for c in range(len(PROPERTIES))], axis=0))


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray((values - values.mean()) / max(values.std(), 1e-9), dtype=np.float32)
