import math
from dataclasses import astuple
from itertools import product

import numpy as np
import pytest

from backend.errors import InvalidInput
from backend.evaluation.significance import (
    Interval,
    align,
    bootstrap_interval,
    bootstrap_intervals,
    holm,
    paired_difference,
    paired_differences,
    seeded_difference,
)


def test_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    inside = 0
    for trial in range(300):
        interval = bootstrap_interval(rng.exponential(1.0, 80), seed=trial, resamples=400)
        inside += interval.low <= 1.0 <= interval.high
    # nominal 0.95, percentile intervals on skewed data fall a little short; 300 trials: ± 0.025
    assert 0.89 <= inside / 300 <= 0.985


def test_interval_has_the_width_of_theory() -> None:
    values = np.random.default_rng(0).normal(3, 2, 2000)
    interval = bootstrap_interval(values)
    assert interval.value == pytest.approx(values.mean())
    expected = 2 * 1.96 * values.std() / math.sqrt(2000)
    assert interval.high - interval.low == pytest.approx(expected, rel=0.08)
    narrow = bootstrap_interval(values, level=0.5)
    assert narrow.high - narrow.low == pytest.approx(expected * 0.6745 / 1.96, rel=0.1)


def test_same_seed_same_interval_and_several_at_once_agree() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.random(500), rng.random(500)
    together = bootstrap_intervals({"a": a, "b": b}, seed=4)
    assert together["a"].low == pytest.approx(bootstrap_interval(a, seed=4).low)
    assert bootstrap_interval(a, seed=4) == bootstrap_interval(a, seed=4)
    assert together["b"].low == pytest.approx(bootstrap_interval(b, seed=4).low)
    assert bootstrap_interval(a, seed=4).low != bootstrap_interval(a, seed=5).low


def test_few_values() -> None:
    assert bootstrap_interval([0.25]) == Interval(0.25, 0.25, 0.25)
    assert bootstrap_interval([2.0, 2.0, 2.0]) == Interval(2.0, 2.0, 2.0)
    empty = bootstrap_interval([])
    assert math.isnan(empty.value)
    assert math.isnan(empty.low)
    assert bootstrap_intervals({}) == {}


def test_overlap() -> None:
    assert Interval(1, 0, 2).overlaps(Interval(3, 2, 4))
    assert not Interval(1, 0, 2).overlaps(Interval(3, 2.1, 4))


def test_p_values_are_uniform_without_a_difference() -> None:
    rng = np.random.default_rng(11)
    p = np.array(
        [
            paired_difference(
                rng.random(60), rng.random(60), seed=trial, resamples=20, flips=400
            ).p_value
            for trial in range(400)
        ]
    )
    # 400 trials: three standard errors of a share are at most 0.075
    for level in (0.05, 0.25, 0.5, 0.75):
        assert abs((p <= level).mean() - level) < 3 * math.sqrt(level * (1 - level) / 400) + 0.005


def test_p_value_is_exact_for_few_users() -> None:
    a, b = [3.0, 2.0, 5.0, 1.0, 1.0], [1.0, 1.0, 2.0, 1.5, 1.0]
    d = [2.0, 1.0, 3.0, -0.5]  # the fifth user does not differ
    sums = [
        abs(sum(s * x for s, x in zip(signs, d, strict=True)))
        for signs in product((1, -1), repeat=4)
    ]
    expected = sum(total >= abs(sum(d)) for total in sums) / 16
    assert paired_difference(a, b).p_value == pytest.approx(expected)


def test_drawn_and_exact_p_values_agree() -> None:
    d = np.random.default_rng(8).normal(0.4, 1, 13)
    signs = np.array(list(product((1, -1), repeat=13)))
    exact = (np.abs(signs @ d) >= abs(d.sum()) - 1e-12).mean()
    drawn = paired_difference(d, np.zeros(13), flips=40_000).p_value
    assert drawn == pytest.approx(exact, abs=0.01)


def test_difference_by_hand() -> None:
    result = paired_difference([0.5, 0.7, 0.9, 0.3], [0.4, 0.5, 0.8, 0.3])
    d = [0.1, 0.2, 0.1, 0.0]
    mean = sum(d) / 4
    spread = math.sqrt(sum((x - mean) ** 2 for x in d) / 3)
    assert result.value == pytest.approx(mean)
    assert result.effect_size == pytest.approx(mean / spread)
    assert result.n == 4
    assert result.low <= mean <= result.high


