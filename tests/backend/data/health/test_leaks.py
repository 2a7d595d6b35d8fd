import numpy as np
import pandas as pd

from backend.data.health.findings import Finding, Severity
from backend.data.health.leaks import (
    duplicates_across,
    named_users,
    ready_made_reviews,
    split_findings,
)
from backend.schema import Modality

PEOPLE, ITEMS = 50, 20


def _rows() -> pd.DataFrame:
    """Every person takes five items one after the other; the last one is the test."""
    users = np.repeat(np.arange(PEOPLE), 5)
    steps = np.tile(np.arange(5), PEOPLE)
    return pd.DataFrame(
        {
            "user_num": users,
            "item_num": (users * 3 + steps * 4) % ITEMS,
            "timestamp": 1_700_000_000 + 1000 * users + steps,
            "split": np.where(steps == 4, "test", "train"),
        }
    )


def _found(rows: pd.DataFrame, n_items: int = ITEMS) -> dict[str, Finding]:
    return {finding.name: finding for finding in split_findings(rows, n_items)}


def test_last_one_out_is_a_clean_split() -> None:
    assert _found(_rows()) == {}


def test_a_pair_in_both_parts_is_found() -> None:
    rows = _rows()
    rows.loc[4, "item_num"] = rows.loc[0, "item_num"]
    found = _found(rows)["pairs_in_train_and_test"]
    assert found.severity is Severity.PROBLEM
    assert found.sentence.startswith("1 test interaction (2 %)")


def test_a_few_tests_before_training_are_told_from_a_split_that_ignores_time() -> None:
    rows = _rows()
    rows.loc[rows["user_num"].isin([0, 1]) & (rows["split"] == "test"), "timestamp"] = 1
    assert set(_found(rows)) == {"test_before_train"}
    rows.loc[rows["user_num"].lt(30) & (rows["split"] == "test"), "timestamp"] = 1
    assert set(_found(rows)) == {"split_not_by_time"}


def test_ties_among_days_do_not_make_a_random_split_one_by_time() -> None:
    rows = _rows()
    rows["timestamp"] = 86_400
    early = rows["user_num"].lt(5) & (rows["split"] == "test")
    late = rows["user_num"].between(5, 9) & (rows["split"] == "test")
    rows.loc[early, "timestamp"] = 1
    rows.loc[late, "timestamp"] = 2 * 86_400
    assert set(_found(rows)) == {"split_not_by_time"}


def test_cold_items_and_people_are_found() -> None:
    rows = _rows()
    rows.loc[4, "item_num"] = ITEMS
    found = _found(rows, ITEMS + 1)
    assert found["cold_items"].items == (ITEMS,)
    assert found["cold_items"].severity is Severity.NOTE
    assert "2 % of the test" in found["cold_items"].sentence
    rows = rows[(rows["user_num"] != 7) | (rows["split"] == "test")]
    assert "1 person in the test" in _found(rows, ITEMS + 1)["cold_users"].sentence


def test_many_cold_tests_need_attention() -> None:
    rows = _rows()
    rows.loc[rows["split"] == "test", "item_num"] = ITEMS
    assert _found(rows, ITEMS + 1)["cold_items"].severity is Severity.ATTENTION


def test_the_double_of_a_trained_item_in_the_test_is_found() -> None:
    rows = _rows()
    trained, tested = int(rows.loc[0, "item_num"]), int(rows.loc[4, "item_num"])
    assert list(duplicates_across(rows, (), ITEMS)) == []
    (found,) = duplicates_across(rows, ((trained, tested),), ITEMS)
    assert tested in found.items
    # The same item in both parts is another finding.
    rows.loc[4, "item_num"] = trained
    others = rows[rows["user_num"] == 0]
    assert list(duplicates_across(others, ((trained, tested),), ITEMS)) == []


def test_a_title_that_names_a_person_is_found() -> None:
    people = np.array(["AX93KK21", "17", "2020", "ann", "12345678"])
    clean = pd.Series(["Shirt of 2020 for ann", "Number 12345678", "AX93KK210"])
    assert list(named_users(clean, people)) == []
    (found,) = named_users(pd.Series(["Shirt", "chosen by AX93KK21, twice"]), people)
    assert found.items == (1,)


def test_ready_made_features_of_reviews_are_doubted() -> None:
    assert list(ready_made_reviews([Modality.IMAGE])) == []
    (found,) = ready_made_reviews([Modality.REVIEWS])
    assert found.severity is Severity.ATTENTION
