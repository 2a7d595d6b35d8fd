"""Scores that are known to look at one place or one word."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from backend.explain.deletion import agreement, cells_of, deletions, words_of
from backend.explain.saliency import SIDE, occlusion, word_groups
from models.encoders import Content

TEXT = "one two three four five six seven eight nine ten eleven twelve"


def of_three(contents: Sequence[Content]) -> NDArray[np.float64]:
    return np.array([float("three" in str(c)) for c in contents])


def test_the_word_that_counts_is_trusted_and_another_is_not() -> None:
    groups = word_groups(TEXT)
    right, wrong = np.eye(12)[2], np.eye(12)[5]
    found = deletions(words_of(TEXT, groups), [right, wrong], of_three)
    assert found[0].hottest == 0
    assert [one.trusted for one in found] == [True, False]


def test_a_score_that_never_changes_trusts_nothing() -> None:
    parts = words_of(TEXT, word_groups(TEXT))
    (found,) = deletions(parts, [np.arange(12.0)], lambda c: np.ones(len(c)))
    assert not found.trusted


def test_too_few_parts_are_not_judged() -> None:
    parts = words_of("two words", word_groups("two words"))
    (found,) = deletions(parts, [np.array([1.0, 0.0])], of_three)
    assert not found.trusted


def test_equal_heat_says_nothing_of_the_order_of_reading() -> None:
    def of_first(contents: Sequence[Content]) -> NDArray[np.float64]:
        return np.array([float(str(c).startswith("one")) for c in contents])

    parts = words_of(TEXT, word_groups(TEXT))
    (found,) = deletions(parts, [np.zeros(12)], of_first)
    assert not found.trusted


def test_a_map_that_knows_nothing_is_seldom_trusted() -> None:
    rng = np.random.default_rng(3)
    parts = words_of(TEXT, word_groups(TEXT))
    weights = dict(zip(TEXT.split(), rng.normal(size=12), strict=True))

    def scores(contents: Sequence[Content]) -> NDArray[np.float64]:
        return np.array([sum(weights[word] for word in str(c).split()) for c in contents])

    found = deletions(parts, list(rng.normal(size=(400, 12))), scores)
    assert np.mean([one.trusted for one in found]) < 0.3


def test_cells_are_those_that_covering_changes() -> None:
    picture = Image.new("RGB", (SIDE, SIDE), (128, 128, 128))
    picture.paste((255, 0, 0), (0 + 28, 28, 56, 56))
    picture.paste((0, 0, 255), (84, 84, 140, 140))
    parts, by_cell = cells_of(picture)
    assert parts.number == 5

    def redness(contents: Sequence[Content]) -> NDArray[np.float64]:
        return np.array([float(np.asarray(c)[:, :, 0].astype(float).mean()) for c in contents])

    heat = by_cell(occlusion(picture, redness).heat)
    assert int(heat.argmax()) == 0
    (found,) = deletions(parts, [heat], redness)
    assert found.trusted


def test_agreement_is_of_ranks() -> None:
    one = np.array([1.0, 2.0, 3.0, 4.0])
    assert agreement(one, one**3) == pytest.approx(1)
    assert agreement(one, -one) == pytest.approx(-1)
    assert agreement(one, np.zeros(4)) is None
