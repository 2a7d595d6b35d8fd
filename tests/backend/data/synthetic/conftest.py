"""A small generated shop, drawn once."""

from pathlib import Path

import numpy as np
import pytest

from backend.data.synthetic.catalogue import draw_catalogue, numbered
from backend.data.synthetic.choices import Choices, choose
from backend.data.synthetic.config import ShopConfig
from backend.data.synthetic.shop import generate_shop
from backend.data.synthetic.tastes import draw_tastes
from backend.data.synthetic.truth import Truth

SMALL = {"items": 60, "users": 40, "interactions_per_user": 12}


def imagine(**settings: object) -> Truth:
    """The truth of a shop without writing it."""
    config = ShopConfig.from_mapping({"items": 300, "users": 150} | settings)
    catalogue = draw_catalogue(config)
    users = numbered("U", config.users)
    return Truth(config, catalogue, draw_tastes(config, catalogue, users))


def all_choices(truth: Truth) -> Choices:
    groups = list(choose(truth))
    return Choices(
        *(
            np.concatenate([getattr(group, name) for group in groups])
            for name in ("users", "items", "ratings", "timestamps", "splits")
        )
    )


@pytest.fixture(scope="session")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "shop"
    generate_shop(ShopConfig.from_mapping(SMALL), folder)
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
