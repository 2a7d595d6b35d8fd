"""Scale and gaps together: a later item becomes what it would have been in the catalogue."""

import itertools

import pytest
import torch

from backend.features.imputation import IMPUTATIONS
from backend.features.normalisation import NORMALISATIONS
from backend.features.preparation import Preparation
from backend.schema import Modality
from models.recommenders import FeatureTable

IMAGE, TEXT = Modality.IMAGE, Modality.TEXT


def _world() -> dict[Modality, FeatureTable]:
    chance = torch.Generator().manual_seed(0)
    text = torch.randn(60, 6, generator=chance)
    image = text @ torch.randn(6, 9, generator=chance) * 50 + 200
    seen = torch.arange(60) % 3 != 0
    image = torch.where(seen.unsqueeze(1), image, 0.0)
    return {
        IMAGE: FeatureTable(image, seen),
        TEXT: FeatureTable(text, torch.ones(60, dtype=torch.bool)),
    }


@pytest.mark.parametrize(
    ("normalisation", "imputation"), list(itertools.product(NORMALISATIONS, IMPUTATIONS))
)
def test_a_later_twin_of_an_item_is_prepared_like_it(normalisation: str, imputation: str) -> None:
    world = _world()
    prepared = Preparation(world, normalisation, imputation)
    for item in (3, 4):  # without and with a picture
        row = {m: FeatureTable(t.values[[item]], t.present[[item]]) for m, t in world.items()}
        twin = prepared.of_new(row)
        for modality, table in prepared.catalogue.items():
            assert torch.allclose(twin[modality].values, table.values[[item]], atol=1e-4)
            assert torch.equal(twin[modality].present, table.present[[item]])


def test_gaps_are_filled_on_the_scale_of_the_others() -> None:
    """The mean of standardised vectors is zero; that of the vectors as they came is not."""
    filled = Preparation(_world(), "z_score", "mean").catalogue[IMAGE]
    assert filled.imputed is not None
    assert torch.allclose(filled.values[filled.imputed], torch.zeros(1), atol=1e-4)
    raw = Preparation(_world(), "none", "mean").catalogue[IMAGE]
    assert float(raw.values[filled.imputed].mean()) > 100
