import numpy as np
import pandas as pd
import pytest

from backend.data.health.foreknowledge import foreknowledge_findings, foresight
from backend.schema import Modality

PEOPLE, ITEMS, KINDS = 200, 90, 6


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """People who like one kind of item each; the split is by chance."""
    rng = np.random.default_rng(0)
    found = []
    for user in range(PEOPLE):
        liked = np.flatnonzero(np.arange(ITEMS) % KINDS == user % KINDS)
        own = np.concatenate([rng.permutation(liked)[:7], rng.integers(0, ITEMS, 3)])
        found += [(user, int(item)) for item in np.unique(own)]
    table = pd.DataFrame(found, columns=["user_num", "item_num"])
    return table.assign(split=rng.choice(["train", "test"], len(table), p=[0.8, 0.2]))


def _clicks(rows: pd.DataFrame) -> np.ndarray:
    table = np.zeros((ITEMS, PEOPLE), np.float32)
    table[rows["item_num"], rows["user_num"]] = 1
    return table


def _content() -> np.ndarray:
    rng = np.random.default_rng(1)
    return (np.eye(KINDS)[np.arange(ITEMS) % KINDS] + rng.normal(size=(ITEMS, KINDS)) / 2).astype(
        np.float32
    )


EVERYWHERE = np.ones(ITEMS, bool)


def test_content_ranks_test_items_and_those_left_out_alike(rows: pd.DataFrame) -> None:
    found = foresight(_content(), EVERYWHERE, rows)
    assert found is not None
    assert found.test > 0.6
    assert abs(found.z) < 3
    assert list(foreknowledge_findings(Modality.IMAGE, _content(), EVERYWHERE, rows)) == []


def test_features_made_from_training_clicks_are_no_leak(rows: pd.DataFrame) -> None:
    train = _clicks(rows[rows["split"] == "train"])
    found = foresight(train, EVERYWHERE, rows)
    assert found is not None
    assert found.z < -4
    assert list(foreknowledge_findings(Modality.TEXT, train, EVERYWHERE, rows)) == []


def test_features_made_from_all_clicks_know_too_much(rows: pd.DataFrame) -> None:
    (finding,) = foreknowledge_findings(Modality.TEXT, _clicks(rows), EVERYWHERE, rows)
    assert finding.name == "text_knows_all_clicks"


def test_features_that_know_the_test_better_than_training_are_a_problem(
    rows: pd.DataFrame,
) -> None:
    train, test = (_clicks(rows[rows["split"] == part]) for part in ("train", "test"))
    # An item is described by what those have in training who choose it in the test.
    told = test @ train.T + 3 * np.eye(ITEMS, dtype=np.float32)
    (finding,) = foreknowledge_findings(Modality.IMAGE, told, EVERYWHERE, rows)
    assert finding.name == "image_knows_test"


def test_nothing_is_said_of_too_little(rows: pd.DataFrame) -> None:
    assert foresight(_content(), EVERYWHERE, rows.head(3)) is None
    assert foresight(_content(), np.zeros(ITEMS, bool), rows) is None
