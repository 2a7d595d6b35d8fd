"""A small generated shop, drawn once."""

from pathlib import Path

import numpy as np
import pytest

from backend.data.synthetic.choices import Choices
from backend.data.synthetic.generate import generate, scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.data.synthetic.truth import Truth

SMALL = {"items": 60, "users": 40, "interactions_per_user": 12}


def imagine(**settings: object) -> Truth:
    """The truth of a shop without writing it."""
    config = scenario_config("shop", {"items": 300, "users": 150} | settings)
    return SCENARIOS["shop"].cls(config).imagine()


def all_choices(truth: Truth) -> Choices:
    """What everybody in this world chooses, in one piece."""
    groups = list(SCENARIOS[truth.config.scenario].cls(truth.config).live(truth))
    names = ["users", "items", "timestamps", "splits"]
    parts = {name: np.concatenate([getattr(group, name) for group in groups]) for name in names}
    rated = [group.ratings for group in groups if group.ratings is not None]
    return Choices(ratings=np.concatenate(rated) if rated else None, **parts)


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "shop"
    generate(ShopConfig.from_mapping(SMALL), folder)
    return folder


@pytest.fixture(scope="session")
def truth() -> Truth:
    return imagine()


@pytest.fixture(scope="session")
def choices(truth: Truth) -> Choices:
    return all_choices(truth)


@pytest.fixture(name="imagine")
def imagine_fixture():
    return imagine


@pytest.fixture(name="all_choices")
def all_choices_fixture():
    return all_choices
