import re

import numpy as np
import pytest

from backend.data.synthetic.scenarios.shop.phrases import BRANDS, MATERIAL, OCCASION, STYLE
from backend.data.synthetic.scenarios.shop.vocabulary import (
    CATEGORIES,
    COLOURS,
    CUTS,
    MATERIALS,
    OCCASIONS,
    PATTERNS,
    STYLES,
    VOCABULARY,
)
from backend.data.synthetic.scenarios.shop.wording import word_items

VISUAL = {*COLOURS, *PATTERNS, *CUTS, *(cut for kind in CATEGORIES for cut in kind.cuts)}
OTHER_COLOURS = {"red", "blue", "green", "black", "white", "grey", "pink", "purple", "brown"}


def words_of(truth, rows=None):
    rows = np.arange(len(truth.item_ids)) if rows is None else rows
    return word_items(truth.catalogue, rows, truth.config.seed)


def test_without_redundancy_no_text_names_what_only_the_picture_shows(imagine):
    truth = imagine(redundancy=0.0, items=1000, missing_text=0.0)
    told = " ".join(f"{w.title} {w.text}" for w in words_of(truth)).lower()
    # "Shirt", "short-sleeved" and the like must not hide a value, so whole words are compared.
    assert set(re.findall(r"[a-z]+(?:-[a-z]+)*", told)) & (VISUAL | OTHER_COLOURS) == set()


def test_with_full_redundancy_every_text_names_colour_pattern_and_cut(imagine):
    truth = imagine(redundancy=1.0, missing_text=0.0)
    for row, words in enumerate(words_of(truth)):
        value = truth.properties(row)
        kind = next(kind for kind in CATEGORIES if kind.name == value["category"])
        assert value["colour"] in words.text
        assert value["pattern"] in words.text
        assert kind.cuts[truth.catalogue.codes[row, VOCABULARY.column("cut")]] in words.text


def test_redundancy_is_the_share_of_properties_told_twice(imagine):
    assert imagine(redundancy=0.4, items=3000).catalogue.told.mean() == pytest.approx(0.4, abs=0.02)


def test_every_text_tells_brand_material_and_occasion(imagine):
    truth = imagine(missing_text=0.0)
    for row, words in enumerate(words_of(truth)):
        value = truth.properties(row)
        assert any(brand in words.text for brand in BRANDS[value["style"]])
        assert any(sentence in words.text for sentence in MATERIAL[value["material"]])
        assert any(sentence in words.text for sentence in OCCASION[value["occasion"]])


def test_wording_varies_and_does_not_depend_on_what_else_is_asked_for(imagine):
    truth = imagine(missing_text=0.0)
    everything = words_of(truth)
    assert len({w.text for w in everything}) > 0.99 * len(everything)
    assert words_of(truth, np.array([17, 4])) == [everything[17], everything[4]]


def test_every_value_has_its_phrases():
    assert set(STYLE) == set(BRANDS) == set(STYLES)
    assert set(MATERIAL) == set(MATERIALS)
    assert set(OCCASION) == set(OCCASIONS)
