import pandas as pd
import pytest

from pages.components import leaderboard


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([0.21, 0.0584], "%.3f"),
        ([0.0411, 0.01], "%.4f"),
        ([8.19, 7.5], "%.2f"),
        ([1234.0], "%.0f"),
        ([0.0], "%.3f"),
        ([None, None], "%.3f"),
    ],
)
def test_a_column_shows_three_digits_of_its_largest_value(
    values: list[float | None], written: str
) -> None:
    assert leaderboard.number_format(pd.Series(values, dtype=float)) == written


def test_a_metric_is_explained_with_its_direction() -> None:
    sentence = leaderboard.metric_sentence("ndcg@20")
    assert "Higher is better" in sentence
    assert leaderboard.metric_sentence("unheard_of@5") == "Unheard of@5"
