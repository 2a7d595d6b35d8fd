"""Titles and descriptions in varied wording, from what may be told of an item in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.phrases import (
    BRANDS,
    FILLER,
    MATERIAL,
    MATERIAL_WORD,
    OCCASION,
    OCCASION_WORD,
    SEEN,
    STYLE,
    TITLES,
)
from backend.data.synthetic.vocabulary import CATEGORIES, PROPERTIES, Category, column
from models.modality import Modality

_DRAWS = 24

T = TypeVar("T")


@dataclass(frozen=True)
class Wording:
    """What a shop says of one item; both are "" where it says nothing."""

    title: str
    text: str


class _Dice:
    """Ready-made random numbers, one after the other: a generator per item would be slow."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = iter(numbers)

    def one_of(self, options: Sequence[T]) -> T:
        return options[next(self._numbers) % len(options)]

    def shuffled(self, parts: Sequence[str]) -> list[str]:
        keys = [next(self._numbers) for _ in parts]
        return [part for _, part in sorted(zip(keys, parts, strict=True))]


def word_items(catalogue: Catalogue, rows: NDArray[np.int64], seed: int) -> list[Wording]:
    """The wording of these items; it does not depend on which other rows are asked for."""
    return [_word(catalogue, int(row), _Dice(_numbers(seed, int(row)))) for row in rows]


def cut_name(category: Category, code: int) -> str:
    """The cut as its kind of item calls it: a wide bag is roomy, a wide shirt boxy."""
    return category.cuts[code]


def _numbers(seed: int, row: int) -> list[int]:
    # SeedSequence mixes (seed, row) well and costs a tenth of a full Generator.
    state = np.random.SeedSequence([seed, 4, row]).generate_state(_DRAWS)
    return [int(number) for number in state]


def _word(catalogue: Catalogue, row: int, dice: _Dice) -> Wording:
    if not catalogue.present[row, 1]:
        return Wording("", "")
    category = CATEGORIES[int(catalogue.category[row])]
    value = {
        prop.name: prop.values[int(code)]
        for prop, code in zip(PROPERTIES, catalogue.codes[row], strict=True)
    }
    brand, noun = dice.one_of(BRANDS[value["style"]]), dice.one_of(category.nouns)
    occasion, purpose = dice.one_of(OCCASION_WORD[value["occasion"]])
    title = dice.one_of(TITLES).format(
        brand=brand,
        noun=noun,
        material=dice.one_of(MATERIAL_WORD[value["material"]]),
        occasion=occasion,
        purpose=purpose,
    )
    sentences = [
        dice.one_of(STYLE[value["style"]]).format(brand=brand),
        dice.one_of(MATERIAL[value["material"]]),
        dice.one_of(OCCASION[value["occasion"]]),
        *_seen(catalogue, row, category, value, dice),
    ]
    told = [*dice.shuffled(sentences), dice.one_of(FILLER)]
    return Wording(title[0].upper() + title[1:], " ".join(told))


def _seen(
    catalogue: Catalogue, row: int, category: Category, value: dict[str, str], dice: _Dice
) -> list[str]:
    """Sentences for those visual properties that the text tells as well."""
    said = dict(value)
    said["cut"] = cut_name(category, int(catalogue.codes[row, column("cut")]))
    return [
        dice.one_of(SEEN[prop.name]).format(value=said[prop.name])
        for place, prop in enumerate(PROPERTIES)
        if prop.modality == Modality.IMAGE and catalogue.told[row, place]
    ]
