"""Parts lie where changing a property changes the picture."""

from dataclasses import replace

import numpy as np
import pytest

from backend.data.synthetic.catalogue import Catalogue
from backend.data.synthetic.generate import scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.data.synthetic.scenarios.shop.parts import picture_parts
from backend.data.synthetic.scenarios.shop.pictures import draw_picture
from backend.data.synthetic.scenarios.shop.vocabulary import PATTERNS, VOCABULARY

WORLD = SCENARIOS["shop"].cls(scenario_config("shop", {"items": 60, "users": 10}))
TRUTH = WORLD.imagine()


def changed(row: int, name: str, value: int) -> np.ndarray:
    """bool[224, 224]: what looks otherwise with another value of one property."""
    catalogue = TRUTH.catalogue
    codes = catalogue.codes.copy()
    codes[row, VOCABULARY.column(name)] = value
    return _differs(catalogue, replace(catalogue, codes=codes), row)


def _differs(one: Catalogue, other: Catalogue, row: int) -> np.ndarray:
    pair = [np.asarray(draw_picture(c, row, WORLD.config.seed), float) for c in (one, other)]
    return np.abs(pair[0] - pair[1]).max(2) > 24


@pytest.mark.parametrize("row", range(0, 40, 4))
@pytest.mark.parametrize("name", ["colour", "pattern"])
def test_another_colour_or_pattern_shows_within_its_part(row, name):
    part = picture_parts(TRUTH.catalogue, row, WORLD.config.seed)[name]
    values = len(VOCABULARY.properties[VOCABULARY.column(name)].values)
    own = int(TRUTH.catalogue.codes[row, VOCABULARY.column(name)])
    other = changed(row, name, (own + values // 2) % values)
    assert other.any()
    inside = (other & part).sum() / other.sum()
    # Accents take on a little of the ground's colour.
    assert inside > (0.6 if name == "colour" else 0.85)
    assert inside > 2 * part.mean()


def test_another_cut_shows_along_the_outline_more_than_elsewhere():
    shares = []
    for row in range(30):
        part = picture_parts(TRUTH.catalogue, row, WORLD.config.seed)["cut"]
        own = int(TRUTH.catalogue.codes[row, VOCABULARY.column("cut")])
        other = changed(row, "cut", (own + 1) % 4)
        shares.append((other & part).sum() / other.sum() / part.mean())
    assert np.mean(shares) > 1.5


def test_the_colour_of_a_plain_thing_is_all_its_cloth_and_a_pattern_leaves_ground():
    codes = TRUTH.catalogue.codes[:, VOCABULARY.column("pattern")]
    for row in range(60):
        parts = picture_parts(TRUTH.catalogue, row, WORLD.config.seed)
        both = parts["colour"] & parts["pattern"]
        assert both.any()
        plain = PATTERNS[codes[row]] == "plain"
        assert bool((parts["pattern"] & ~parts["colour"]).any()) != plain


def test_the_scenario_tells_the_parts_of_its_picture():
    parts = WORLD.parts(TRUTH, 3)
    assert set(parts) == {"colour", "pattern", "cut"}
    size = WORLD.picture(TRUTH, 3).size
    for part in parts.values():
        assert part.dtype == np.bool_
        assert part.shape == size[::-1]
        assert 0 < part.mean() < 0.6


def test_a_scenario_that_does_not_say_so_tells_none():
    news = SCENARIOS["news"].cls(scenario_config("news", {"items": 40, "users": 10}))
    assert news.parts(news.imagine(), 0) == {}
