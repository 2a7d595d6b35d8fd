"""Titles and descriptions in varied wording, from what may be told of an item in words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.dice import Dice
from backend.data.synthetic.scenarios.shop.phrases import (
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
from backend.data.synthetic.scenarios.shop.vocabulary import CATEGORIES, VOCABULARY, ShopCategory
from models.modality import Modality


@dataclass(frozen=True)
class Wording:
    """What a shop says of one item; both are "" where it says nothing."""

    title: str
    text: str


def word_items(catalogue: Catalogue, rows: NDArray[np.int64], seed: int) -> list[Wording]:
    """The wording of these items; it does not depend on which other rows are asked for."""
    return [_word(catalogue, int(row), Dice.of_item(seed, int(row))) for row in rows]


def cut_name(category: ShopCategory, code: int) -> str:
    """The cut as its kind of item calls it: a wide bag is roomy, a wide shirt boxy."""
    return category.cuts[code]


def _word(catalogue: Catalogue, row: int, dice: Dice) -> Wording:
    if not catalogue.present[row, 1]:
        return Wording("", "")
    category = CATEGORIES[int(catalogue.category[row])]
    value = VOCABULARY.told(catalogue.codes[row])
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
    catalogue: Catalogue, row: int, category: ShopCategory, value: dict[str, str], dice: Dice
) -> list[str]:
    """Sentences for those visual properties that the text tells as well."""
    said = dict(value)
    said["cut"] = cut_name(category, int(catalogue.codes[row, VOCABULARY.column("cut")]))
    return [
        dice.one_of(SEEN[prop.name]).format(value=said[prop.name])
        for place, prop in enumerate(VOCABULARY.properties)
        if prop.modality == Modality.IMAGE and catalogue.told[row, place]
    ]
