"""Verdicts on users whose true gain is known."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.errors import InvalidInput
from backend.evaluation.significance import seeded_difference
from backend.evaluation.worth import judge


def values(mean: float, users: int = 2000, seeds: int = 3, seed: int = 0) -> NDArray[np.float64]:
    """Users differ much, seeds little; the same users for one `seed`."""
    rng = np.random.default_rng(seed)
    taste = rng.normal(0, 0.2, users)
    noise = np.random.default_rng([seed, int(mean * 1e6) % 2**31]).normal(0, 0.1, (seeds, users))
    return mean + taste + noise


def test_a_gain_over_every_rival_is_worth_it() -> None:
    found = judge(values(0.34), {"text alone": values(0.30), "EASE": values(0.28, seeds=1)})
    assert found.decision == "worth_it"
    assert found.toughest.rival == "text alone"
    assert found.toughest.relative == pytest.approx(0.04 / 0.30, abs=0.02)
    assert found.toughest.low < found.toughest.relative < found.toughest.high
    assert found.more_users == 0


def test_a_gain_over_one_of_two_rivals_is_not_enough() -> None:
    found = judge(values(0.30), {"text alone": values(0.30001), "EASE": values(0.2)})
    assert found.decision == "not_shown"
    assert found.toughest.rival == "text alone"


def test_a_rival_that_is_better_makes_it_harmful() -> None:
    found = judge(values(0.2), {"text alone": values(0.15), "EASE": values(0.25)})
    assert found.decision == "harmful"
    assert found.more_users is None


def test_how_many_more_users_would_show_it() -> None:
    """Two-sided 5 %, power 80 %: n = (1.96 + 0.84)² sd² / gain²."""
    users = 100
    gain = np.where(np.arange(users) % 2, 0.5 + 0.05, -0.5 + 0.05)
    found = judge(gain[None], {"EASE": np.zeros((1, users))})
    assert found.decision == "not_shown"
    expected = (2.8015 * 0.5 / 0.05) ** 2 - users
    assert found.more_users == pytest.approx(expected, rel=0.1)


def test_without_a_rival_there_is_no_verdict() -> None:
    with pytest.raises(InvalidInput, match="single-modality or a click-only"):
        judge(values(0.2), {})


def test_a_rival_of_zero_has_no_relative_gain() -> None:
    found = judge(values(0.2), {"EASE": np.zeros((1, 2000))})
    assert found.decision == "worth_it"
    assert math.isnan(found.toughest.relative)


def test_seeds_that_disagree_widen_the_interval() -> None:
    rng = np.random.default_rng(1)
    base = rng.random(500)
    calm = base + 0.01 + np.zeros((3, 1))
    torn = base + 0.01 + np.array([[-0.05], [0.0], [0.05]])
    other = np.broadcast_to(base, (1, 500))
    assert seeded_difference(calm, other).low > 0
    wide = seeded_difference(torn, other)
    assert wide.low < 0 < wide.high
    assert wide.value == pytest.approx(0.01)


def test_other_users_cannot_be_compared() -> None:
    with pytest.raises(InvalidInput, match="same users"):
        seeded_difference(np.zeros((1, 3)), np.zeros((1, 4)))


def test_a_world_without_gain_is_rarely_called_worth_it() -> None:
    """At most one in twenty by design; 200 worlds, so that 5 % are ten and 20 would be odd."""
    verdicts = [
        judge(values(0.3, 300, seed=s), {"a": values(0.3 - 1e-6, 300, seed=s)}).decision
        for s in range(200)
    ]
    assert verdicts.count("worth_it") <= 12


def test_one_modality_that_carries_all_is_worth_it_and_fusing_is_not() -> None:
    """Only the image is told apart by taste: fusion is the image again, both beat clicks."""
    image, clicks, shuffled = values(0.30), values(0.25), values(0.26)
    assert judge(values(0.3001), {"image": image, "EASE": clicks}).decision == "not_shown"
    content = judge(image, {"EASE": clicks, "shuffled": shuffled})
    assert content.decision == "worth_it"
    assert content.toughest.rival == "shuffled"


def test_what_gains_by_mere_numbers_is_not_worth_having() -> None:
    """Noise smooths a model, which beats EASE; so does the same model over shuffled content."""
    rivals = {"EASE": values(0.25), "shuffled": values(0.30001)}
    assert judge(values(0.30), rivals).decision == "not_shown"
