import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.data.dataset import (
    Dataset,
    content_fingerprint,
    interactions_fingerprint,
    load_dataset,
    save_dataset,
)
from backend.errors import DamagedArtefact, NotFound
from backend.schema import Modality


def _tables() -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    items = pd.DataFrame(
        {
            "item_id": ["007", "b"],
            "title": ["Boot", ""],
            "text": ["", "=HYPERLINK"],
            "category": ["", "x|y"],
            "price": [np.nan, 2.5],
            "image": ["", "ab" * 32],
            "colour": ["red", ""],
        }
    )
    interactions = pd.DataFrame(
        {
            "user_num": np.array([0, 1, 1], np.int64),
            "item_num": np.array([0, 0, 1], np.int64),
            "rating": np.array([1, 2, 3], np.float32),
            "timestamp": np.array([0, 5, 6], np.int64),
            "split": ["train", "validation", "test"],
        }
    )
    return items, interactions, np.array(["00x", "ü"])


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    items, interactions, users = _tables()
    saved = save_dataset(items, interactions, users, tmp_path)
    loaded = load_dataset(tmp_path)
    pd.testing.assert_frame_equal(loaded.items, items)
    pd.testing.assert_frame_equal(loaded.interactions, interactions)
    assert loaded.user_ids.tolist() == ["00x", "ü"]
    assert loaded.fingerprint == saved.fingerprint
    assert content_fingerprint(loaded.items, loaded.interactions, loaded.user_ids) == (
        saved.fingerprint
    )
    assert (loaded.n_items, loaded.n_users, loaded.attributes) == (2, 2, ("colour",))


@pytest.mark.parametrize("name", ["items.parquet", "interactions.parquet", "users.parquet"])
def test_one_flipped_bit_is_noticed(tmp_path: Path, name: str) -> None:
    save_dataset(*_tables(), tmp_path)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DamagedArtefact, match=name):
        load_dataset(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(DamagedArtefact, match=name):
        load_dataset(tmp_path)


def test_meta_decides_whether_there_is_a_data_set(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_dataset(tmp_path)
    save_dataset(*_tables(), tmp_path)
    meta = json.loads((tmp_path / "meta.json").read_text())
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(DamagedArtefact):
        load_dataset(tmp_path)
    (tmp_path / "meta.json").write_text(json.dumps({**meta, "layout": 99}))
    with pytest.raises(DamagedArtefact, match="another version"):
        load_dataset(tmp_path)


def test_every_value_counts_in_the_fingerprint() -> None:
    items, interactions, users = _tables()
    seen = {content_fingerprint(items, interactions, users)}
    for column in items.columns:
        changed = items.copy()
        changed.loc[0, column] = 9.5 if column == "price" else "changed"
        seen.add(content_fingerprint(changed, interactions, users))
    for column in interactions.columns:
        changed = interactions.copy()
        changed.loc[0, column] = "test" if column == "split" else 1_000
        seen.add(content_fingerprint(items, changed, users))
    seen.add(content_fingerprint(items, interactions, np.array(["00x", "u"])))
    assert len(seen) == 1 + len(items.columns) + len(interactions.columns) + 1
    assert all(len(fingerprint) == 16 for fingerprint in seen)


def test_paths_of_pictures(tmp_path: Path) -> None:
    items, interactions, users = _tables()
    dataset = Dataset("f", tmp_path, items, interactions, users)
    assert dataset.image_path(0) is None
    assert dataset.thumbnail_path(0) is None
    picture = tmp_path / "media" / "ab" / ("ab" * 32 + ".jpg")
    assert dataset.image_path(1) == picture
    assert dataset.thumbnail_path(1) == picture
    small = tmp_path / "thumbs" / "ab" / ("ab" * 32 + ".jpg")
    small.parent.mkdir(parents=True)
    small.touch()
    assert dataset.thumbnail_path(1) == small


def test_presence_by_modality(tmp_path: Path) -> None:
    items, interactions, users = _tables()
    items = items.assign(audio=["", "cd" * 32])
    interactions = interactions.assign(review=["", "too small", ""])
    dataset = Dataset("f", tmp_path, items, interactions, users)
    assert dataset.present(Modality.IMAGE).tolist() == [False, True]
    assert dataset.present(Modality.TEXT).tolist() == [True, True]
    assert dataset.present(Modality.AUDIO).tolist() == [False, True]
    assert dataset.present(Modality.VIDEO).tolist() == [False, False]
    assert dataset.present(Modality.REVIEWS).tolist() == [True, False]
    assert dataset.present(Modality.ATTRIBUTES).tolist() == [True, True]
    assert dataset.attributes == ("colour",)


def test_given_features_are_kept_checked_and_count_as_present(tmp_path: Path) -> None:
    given = {Modality.IMAGE: np.array([[1, 2, 3], [np.nan] * 3], np.float32)}
    saved = save_dataset(*_tables(), tmp_path, given)
    assert saved.fingerprint != save_dataset(*_tables(), tmp_path / "without").fingerprint
    loaded = load_dataset(tmp_path)
    values, present = loaded.given_features(Modality.IMAGE)
    np.testing.assert_array_equal(values, [[1, 2, 3], [0, 0, 0]])
    assert present.tolist() == [True, False]
    assert loaded.raw_present(Modality.IMAGE).tolist() == [False, True]
    assert loaded.present(Modality.IMAGE).tolist() == [True, True]
    file = tmp_path / "given_image.npy"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DamagedArtefact, match="given_image"):
        load_dataset(tmp_path).given_features(Modality.IMAGE)


def test_the_fingerprint_of_interactions_ignores_order_and_numbering(tmp_path: Path) -> None:
    items, interactions, users = _tables()
    one = Dataset("f", tmp_path, items, interactions, users)
    turned = interactions.iloc[::-1].assign(
        user_num=1 - interactions["user_num"].iloc[::-1],
        item_num=1 - interactions["item_num"].iloc[::-1],
    )
    other = Dataset("g", tmp_path, items.iloc[::-1], turned, users[::-1])
    assert interactions_fingerprint(one) == interactions_fingerprint(other)
    changed = interactions.assign(rating=np.array([1, 2, 4], np.float32))
    assert interactions_fingerprint(one) != interactions_fingerprint(
        Dataset("h", tmp_path, items, changed, users)
    )