def test_a_clear_difference_is_found_and_reversing_flips_it() -> None:
    rng = np.random.default_rng(0)
    b = rng.random(400)
    a = b + rng.normal(0.05, 0.1, 400)
    forward, back = paired_difference(a, b), paired_difference(b, a)
    assert forward.p_value == pytest.approx(1 / 10_001)
    assert forward.low > 0
    assert back.value == pytest.approx(-forward.value)
    assert back.p_value == pytest.approx(forward.p_value)


def test_several_at_once_are_what_each_is_alone() -> None:
    rng = np.random.default_rng(3)
    base = rng.random(301)
    kinds = ((0.1, 0.5), (0.2, 0.02), (0.0, 0.0))  # many people, at most twelve, nobody
    several = [base + shift * (rng.random(301) < share) for shift, share in kinds]
    together = paired_differences(several, base)
    for row, one in zip(together, several, strict=True):
        assert astuple(row) == pytest.approx(astuple(paired_difference(one, base)), abs=1e-12)
    assert together[0].p_value < 0.01
    assert together[1].p_value == 0.5 ** (np.count_nonzero(several[1] != base) - 1)
    assert together[2].p_value == 1
    assert paired_differences([], base) == ()


def test_identical_runs_do_not_differ() -> None:
    values = np.random.default_rng(0).random(50)
    result = paired_difference(values, values)
    assert (result.value, result.low, result.high) == (0, 0, 0)
    assert result.p_value == 1
    assert result.effect_size == 0


def test_unequal_lengths_and_bad_levels_are_refused() -> None:
    with pytest.raises(InvalidInput, match="same users"):
        paired_difference([1.0, 2.0], [1.0])
    with pytest.raises(InvalidInput, match="level"):
        bootstrap_interval([1.0], level=1.0)


def test_no_users() -> None:
    result = paired_difference([], [])
    assert result.n == 0
    assert result.p_value == 1
    assert math.isnan(result.value)


def test_align_keeps_common_users_in_order() -> None:
    _, a, b = align(
        np.array([1, 3, 7]),
        np.array([0.1, 0.3, 0.7], np.float32),
        np.array([0, 3, 7, 9]),
        np.array([0.0, 3.0, 7.0, 9.0], np.float32),
    )
    assert a.tolist() == pytest.approx([0.3, 0.7])
    assert b.tolist() == [3.0, 7.0]


def test_holm_by_hand() -> None:
    # sorted .01 .02 .03 .04 times 4 3 2 1, then never smaller than the one before
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
    assert holm([0.02]) == [0.02]


def test_intervals_of_few_values_are_as_wide_as_they_should_be() -> None:
    rng = np.random.default_rng(3)
    found = [bootstrap_interval(rng.normal(0, 1, 10), seed=t, resamples=400) for t in range(600)]
    inside = np.mean([interval.low <= 0 <= interval.high for interval in found])
    # plain percentiles: 0.91; two standard errors of 600 trials are 0.018
    assert 0.93 <= inside <= 0.97


@pytest.mark.parametrize(("luck", "moods"), [(0.03, 0.02), (0.0, 0.1)])
def test_over_seeds_both_intervals_and_p_values_are_honest(luck: float, moods: float) -> None:
    """No difference in truth; the luck of three seeds, or users' moods under single seeds."""
    rng = np.random.default_rng(9)
    inside, chances = 0, []
    for trial in range(300):
        taste = rng.normal(0, 0.2, 60)
        a, b = (
            taste
            + rng.normal(0, 0.05, 60)
            + rng.normal(0, luck, (3, 1))
            + rng.normal(0, moods, (3, 60))
            for _ in range(2)
        )
        found = seeded_difference(a, b, seed=trial, resamples=400, flips=400)
        inside += found.low <= 0 <= found.high
        chances.append(found.p_value)
    assert 0.92 <= inside / 300 <= 0.98
    p = np.array(chances)
    for level in (0.05, 0.25, 0.5, 0.75):
        surplus, error = (p <= level).mean() - level, math.sqrt(level * (1 - level) / 300)
        # with three seeds Welch's degrees of freedom are a little cautious, never bold
        assert -3 * error - 0.03 < surplus < 3 * error + 0.005


def test_one_seed_each_is_a_plain_paired_comparison() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((1, 80)), rng.random((1, 80))
    assert seeded_difference(a, b, seed=3) == paired_difference(a[0], b[0], seed=3)
