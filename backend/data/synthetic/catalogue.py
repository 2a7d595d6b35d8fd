"""The items of a generated world: their properties, what is missing, what is told twice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.blueprint import Blueprint
from backend.data.synthetic.vocabulary import Vocabulary

HIDDEN = 6
"""Dimensions of the taste that no content reveals."""


@dataclass(frozen=True)
class Catalogue:
    """I items, in the order of `item_ids`.

    `codes` i8[I, P]: value of each property. `category`, `attribute` i8[I].
    `told` bool[I, P]: the property is told by another modality as well (redundancy).
    `present` bool[I, M]: which modalities it has. `cold` bool[I]: never in training.
    `combinations` f32[I, K]: centred, near +1 or -1. `hidden` f32[I, H]: standard normal.
    `popularity` f32[I]: mean 0, standard deviation 1. `trend` f32[I]: likewise, the direction in
    which fashion moves.
    """

    item_ids: NDArray[np.str_]
    codes: NDArray[np.int8]
    category: NDArray[np.int8]
    attribute: NDArray[np.int8]
    told: NDArray[np.bool_]
    present: NDArray[np.bool_]
    cold: NDArray[np.bool_]
    combinations: NDArray[np.float32]
    hidden: NDArray[np.float32]
    popularity: NDArray[np.float32]
    trend: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.item_ids)


def draw_catalogue(plan: Blueprint) -> Catalogue:
    """Properties are independent of each other and of the category, so that none betrays another.

    The table-wide shares (missing, cold) are exact to the nearest item.
    """
    rng = np.random.default_rng([plan.seed, 1])
    words, count = plan.vocabulary, plan.items
    category = spread(rng, count, len(words.categories))
    codes = np.stack([spread(rng, count, len(prop.values)) for prop in words.properties], axis=1)
    return Catalogue(
        item_ids=numbered(plan.item_prefix, count),
        codes=codes,
        category=category,
        attribute=_attributes(rng, words, category),
        told=rng.random((count, len(words.properties))) < plan.redundancy,
        present=_present(rng, plan),
        cold=_marked(rng.permutation(count), round(plan.cold_items * count)),
        combinations=_combinations(words, codes),
        hidden=rng.standard_normal((count, HIDDEN), dtype=np.float32),
        popularity=standardised(rng.standard_normal(count)),
        trend=_trend(rng, words, codes),
    )


def numbered(prefix: str, count: int) -> NDArray[np.str_]:
    """Identifiers of equal length, so that their order as text is their order as numbers."""
    width = max(4, len(str(count)))
    return np.array([f"{prefix}{number:0{width}d}" for number in range(1, count + 1)])


def spread(rng: np.random.Generator, count: int, values: int) -> NDArray[np.int8]:
    """Every value equally often, in random order."""
    return rng.permutation(np.arange(count) % values).astype(np.int8)


def standardised(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Shifted and scaled to mean 0 and deviation 1."""
    return np.asarray((values - values.mean()) / max(values.std(), 1e-9), dtype=np.float32)


def _attributes(
    rng: np.random.Generator, words: Vocabulary, category: NDArray[np.int8]
) -> NDArray[np.int8]:
    values = words.attribute.values
    drawn = rng.integers(len(values), size=len(category)).astype(np.int8)
    bound = np.array([values.index(kind.only) if kind.only else -1 for kind in words.categories])
    return np.where(bound[category] < 0, drawn, bound[category]).astype(np.int8)


def _present(rng: np.random.Generator, plan: Blueprint) -> NDArray[np.bool_]:
    """Disjoint shares lack one modality: an item without any could not be shown at all."""
    order = rng.permutation(plan.items)
    present = np.ones((plan.items, len(plan.missing)), dtype=np.bool_)
    first = 0
    for place, share in enumerate(plan.missing):
        last = min(first + round(share * plan.items), plan.items)
        present[order[first:last], place] = False
        first = last
    for modality in plan.undrawn:
        present[:, plan.vocabulary.modalities.index(modality)] = False
    return present


def _marked(order: NDArray[np.int64], marked: int) -> NDArray[np.bool_]:
    flags = np.zeros(len(order), dtype=np.bool_)
    flags[order[:marked]] = True
    return flags


def _combinations(words: Vocabulary, codes: NDArray[np.int8]) -> NDArray[np.float32]:
    columns = [
        standardised(
            _sign(words, codes, combo.one, combo.these)
            * _sign(words, codes, combo.other, combo.those)
        )
        for combo in words.combinations
    ]
    return np.stack(columns, axis=1) if columns else np.zeros((len(codes), 0), dtype=np.float32)


def _sign(
    words: Vocabulary, codes: NDArray[np.int8], name: str, chosen: frozenset[str]
) -> NDArray[np.float64]:
    column = words.column(name)
    signs = np.array([1.0 if v in chosen else -1.0 for v in words.properties[column].values])
    return np.asarray(signs[codes[:, column]])


def _trend(
    rng: np.random.Generator, words: Vocabulary, codes: NDArray[np.int8]
) -> NDArray[np.float32]:
    rising = [rng.standard_normal(len(prop.values)) for prop in words.properties]
    return standardised(np.sum([values[codes[:, c]] for c, values in enumerate(rising)], axis=0))
