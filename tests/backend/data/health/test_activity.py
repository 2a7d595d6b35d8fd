import numpy as np
import pandas as pd
import pytest

from backend.data.health.activity import activity_findings, gini, measure_activity


def _names(users: list[int], items: list[int], n_users: int, n_items: int) -> list[str]:
    rows = pd.DataFrame({"user_num": users, "item_num": items})
    return [f.name for f in activity_findings(measure_activity(rows, n_users, n_items))]


def _even(n_users: int = 120, n_items: int = 60, each: int = 10) -> tuple[list[int], list[int]]:
    """Every person takes ten items, every item is taken equally often."""
    users = np.repeat(np.arange(n_users), each)
    items = np.arange(n_users * each) % n_items
    return users.tolist(), items.tolist()


def test_an_even_world_has_no_finding() -> None:
    assert _names(*_even(), 120, 60) == []


def test_a_long_tail_is_found() -> None:
    users, items = _even()
    items = [item if place % 5 == 0 else item % 4 for place, item in enumerate(items)]
    assert "long_tail" in _names(users, items, 120, 60)


def test_thin_people_and_rare_items_are_found() -> None:
    users = [*range(120), *range(120)]
    items = [*range(120), *([0] * 120)]
    found = _names(users, items, 120, 120)
    assert "thin_users" in found
    assert "rare_items" in found


def test_few_people_are_found() -> None:
    assert "few_people" in _names(*_even(20), 20, 60)


def test_repeated_pairs_are_found() -> None:
    users, items = _even()
    assert "repeated_pairs" in _names(users + users[:100], items + items[:100], 120, 60)


def test_a_sparse_world_is_found() -> None:
    users, items = _even(6000, 6000, 5)
    assert "sparse" in _names(users, items, 6000, 6000)


def test_nobody_and_nothing_is_no_error() -> None:
    assert _names([], [], 0, 0) == []


def test_gini_of_known_worlds() -> None:
    assert gini(np.array([5, 5, 5, 5])) == pytest.approx(0)
    # One of four takes all: (n - 1) / n.
    assert gini(np.array([0, 0, 0, 8])) == pytest.approx(3 / 4)
    assert gini(np.array([0, 0])) == 0


def test_counts_are_those_of_the_rows() -> None:
    rows = pd.DataFrame({"user_num": [0, 0, 0, 1], "item_num": [0, 0, 1, 2]})
    found = measure_activity(rows, 2, 4)
    assert found.item_counts.tolist() == [2, 1, 1, 0]
    assert found.repeated == 1
    assert found.sparsity == pytest.approx(1 - 3 / 8)
    assert found.below[2] == (1 / 2, 3 / 4)
