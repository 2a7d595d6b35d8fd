"""Planted leaks of five kinds are found; the same generated world without them is clean."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.data.synthetic.generate import generate
from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.workflows import health
from backend.workflows.importing import import_data
from backend.workflows.workspace import Workspace

WORLD = ShopConfig(
    items=150, users=400, interactions_per_user=14, seed=4, pictures=False, cold_items=0.0
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(items, interactions with a split by chance and a review each)."""
    folder = tmp_path_factory.mktemp("leaks") / "world"
    generate(WORLD, folder)
    items = pd.read_csv(folder / "items.csv", keep_default_na=False)
    rows = pd.read_csv(folder / "interactions.csv", keep_default_na=False)
    rows = rows.drop_duplicates(["user_id", "item_id"]).reset_index(drop=True)
    rng = np.random.default_rng(5)
    rows["split"] = rng.choice(["train", "validation", "test"], len(rows), p=[0.7, 0.1, 0.2])
    words = np.array(["soft", "warm", "light", "narrow", "wide", "bright", "plain", "sturdy"])
    rows["review"] = [" ".join(rng.choice(words, 7)) + f", worn {n} times" for n in rows.index]
    return items[["item_id", "title", "text", "category"]], rows


def _names(workspace: Workspace, folder: Path, name: str) -> set[str]:
    record = import_data(workspace, folder, name).record
    health.look_closer(workspace, record.id)
    return {finding.name for finding in health.leaks(workspace, record.id)}


def _plain(folder: Path, items: pd.DataFrame, rows: pd.DataFrame) -> Path:
    folder.mkdir()
    items.to_csv(folder / "items.csv", index=False)
    rows.to_csv(folder / "interactions.csv", index=False)
    return folder


def test_a_clean_world_raises_nothing(
    workspace: Workspace, tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    assert _names(workspace, _plain(tmp_path / "clean", *tables), "no leak") == set()


def test_a_review_of_the_test_in_the_text_of_its_item(
    workspace: Workspace, tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    items, rows = tables
    told = rows[rows["split"] == "test"].drop_duplicates("item_id").head(8)
    said = items["item_id"].map(told.set_index("item_id")["review"]).fillna("")
    leaky = items.assign(text=items["text"] + " Buyers say: " + said.str.upper())
    folder = _plain(tmp_path / "reviews", leaky, rows)
    assert _names(workspace, folder, "leak of reviews") == {"test_reviews_in_texts"}


def test_interactions_in_both_parts(
    workspace: Workspace, tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    items, rows = tables
    again = rows[rows["split"] == "test"].head(20).assign(split="train")
    again["timestamp"] += 1  # an exact repetition would be refused by the import
    folder = _plain(tmp_path / "pairs", items, pd.concat([rows, again]))
    assert "pairs_in_train_and_test" in _names(workspace, folder, "leak of pairs")


def test_people_twice(
    workspace: Workspace, tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    items, rows = tables
    counts = rows["user_id"].value_counts()
    copied = rows[rows["user_id"].isin(counts[counts > 8].index[:30])]
    doubles = copied.assign(user_id=copied["user_id"] + "-again", split="train")
    doubles = doubles[doubles["user_id"].duplicated()]  # each lacks one of the items
    folder = _plain(tmp_path / "twins", items, pd.concat([rows, doubles]))
    assert _names(workspace, folder, "leak of doubles") == {"twins_across_split"}


def test_own_test_items_in_what_people_wrote(
    workspace: Workspace, tables: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    items, rows = tables
    title = items.assign(title=items["title"] + " " + items["item_id"]).set_index("item_id")
    test = rows[rows["split"] == "test"].drop_duplicates("user_id").set_index("user_id")["item_id"]
    first = rows[rows["split"] == "train"].drop_duplicates("user_id").head(25)
    reviews = rows["review"].copy()
    for place, user in first["user_id"].items():
        if user in test:
            reviews[place] += f"; goes with my {title.loc[test[user], 'title']}."
    folder = _plain(tmp_path / "titles", title.reset_index(), rows.assign(review=reviews))
    assert _names(workspace, folder, "leak of titles") == {"test_items_in_own_texts"}


@pytest.mark.parametrize(
    ("leaky", "found"),
    [
        ("", set()),
        ("told", {"image_knows_test"}),
        ("directions", {"image_knows_all_clicks"}),
    ],
)
def test_features_that_know_the_test(
    workspace: Workspace,
    tables: tuple[pd.DataFrame, pd.DataFrame],
    tmp_path: Path,
    leaky: str,
    found: set[str],
) -> None:
    items, rows = tables
    number = {item: n for n, item in enumerate(items["item_id"])}
    people = {user: n for n, user in enumerate(rows["user_id"].unique())}
    parts = {"train": 0, "validation": 1, "test": 2}
    folder = tmp_path / "features"
    folder.mkdir()
    inter = pd.DataFrame(
        {
            "userID": rows["user_id"].map(people),
            "itemID": rows["item_id"].map(number),
            "x_label": rows["split"].map(parts),
        }
    )
    inter.to_csv(folder / "shop.inter", sep="\t", index=False)
    np.save(folder / "image_feat.npy", _features(items, inter, leaky))
    assert (
        _names(workspace, folder, f"features {leaky or 'clean'}") - {"ready_made_reviews"} == found
    )


def _features(items: pd.DataFrame, inter: pd.DataFrame, leaky: str) -> np.ndarray:
    """What an item is, with noise; "told": and what those have who choose it in the test;
    "directions": the eight main directions of all clicks instead."""
    rng = np.random.default_rng(7)
    kinds = pd.get_dummies(items["category"]).to_numpy(float)
    content = kinds + 0.3 * rng.normal(size=kinds.shape)
    if not leaky:
        return content.astype(np.float32)
    if leaky == "directions":
        clicks = np.zeros((len(items), inter["userID"].max() + 1))
        clicks[inter["itemID"], inter["userID"]] = 1
        left, strengths, _ = np.linalg.svd(clicks, full_matrices=False)
        return (left[:, :8] * strengths[:8]).astype(np.float32)
    chosen = {part: np.zeros((inter["userID"].max() + 1, len(items))) for part in (0, 2)}
    for part, matrix in chosen.items():
        own = inter[inter["x_label"] == part]
        matrix[own["userID"], own["itemID"]] = 1
    told = chosen[2].T @ chosen[0]
    told /= np.maximum(np.linalg.norm(told, axis=1, keepdims=True), 1)
    return np.hstack([content, 3 * (told + np.eye(len(items)))]).astype(np.float32)
