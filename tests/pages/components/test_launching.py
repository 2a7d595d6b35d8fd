from types import SimpleNamespace

import pytest

from pages.components import launching


@pytest.mark.parametrize(
    ("reach", "said"),
    [
        ({10: 1, 20: 2, 50: 4}, "2 of 40 people (5%) would see it in their top 20"),
        ({10: 0, 20: 0, 50: 1}, "Nobody would see it in their top 20; in their top 50 one person "),
        ({10: 0, 20: 0, 50: 7}, "Nobody would see it in their top 20; in their top 50 7 people "),
        ({10: 0, 20: 0, 50: 0}, "Nobody would see it in their top 50: its best place in anybody's"),
    ],
)
def test_a_launch_that_reaches_nobody_is_told_as_such(reach: dict[int, int], said: str) -> None:
    found = SimpleNamespace(reach=reach, users=40, best_rank=61)
    assert launching._finding(found).startswith(said)  # type: ignore[arg-type]
