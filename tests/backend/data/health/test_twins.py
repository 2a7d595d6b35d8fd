import numpy as np
import pandas as pd

from backend.data.health.findings import Severity
from backend.data.health.twins import find_twins, twin_findings

ITEMS = 500


def _rows(doubles: int) -> pd.DataFrame:
    """100 people with ten items by chance, the last of them tested; doubles copy nine of ten."""
    rng = np.random.default_rng(0)
    own = [rng.choice(ITEMS, 10, replace=False) for _ in range(100)]
    rows = [
        (user, int(item), "test" if place == 9 else "train")
        for user, items in enumerate(own)
        for place, item in enumerate(items)
    ]
    rows += [(100 + n, int(item), "train") for n in range(doubles) for item in own[n][1:]]
    return pd.DataFrame(rows, columns=["user_num", "item_num", "split"])


def test_people_by_chance_have_no_double() -> None:
    assert len(find_twins(_rows(0), ITEMS)) == 0
    assert list(twin_findings(_rows(0), ITEMS)) == []


def test_every_double_is_found_and_what_it_tells() -> None:
    rows = _rows(40)
    assert find_twins(rows, ITEMS).tolist() == [[n, 100 + n] for n in range(40)]
    (finding,) = twin_findings(rows, ITEMS)
    assert finding.severity is Severity.ATTENTION
    assert finding.sentence.startswith("40 test interactions (40 %) of 40 people")


def test_one_double_among_many_people_is_a_note() -> None:
    (finding,) = twin_findings(_rows(1), ITEMS)
    assert finding.severity is Severity.NOTE
    assert finding.sentence.startswith("1 test interaction (1 %) of 1 person stand")
