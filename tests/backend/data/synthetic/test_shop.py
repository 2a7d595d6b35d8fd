import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from backend.data.synthetic import generate as generation
from backend.data.synthetic import tables
from backend.data.synthetic.generate import generate, load_truth
from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.errors import Cancelled, InvalidInput

SMALL = {"items": 60, "users": 40, "interactions_per_user": 12}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_equal_seed_gives_equal_bytes_and_another_seed_does_not(shop_folder, tmp_path):
    generate(ShopConfig.from_mapping(SMALL), tmp_path / "again")
    generate(ShopConfig.from_mapping(SMALL | {"seed": 7}), tmp_path / "other")
    first = digests(shop_folder)
    assert digests(tmp_path / "again") == first
    other = digests(tmp_path / "other")
    assert all(first[name] != other.get(name) for name in first)


def test_tables_have_the_columns_of_the_plain_format(shop_folder):
    items = pd.read_csv(shop_folder / "items.csv", keep_default_na=False)
    assert list(items.columns) == [
        "item_id", "title", "text", "category", "price", "image", "department"
    ]  # fmt: skip
    rows = pd.read_csv(shop_folder / "interactions.csv")
    assert list(rows.columns) == ["user_id", "item_id", "rating", "timestamp", "split"]
    assert not rows.duplicated(["user_id", "item_id"]).any()
    assert set(rows.item_id) <= set(items.item_id)
    assert rows.rating.between(1, 5).all()
    assert rows.timestamp.max() - rows.timestamp.min() <= 90 * 86_400


def test_every_named_picture_exists_and_no_other(shop_folder):
    items = pd.read_csv(shop_folder / "items.csv", keep_default_na=False)
    named = set(items.image) - {""}
    assert named == {f"images/{path.name}" for path in (shop_folder / "images").iterdir()}
    with Image.open(shop_folder / items.image[items.image != ""].iloc[0]) as picture:
        assert picture.size == (224, 224)


def test_shares_of_missing_content_are_exact(tmp_path):
    config = ShopConfig.from_mapping(SMALL | {"missing_image": 0.1, "missing_text": 0.2})
    generate(config, tmp_path / "shop")
    items = pd.read_csv(tmp_path / "shop" / "items.csv", keep_default_na=False)
    assert (items.image == "").sum() == 6
    assert ((items.title == "") & (items.text == "")).sum() == 12
    assert not ((items.image == "") & (items.text == "")).any()


def test_the_stored_truth_is_about_the_stored_rows(shop_folder):
    truth = load_truth(shop_folder)
    rows = pd.read_csv(shop_folder / "interactions.csv")
    users = truth.user_rows(rows.user_id.to_numpy(dtype=str))
    items = truth.item_rows(rows.item_id.to_numpy(dtype=str))
    chosen = truth.utility(users, items).mean()
    anyone = truth.utility(np.random.default_rng(0).permutation(users), items).mean()
    assert chosen > anyone + 0.5


def test_large_tables_are_parquet_and_say_the_same(tmp_path, monkeypatch):
    config = ShopConfig.from_mapping(SMALL | {"pictures": False})
    generate(config, tmp_path / "csv")
    monkeypatch.setattr(tables, "PARQUET_ABOVE", 10)
    monkeypatch.setattr(generation, "ITEMS_AT_ONCE", 16)
    monkeypatch.setattr(generation, "GROUPS_AT_ONCE", 1)
    generate(config, tmp_path / "parquet")
    for table in ("items", "interactions"):
        small = pd.read_csv(tmp_path / "csv" / f"{table}.csv", keep_default_na=False)
        large = pd.read_parquet(tmp_path / "parquet" / f"{table}.parquet")
        pd.testing.assert_frame_equal(small, large, check_dtype=False)
    assert not (tmp_path / "csv" / "images").exists()


def test_an_existing_folder_is_not_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InvalidInput, match="exists already"):
        generate(ShopConfig.from_mapping(SMALL), tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_cancelling_leaves_nothing_behind(tmp_path):
    def stop(what: str, fraction: float) -> None:
        if fraction > 0.1:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        generate(ShopConfig.from_mapping(SMALL), tmp_path / "shop", stop)
    assert list(tmp_path.iterdir()) == []
