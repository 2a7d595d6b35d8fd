"""A generated log of impressions: clicks come as often as their known chance says."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.data.ingest import import_dataset
from backend.data.synthetic.generate import generate, load_truth, scenario_config
from backend.data.synthetic.impressions import click_chance
from backend.data.synthetic.truth import Truth

OPTIONS = {"items": 40, "users": 70, "impressions": 200, "pictures": False}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("log") / "world"
    generate(scenario_config("shop", OPTIONS), made)
    return made


def chances(truth: Truth, rows: pd.DataFrame) -> np.ndarray:
    users = truth.user_rows(rows["user_id"].to_numpy(dtype=str))
    items = truth.item_rows(rows["item_id"].to_numpy(dtype=str))
    return click_chance(truth, users, items, rows["timestamp"].to_numpy())


def test_clicks_come_as_often_as_their_chance_says(folder: Path) -> None:
    rows = pd.read_csv(folder / "interactions.csv")
    known = chances(load_truth(folder), rows)
    assert len(rows) == pytest.approx(70 * 200, rel=0.15)
    assert set(rows["click"]) == {0, 1}
    for low, high in ((0, 0.15), (0.15, 0.3), (0.3, 0.6), (0.6, 1)):
        some = (known >= low) & (known < high)
        spread = np.sqrt((known[some] * (1 - known[some])).sum()) / some.sum()
        assert abs(rows["click"][some].mean() - known[some].mean()) < 4 * spread


def test_evenings_and_weekends_add_to_the_odds(folder: Path) -> None:
    truth = load_truth(folder)
    pair = np.zeros(3, np.int64), np.ones(3, np.int64)
    # Thursday 1 January 1970: at 20, at 8; Saturday at 8.
    found = click_chance(truth, *pair, 3600 * np.array([20, 8, 56]))
    odds = np.log(found / (1 - found))
    assert odds[0] - odds[1] == pytest.approx(2 * 0.6)
    assert odds[2] - odds[1] == pytest.approx(0.4)


def test_a_log_is_imported_as_one(folder: Path, tmp_path: Path) -> None:
    dataset = import_dataset(folder, tmp_path).dataset
    rows = pd.read_csv(folder / "interactions.csv")
    assert dataset.logs_clicks
    assert len(dataset.interactions) == len(rows)
    assert dataset.interactions["rating"].sum() == rows["click"].sum()


def test_purchases_are_no_log(tmp_path: Path) -> None:
    small = {"items": 24, "users": 20, "pictures": False}
    generate(scenario_config("shop", small), tmp_path / "shop")
    assert not import_dataset(tmp_path / "shop", tmp_path / "home").dataset.logs_clicks
