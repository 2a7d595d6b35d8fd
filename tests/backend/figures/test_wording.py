import math

import pytest

from backend.evaluation.significance import Interval
from backend.figures import wording


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.14159, "0.142"),
        (0.0041234, "0.00412"),
        (14.159, "14.2"),
        (1420.4, "1,420"),
        (0.0, "0"),
        (-0.5, "-0.500"),
        (None, "not shown"),
        (math.nan, "not shown"),
        (math.inf, "not shown"),
    ],
)
def test_three_significant_digits(value: float | None, written: str) -> None:
    assert wording.number(value) == written


def test_differences_carry_a_sign() -> None:
    assert wording.signed(0.0042) == "+0.00420"
    assert wording.signed(-0.0042) == "−0.00420"
    assert wording.signed(0.0) == "0"
    assert wording.signed(math.nan) == "not shown"
    assert wording.percent(0.0412, sign=True) == "+4.12 %"
    assert wording.percent(None) == "not shown"


def test_an_interval_has_the_digits_of_its_value() -> None:
    assert wording.interval(Interval(0.142, 0.1371, 0.1469)) == "0.142 [0.137, 0.147]"
    assert wording.interval(Interval(0.9, 0.9, 0.9)) == "0.900"
    assert wording.interval(Interval(math.nan, math.nan, math.nan)) == "not shown"
    assert wording.interval(None) == "not shown"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.42, "0.4 s"),
        (12.4, "12 s"),
        (59.7, "1 min"),
        (200.0, "3 min 20 s"),
        (7500.0, "2 h 5 min"),
        (3600.0, "1 h"),
        (None, "not shown"),
    ],
)
def test_durations(seconds: float | None, written: str) -> None:
    assert wording.duration(seconds) == written


def test_amounts_of_memory() -> None:
    assert wording.memory(413.2) == "410 MB"
    assert wording.memory(1230) == "1.2 GB"


def test_metric_names_are_words() -> None:
    assert wording.metric_title("ndcg@20") == "NDCG@20"
    assert wording.metric_title("hit@5") == "Hit rate@5"
    assert wording.metric_title("popularity_bias@10") == "Popularity bias@10"
    assert wording.metric_title("rmse") == "RMSE"


def test_long_text_is_shortened_to_the_length_and_onto_one_line() -> None:
    assert wording.shortened("a\nshort  title", 20) == "a short title"
    assert wording.shortened("abcdefghij", 5) == "abcd…"
    assert len(wording.shortened("x" * 99, 36)) == 36


def test_names_keep_their_end() -> None:
    assert wording.shortened_inside("short", 9) == "short"
    found = wording.shortened_inside("Fused · Early fusion, concatenated · seed 2", 40)
    assert found == "Fused · Early fusion, conc…ated · seed 2"
    assert len(found) == 40
