from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.data.dataset import Dataset, save_dataset
from backend.errors import InvalidInput
from backend.features.contents import contents_of, contents_of_items
from backend.features.encoders import encoders_for
from backend.schema import Modality


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    items = pd.DataFrame(
        {
            "item_id": ["a", "b", "c"],
            "title": ["Boot", "", "Boot"],
            "text": ["Warm.", "", "Warm."],
            "category": ["Shoes", "", "Shoes"],
            "price": [9.5, np.nan, 9.5],
            "image": ["", "", ""],
            "colour": ["red|blue", " ", "green"],
            "weight": [1.0, np.nan, np.nan],
        }
    )
    interactions = pd.DataFrame(
        {"user_num": [0], "item_num": [0], "rating": np.ones(1, np.float32), "timestamp": [0]}
    )
    audio = np.array([[1, 2], [3, 4], [np.nan, 0]], np.float32)
    users = np.array(["u"])
    return save_dataset(items, interactions, users, tmp_path, {Modality.AUDIO: audio})


def test_equal_texts_have_one_key(dataset: Dataset) -> None:
    found = contents_of(dataset, Modality.TEXT)
    assert found.keys[0] == found.keys[2] != ""
    assert found.keys[1] == ""
    assert found.load(found.keys[0]) == "Boot. Shoes. Warm."
    assert list(found.lazily(found.distinct)) == ["Boot. Shoes. Warm."]


def test_attributes_are_category_price_and_unknown_columns(dataset: Dataset) -> None:
    found = contents_of(dataset, Modality.ATTRIBUTES)
    said = [found.load(key) if key else None for key in found.keys]
    assert said == [
        {"category": "Shoes", "price": "9.5", "colour": "red|blue", "weight": "1"},
        None,
        {"category": "Shoes", "price": "9.5", "colour": "green"},
    ]


def test_given_features_are_read_as_they_are(dataset: Dataset) -> None:
    found = contents_of(dataset, Modality.AUDIO, given=True)
    assert [np.asarray(found.load(key)).tolist() for key in found.keys if key] == [[1, 2], [3, 4]]
    assert found.keys[2] == ""
    assert encoders_for(dataset, Modality.AUDIO) == ("given",)
    with pytest.raises(InvalidInput, match="no ready-made features for image"):
        contents_of(dataset, Modality.IMAGE, given=True)


def test_items_beside_the_catalogue_have_no_reviews(dataset: Dataset) -> None:
    found = contents_of_items(dataset.items, dataset.root, Modality.REVIEWS)
    assert list(found.keys) == ["", "", ""]
    assert found.distinct == []
