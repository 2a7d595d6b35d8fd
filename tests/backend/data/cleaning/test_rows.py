from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.data.cleaning import CleaningConfig, Draft, clean
from backend.data.cleaning.rows import before, core, repeated, superfluous
from backend.data.events import Events
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from models.errors import ConfigError

Row = tuple[int, int, int, float]
ROWS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 3), st.sampled_from([1.0, 5.0])),
    max_size=40,
)


def draft(rows: list[Row], n_items: int = 6) -> Draft:
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    events = Events(
        users=table[:, 0].astype(np.int32),
        items=table[:, 1].astype(np.int32),
        timestamps=table[:, 2].astype(np.int64),
        ratings=table[:, 3].astype(np.float32),
        splits=None,
        reviews=None,
        lines=np.arange(2, len(table) + 2),
        origins=np.zeros(len(table), np.int16),
        files=("interactions.csv",),
        user_ids=pa.array([f"u{n}" for n in range(9)], pa.large_string()),
    )
    items = pd.DataFrame({"item_id": [f"i{n}" for n in range(n_items)]}, dtype=str)
    return Draft(items, np.arange(2, n_items + 2), events)


@given(ROWS)
def test_repeated_rows_are_those_that_pandas_finds(rows: list[Row]) -> None:
    expected = pd.DataFrame(rows, columns=list("uitr")).duplicated(list("uit")).tolist()
    assert repeated(draft(rows).events).tolist() == (expected if rows else [])


@given(ROWS, st.sampled_from(["first", "last", "max_rating"]))
def test_one_row_of_each_pair_is_kept_and_it_is_the_right_one(rows: list[Row], keep: str) -> None:
    out = superfluous(draft(rows).events, keep)
    table = pd.DataFrame(rows, columns=list("uitr")).assign(place=range(len(rows)))
    by = {"first": ["t", "place"], "last": ["t", "place"], "max_rating": ["r", "t", "place"]}[keep]
    kept = table.sort_values(by).drop_duplicates(
        ["u", "i"], keep="first" if keep == "first" else "last"
    )
    assert np.flatnonzero(~out).tolist() == sorted(kept["place"])


@given(ROWS, st.integers(2, 4))
def test_in_the_core_everybody_has_k_and_it_is_the_largest_such_part(
    rows: list[Row], k: int
) -> None:
    left = core(draft(rows), k)
    for side in (left.events.users, left.events.items):
        counts = np.unique(side, return_counts=True)[1]
        assert (counts >= k).all()
    expected = pd.DataFrame(rows, columns=list("uitr"))
    while len(expected):
        users = expected.groupby("u")["i"].transform("size")
        items = expected.groupby("i")["u"].transform("size")
        smaller = expected[(users >= k) & (items >= k)]
        if len(smaller) == len(expected):
            break
        expected = smaller
    assert left.events.lines.tolist() == [place + 2 for place in expected.index]
    named = left.items["item_id"].to_numpy()[left.events.items].tolist()
    assert named == [f"i{item}" for item in expected["i"]]
    assert set(named) == set(left.items["item_id"])
    assert [int(name[1:]) + 2 for name in left.items["item_id"]] == left.lines.tolist()


def test_rows_of_unknown_time_are_never_too_early() -> None:
    assert before(draft([(0, 0, 0, 1), (0, 1, 5, 1), (0, 2, 9, 1)]).events, 9).tolist() == [
        False,
        True,
        False,
    ]


def test_the_chain_records_what_every_step_left() -> None:
    rows = [(0, 0, 1, 5.0), (0, 0, 1, 5.0), (0, 1, 2, 2.0), (1, 0, 3, 4.0), (1, 1, 4, 4.0)]
    config = CleaningConfig.from_mapping(
        {"positives_only": "true", "implicit": "yes", "drop_unseen": "1"}
    )
    log = ProblemLog()
    left, record = clean(draft(rows), config, log)
    assert [(s.name, s.interactions, s.users, s.items) for s in record.steps] == [
        ("duplicates", (5, 4), (2, 2), (6, 6)),
        ("positives", (4, 3), (2, 2), (6, 6)),
        ("implicit", (3, 3), (2, 2), (6, 6)),
        ("unseen", (3, 3), (2, 2), (6, 2)),
    ]
    assert left.events.ratings.tolist() == [1, 1, 1]
    assert record.config["implicit"] is True
    assert [(p.row, p.value) for p in log.problems] == [(3, "i0")]
    assert log.rejected == 1


def test_a_chain_that_leaves_nothing_says_which_step() -> None:
    with pytest.raises(InvalidInput, match="kcore"):
        clean(draft([(0, 0, 1, 5.0)]), CleaningConfig(kcore=9), ProblemLog())


def test_doubles_may_be_kept() -> None:
    rows = [(0, 0, 1, 5.0)] * 3
    left, record = clean(draft(rows), CleaningConfig(duplicates="keep"), ProblemLog())
    assert (len(left.events), record.steps) == (3, ())


@pytest.mark.parametrize(
    "values", [{"kcor": 5}, {"kcore": -1}, {"since": "yesterday"}, {"duplicates": "some"}]
)
def test_wrong_settings_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        CleaningConfig.from_mapping(values)


def test_since_is_a_day_in_utc() -> None:
    assert CleaningConfig(since="2023-01-31").since_seconds() == 1675123200
    assert CleaningConfig().since_seconds() is None


def test_items_left_out_take_their_interactions_along() -> None:
    world = draft([(0, 0, 1, 1.0), (0, 5, 1, 1.0)])
    left = world.with_items(np.array([False] + [True] * 5))
    assert left.items["item_id"].iloc[left.events.items[0]] == "i5"
    assert replace(left.events).lines.tolist() == [3]
