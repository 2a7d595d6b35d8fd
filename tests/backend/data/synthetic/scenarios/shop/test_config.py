import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from models.errors import ConfigError


@pytest.mark.parametrize(
    ("unique", "share", "image_weight"),
    [("both", 1.0, 0.5), ("image", 1.0, 1.0), ("text", 1.0, 0.0), ("0.25", 0.25, 0.5)],
)
def test_unique_names_a_modality_or_a_share(unique, share, image_weight):
    config = ShopConfig(unique=unique)
    assert config.unique_share == share
    assert config.blueprint().weights == (image_weight, 1 - image_weight)


@pytest.mark.parametrize("unique", ["audio", "1.5", "-0.1", "nan", ""])
def test_another_unique_is_refused_with_the_possible_ones(unique):
    with pytest.raises(ConfigError, match="both, image, text or a share from 0 to 1"):
        ShopConfig(unique=unique)


def test_loose_values_become_settings_and_back():
    config = ShopConfig.from_mapping({"items": "300", "synergy": 1, "unique": "image"})
    assert ShopConfig.from_mapping(config.to_mapping()) == config
    assert config.items == 300


def test_pictures_are_not_drawn_for_load_tests():
    assert ShopConfig().draws_pictures
    assert not ShopConfig(items=50_001).draws_pictures
    assert not ShopConfig(pictures=False).draws_pictures
