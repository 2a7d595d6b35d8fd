"""Features of few numbers that were computed from clicks, those of the test among them or not."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from backend.data.health.foreknowledge import foreknowledge_findings
from backend.data.health.imprint import imprint
from backend.schema import Modality

PEOPLE, ITEMS, KINDS = 700, 300, 12
REAL = Path(os.environ.get("FUSIONLENS_REAL_DATA", "../shared/data")) / "hm_fashion_5core"


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """People who mostly choose one kind of item; the split is by chance."""
    rng = np.random.default_rng(0)
    found = []
    for user in range(PEOPLE):
        liked = np.flatnonzero(np.arange(ITEMS) % KINDS == user % KINDS)
        own = np.concatenate([rng.permutation(liked)[:6], rng.integers(0, ITEMS, 6)])
        found += [(user, int(item)) for item in np.unique(own)]
    table = pd.DataFrame(found, columns=["user_num", "item_num"])
    return table.assign(split=rng.choice(["train", "test"], len(table), p=[0.8, 0.2]))


def _svd(rows: pd.DataFrame, items: int, width: int, *, even: bool = False) -> NDArray[np.float32]:
    """f32[I, width]; `even`: every row of length one."""
    table = np.zeros((items, int(rows["user_num"].max()) + 1), np.float32)
    table[rows["item_num"], rows["user_num"]] = 1
    left, strengths, _ = np.linalg.svd(table, full_matrices=False)
    found = left[:, :width] * strengths[:width]
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return found / np.maximum(lengths, 1e-9) if even else found


def _kinds() -> NDArray[np.float32]:
    """Content that says what people choose by, with noise."""
    rng = np.random.default_rng(1)
    kinds = np.eye(KINDS)[np.arange(ITEMS) % KINDS]
    return (kinds + rng.normal(size=kinds.shape) / 4).astype(np.float32)


def _share(values: NDArray[np.float32], rows: pd.DataFrame) -> float:
    found = imprint(values, np.ones(len(values), bool), rows)
    assert found is not None
    return found.share


@pytest.mark.parametrize("width", [8, 16, 32, 64])
def test_main_directions_of_all_clicks_are_found_whatever_their_number(
    rows: pd.DataFrame, width: int
) -> None:
    assert _share(_svd(rows, ITEMS, width), rows) > 0.3


def test_neither_length_one_nor_content_beside_them_hides_them(rows: pd.DataFrame) -> None:
    even = _svd(rows, ITEMS, 16, even=True)
    assert _share(even, rows) > 0.15
    assert _share(np.hstack([_kinds(), even]), rows) > 0.15


@pytest.mark.parametrize("width", [8, 32, 64])
def test_those_of_training_clicks_and_contents_are_clean(rows: pd.DataFrame, width: int) -> None:
    train = rows[rows["split"] == "train"]
    for values in (
        _svd(train, ITEMS, width),
        _svd(train, ITEMS, width, even=True),
        _kinds(),
        np.random.default_rng(2).normal(size=(ITEMS, width)).astype(np.float32),
    ):
        assert _share(values, rows) < 0.1


def test_the_finding_says_how_much_and_is_a_problem(rows: pd.DataFrame) -> None:
    everywhere = np.ones(ITEMS, bool)
    values = _svd(rows, ITEMS, 16)
    (finding,) = foreknowledge_findings(Modality.IMAGE, values, everywhere, rows)
    assert (finding.name, finding.severity) == ("image_knows_all_clicks", "problem")
    assert "% of what the clicks of the test add" in finding.sentence
    assert list(foreknowledge_findings(Modality.IMAGE, _kinds(), everywhere, rows)) == []


def test_nothing_is_said_of_few_items_or_without_a_test(rows: pd.DataFrame) -> None:
    values = _kinds()
    assert imprint(values, np.arange(ITEMS) < 50, rows) is None
    assert imprint(values, np.ones(ITEMS, bool), rows[rows["split"] == "train"]) is None


@pytest.mark.realdata
@pytest.mark.skipif(not REAL.is_dir(), reason="the real data sets are not here")
def test_on_real_fashion_kinds_are_clean_and_few_directions_of_all_clicks_are_not() -> None:
    table = pd.read_csv(REAL / "interactions.csv", dtype={"user_id": str, "item_id": str})
    items = pd.read_csv(REAL / "items.csv", dtype=str, keep_default_na=False)
    number = {item: place for place, item in enumerate(items["item_id"])}
    real = pd.DataFrame(
        {
            "user_num": pd.factorize(table["user_id"])[0],
            "item_num": table["item_id"].map(number),
            "split": table["split"],
        }
    )
    content = pd.get_dummies(items[["category", "title"]].apply(lambda c: c.str[:12]))
    assert _share(content.to_numpy(np.float32), real) < 0.1
    for even in (False, True):
        assert _share(_svd(real, len(items), 32, even=even), real) > 0.15
