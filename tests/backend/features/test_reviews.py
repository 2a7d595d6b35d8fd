from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.data.dataset import Dataset, save_dataset
from backend.data.split import SplitConfig, split_interactions
from backend.errors import InvalidInput
from backend.features.contents import contents_of
from backend.features.reviews import check_unread, readable_rows, review_texts
from backend.schema import Modality


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    names = ["a", "b", "c"]
    items = pd.DataFrame(
        {"item_id": names, "title": "", "text": "", "category": "", "price": np.nan, "image": ""}
    )
    rows = [
        (0, 0, 5, 30, "late\n praise", "train"),
        (1, 0, 1, 10, "early  blame", "train"),
        (2, 0, 5, 20, "SECRET of validation", "validation"),
        (0, 1, 5, 10, "SECRET of test", "test"),
        (1, 1, 4, 10, "", "train"),
        (2, 2, 5, 10, "same words", "train"),
        (2, 2, 5, 90, "same words", "test"),
    ]
    columns = ["user_num", "item_num", "rating", "timestamp", "review", "split"]
    interactions = pd.DataFrame(rows, columns=columns).astype({"rating": np.float32})
    return save_dataset(items, interactions, np.array(["u", "v", "w"]), tmp_path)


def test_only_reviews_of_training_interactions_are_read(dataset: Dataset) -> None:
    split = split_interactions(dataset, SplitConfig(kind="given"), "rating")
    rows = readable_rows(dataset, split)
    check_unread(dataset, rows, split)
    assert review_texts(dataset, rows) == ["early blame\nlate praise", "", ""]
    found = contents_of(dataset, Modality.REVIEWS, training=rows)
    assert [bool(key) for key in found.keys] == [True, False, False]
    assert "SECRET" not in str(found.load(found.keys[0]))


def test_without_a_split_nothing_is_read(dataset: Dataset) -> None:
    assert set(contents_of(dataset, Modality.REVIEWS).keys) == {""}


def test_the_condition_of_a_ranking_leaves_reviews_unread(dataset: Dataset) -> None:
    split = split_interactions(dataset, SplitConfig(kind="given", positive="rating>=4"), "ranking")
    texts = review_texts(dataset, readable_rows(dataset, split))
    assert texts == ["late praise", "", "same words"]


@pytest.mark.parametrize("row", [2, 3, 5])
def test_the_guard_names_what_would_leak(dataset: Dataset, row: int) -> None:
    split = split_interactions(dataset, SplitConfig(kind="given"), "rating")
    part = "validation" if row == 2 else "test"
    with pytest.raises(InvalidInput, match=f"1 reviews of {part} interactions"):
        check_unread(dataset, np.array([0, row]), split)
