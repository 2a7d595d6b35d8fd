"""A world in which the image is a fixed linear view of the text, so that the truth is known."""

import pytest
import torch
from torch import Tensor

from backend.features.imputation import IMPUTATIONS, impute
from backend.schema import Modality
from backend.training.config import TrainingConfig
from models.recommenders import FeatureTable

IMAGE, TEXT = Modality.IMAGE, Modality.TEXT
N = 300


def _world(noise: float = 0.0) -> tuple[dict[Modality, FeatureTable], Tensor]:
    """Four groups of texts; every third item lacks its image, the last item lacks everything."""
    chance = torch.Generator().manual_seed(0)
    groups = torch.randn(4, 12, generator=chance)
    text = groups[torch.arange(N) % 4] + 0.3 * torch.randn(N, 12, generator=chance)
    text = text / text.norm(dim=1, keepdim=True)
    image = text @ torch.randn(12, 20, generator=chance) + 3.0
    image = image + noise * torch.randn(N, 20, generator=chance)
    has_image, has_text = torch.arange(N) % 3 != 0, torch.ones(N, dtype=torch.bool)
    has_image[-1] = has_text[-1] = False
    shown = torch.where(has_image.unsqueeze(1), image, 0.0)
    read = torch.where(has_text.unsqueeze(1), text, 0.0)
    return {IMAGE: FeatureTable(shown, has_image), TEXT: FeatureTable(read, has_text)}, image


def _error(filled: FeatureTable, truth: Tensor) -> float:
    """Share of the variance around the mean that is missed."""
    assert filled.imputed is not None
    rows = filled.imputed
    spread = (truth[rows] - truth.mean(0)).square().mean()
    return float((filled.values[rows] - truth[rows]).square().mean() / spread)


def test_the_better_a_strategy_looks_the_nearer_it_comes_to_the_truth() -> None:
    tables, truth = _world()
    errors = {s: _error(impute(tables, s)[IMAGE], truth) for s in IMPUTATIONS[1:]}
    assert 0.9 < errors["mean"] < 1.1
    assert errors["neighbours"] < 0.4
    assert errors["learned"] < 0.02


@pytest.mark.parametrize("strategy", IMPUTATIONS)
def test_what_is_known_stays_and_what_is_filled_in_is_marked(strategy: str) -> None:
    tables, _ = _world()
    filled = impute(tables, strategy)
    had = tables[IMAGE].present
    assert torch.equal(filled[IMAGE].values[had], tables[IMAGE].values[had])
    assert torch.equal(filled[TEXT].values, tables[TEXT].values)
    imputed = filled[IMAGE].imputed
    if strategy == "none":
        assert imputed is None
        assert torch.equal(filled[IMAGE].present, had)
        return
    assert imputed is not None
    assert int(imputed.sum()) == int((~had).sum()) - 1
    assert torch.equal(filled[IMAGE].present, had | imputed)
    assert not filled[IMAGE].present[-1]
    assert bool(filled[IMAGE].values.isfinite().all())


@pytest.mark.parametrize("strategy", IMPUTATIONS[1:])
def test_a_new_item_is_filled_in_as_the_catalogue_would_be(strategy: str) -> None:
    tables, _ = _world(noise=0.1)
    filled = impute(tables, strategy)
    new = {
        IMAGE: FeatureTable(torch.zeros(1, 20), torch.tensor([False])),
        TEXT: FeatureTable(tables[TEXT].values[:1], torch.tensor([True])),
    }
    found = impute(new, strategy, filled)
    torch.testing.assert_close(found[IMAGE].values, filled[IMAGE].values[:1])
    assert found[IMAGE].imputed is not None
    assert found[IMAGE].imputed.tolist() == [True]


@pytest.mark.parametrize("strategy", IMPUTATIONS[1:])
def test_a_modality_that_nobody_has_stays_absent(strategy: str) -> None:
    tables, _ = _world()
    nothing = FeatureTable(torch.zeros(N, 5), torch.zeros(N, dtype=torch.bool))
    filled = impute({**tables, Modality.AUDIO: nothing}, strategy)
    assert not filled[Modality.AUDIO].present.any()
    assert filled[IMAGE].present.sum() == N - 1


def test_the_setting_offers_every_strategy() -> None:
    (spec,) = [s for s in TrainingConfig.settings() if s.name == "imputation"]
    assert spec.choices == IMPUTATIONS
    assert spec.default == "none"
