"""Each strategy does what its name says, by hand-worked numbers, and the same to items that come
later."""

import pytest
import torch
from torch import Tensor

from backend.features.normalisation import NORMALISATIONS, Normaliser
from backend.schema import Modality
from backend.training.config import TrainingConfig
from models.recommenders import FeatureTable

IMAGE = Modality.IMAGE


def _table(values: Tensor, present: list[bool] | None = None) -> dict[Modality, FeatureTable]:
    there = torch.tensor(present) if present else torch.ones(len(values), dtype=torch.bool)
    return {IMAGE: FeatureTable(values, there)}


def _correlated(n: int = 4000) -> Tensor:
    chance = torch.Generator().manual_seed(1)
    free = torch.randn(n, 3, generator=chance)
    mixing = torch.tensor([[5.0, 1.0, 0.0], [0.0, 0.5, 2.0], [0.0, 0.0, 100.0]])
    return free @ mixing + torch.tensor([7.0, -3.0, 1000.0])


def test_z_score_of_three_numbers() -> None:
    """Means 2 and 5, spreads sqrt(2/3) and 0: the second number never differs."""
    table = _table(torch.tensor([[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]]))
    found = Normaliser("z_score", table)(table)[IMAGE].values
    edge = (3 / 2) ** 0.5
    assert torch.allclose(found, torch.tensor([[-edge, 0], [0, 0], [edge, 0]]), atol=1e-6)


def test_l2_keeps_directions_only() -> None:
    table = _table(torch.tensor([[3.0, 4.0], [0.0, 10.0], [0.0, 0.0]]))
    found = Normaliser("l2", table)(table)[IMAGE].values
    assert torch.allclose(found, torch.tensor([[0.6, 0.8], [0, 1], [0, 0]]))


def test_whitening_makes_numbers_independent_and_of_one_spread() -> None:
    chance = torch.Generator().manual_seed(4)
    values = torch.randn(4000, 2, generator=chance) @ torch.tensor([[2.0, 1.0], [0.0, 1.0]])
    table = _table(values)
    found = Normaliser("whitening", table)(table)[IMAGE].values.double()
    covariance = found.T @ found / len(found)
    assert torch.allclose(found.mean(0), torch.zeros(2, dtype=torch.float64), atol=1e-3)
    assert abs(float(covariance[0, 1])) < 0.02  # the shrinkage leaves a little; before it was 2
    assert covariance.diagonal().min() > 0.95
    assert covariance.diagonal().max() < 1.001


def test_whitening_does_not_blow_up_what_hardly_occurs() -> None:
    """A direction of a millionth of the others' spread stays small, and a constant one zero."""
    chance = torch.Generator().manual_seed(2)
    values = torch.randn(500, 4, generator=chance) * torch.tensor([1.0, 1.0, 1e-6, 0.0])
    table = _table(values)
    found = Normaliser("whitening", table)(table)[IMAGE].values
    assert float(found[:, 2].std()) < 1e-4
    assert float(found[:, 3].abs().max()) < 1e-6


def test_more_numbers_than_items_are_no_trouble() -> None:
    values = torch.randn(5, 40, generator=torch.Generator().manual_seed(3))
    table = _table(values)
    assert bool(Normaliser("whitening", table)(table)[IMAGE].values.isfinite().all())


@pytest.mark.parametrize("strategy", NORMALISATIONS)
def test_later_items_are_measured_by_the_catalogue(strategy: str) -> None:
    catalogue = _table(_correlated(200))
    scale = Normaliser(strategy, catalogue)
    later = _table(catalogue[IMAGE].values[7:8])
    assert torch.allclose(scale(later)[IMAGE].values, scale(catalogue)[IMAGE].values[7:8])


@pytest.mark.parametrize("strategy", NORMALISATIONS)
def test_what_is_absent_stays_absent_and_is_not_learned_from(strategy: str) -> None:
    values = _correlated(50)
    gaps = torch.cat([values, torch.zeros(50, 3)])
    table = _table(gaps, [True] * 50 + [False] * 50)
    found = Normaliser(strategy, table)(table)[IMAGE]
    assert torch.equal(found.present, table[IMAGE].present)
    assert not found.values[50:].any()
    whole = _table(values)
    alone = Normaliser(strategy, whole)(whole)[IMAGE].values
    assert torch.allclose(found.values[:50], alone, atol=1e-5)


@pytest.mark.parametrize("strategy", NORMALISATIONS)
def test_a_modality_that_nobody_has_stays_empty(strategy: str) -> None:
    table = _table(torch.zeros(3, 2), [False] * 3)
    assert not Normaliser(strategy, table)(table)[IMAGE].values.any()


def test_a_training_offers_all_and_changes_nothing_unasked() -> None:
    (spec,) = [s for s in TrainingConfig.settings() if s.name == "normalisation"]
    assert spec.choices == NORMALISATIONS
    table = _table(_correlated(10))
    assert TrainingConfig().normalisation == "none"
    assert Normaliser("none", table)(table)[IMAGE] is table[IMAGE]
