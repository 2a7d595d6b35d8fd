from collections.abc import Mapping

import numpy as np
import pytest

from backend.data.health.ratings import rating_findings


def _names(counts: Mapping[float, int]) -> list[str]:
    values = np.repeat(np.array(list(counts), np.float32), list(counts.values()))
    return [finding.name for finding in rating_findings(values)]


@pytest.mark.parametrize(
    "counts",
    [
        {1: 100},
        {1: 5, 2: 10, 3: 30, 4: 40, 5: 15},
        {0.5: 5, 1: 6, 2: 10, 3: 30, 3.5: 20, 4: 40, 5: 15},
        {-10: 20, -5: 20, 0: 20, 5: 20, 10: 20},
    ],
    ids=["clicks", "stars", "half stars", "jokes"],
)
def test_scales_that_people_used_are_no_finding(counts: Mapping[float, int]) -> None:
    assert _names(counts) == []


@pytest.mark.parametrize(
    ("counts", "name"),
    [
        ({5: 100}, "ratings_equal"),
        ({-1: 20, 1: 5, 2: 10, 3: 30, 4: 40, 5: 15}, None),
        ({-9: 20, 1: 5, 2: 10, 3: 30, 4: 40, 5: 15}, "rating_code"),
        ({1: 5, 2: 10, 3: 30, 4: 40, 5: 15, 99: 20}, "rating_code"),
        ({0: 60, 1: 5, 2: 10, 3: 30, 4: 40, 5: 15}, "rating_code"),
        ({0: 50, 1: 50}, "click_log"),
        ({1: 50, 2: 50}, "ratings_two_codes"),
        ({1: 1, 2: 1, 3: 1, 4: 2, 5: 95}, "ratings_one_sided"),
        ({1: 48, 2: 1, 3: 1, 4: 1, 5: 49}, "ratings_extreme"),
    ],
)
def test_what_is_no_scale_is_found(counts: Mapping[float, int], name: str | None) -> None:
    assert _names(counts) == ([name] if name else [])


def test_a_single_typing_error_is_no_code() -> None:
    assert _names({1: 500, 2: 1000, 3: 3000, 4: 4000, 5: 1500, 99: 1}) == []


def test_behind_a_code_there_may_be_a_second_finding() -> None:
    assert _names({-99: 40, 0: 30, 1: 30}) == ["rating_code", "ratings_two_codes"]
