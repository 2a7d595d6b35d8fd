"""A model that is the planted truth itself is recovered; one that is not, is not."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.explain.modality_shapley import CoalitionTables
from backend.explain.recovery import recovery, spearman
from models.config import Config
from models.recommenders import Embeddings, Recommender, TrainingData

USERS, ITEMS, DIM = 80, 60, 3


class Truth:
    """Utility = weight_image * (taste·image) + weight_text * (taste·text)."""

    modalities = ("image", "text")

    def __init__(self, weights: NDArray[np.float32]) -> None:
        rng = np.random.default_rng(0)
        self.weights = weights.astype(np.float32)
        # Tastes of one length, so that only the weights tell users apart.
        tastes = rng.choice([-1.0, 1.0], size=(2, USERS, DIM))
        self.tastes = tastes.astype(np.float32)
        self.content = rng.normal(size=(2, ITEMS, DIM)).astype(np.float32)

    def contributions(
        self, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> Mapping[str, NDArray[np.float32]]:
        return {
            m: self.weights[users, j] * (self.tastes[j][users] * self.content[j][items]).sum(1)
            for j, m in enumerate(self.modalities)
        }


class Oracle(Recommender):
    """Scores by the truth's own terms; row u answers as the truth's user `order[u]`."""

    def __init__(self, truth: Truth, order: NDArray[np.int64] | None = None) -> None:
        empty = torch.zeros(0, dtype=torch.int64)
        super().__init__(Config(), TrainingData(USERS, ITEMS, empty, empty, torch.zeros(0), {}))
        self.truth, self.order = truth, np.arange(USERS) if order is None else order

    @property
    def players(self) -> tuple[str, ...]:
        return ("text", "image", "collaborative")

    def embed(self, coalition: frozenset[str] | None = None) -> Embeddings:
        kept = frozenset(self.players) if coalition is None else coalition
        users, items = [], []
        for j, m in enumerate(self.truth.modalities):
            users.append(
                self.truth.weights[self.order, j : j + 1] * self.truth.tastes[j][self.order]
            )
            items.append(self.truth.content[j] * float(m in kept))
        return Embeddings(
            torch.from_numpy(np.concatenate(users, 1)),
            torch.from_numpy(np.concatenate(items, 1)),
            torch.zeros(USERS),
            torch.zeros(ITEMS),
            0.0,
        )


def everybody() -> tuple[Tensor, Tensor]:
    return torch.arange(USERS), torch.arange(ITEMS)


def varied() -> NDArray[np.float32]:
    image = np.random.default_rng(1).uniform(0.05, 0.95, USERS)
    return np.stack([image, 1 - image], 1).astype(np.float32)


def test_the_truth_itself_is_recovered() -> None:
    truth = Truth(varied())
    result = recovery(CoalitionTables(Oracle(truth)), truth, *everybody())
    assert result is not None
    assert result.spearman_users is not None
    assert result.spearman_pairs is not None
    assert result.first_share is not None
    assert result.spearman_users > 0.9
    assert result.spearman_pairs == pytest.approx(1.0, abs=1e-6)
    assert set(result.by_modality) == {"image", "text"}
    assert result.first_share > 0.85


def test_a_model_of_other_users_recovers_nothing() -> None:
    truth = Truth(varied())
    shuffled = np.random.default_rng(2).permutation(USERS)
    result = recovery(CoalitionTables(Oracle(truth, shuffled)), truth, *everybody())
    assert result is not None
    assert result.spearman_users is not None
    assert result.spearman_pairs is not None
    assert abs(result.spearman_users) < 0.35
    assert abs(result.spearman_pairs) < 0.35


def test_rows_numbered_otherwise_are_matched() -> None:
    truth = Truth(varied())
    order = np.random.default_rng(2).permutation(USERS)
    result = recovery(CoalitionTables(Oracle(truth, order)), truth, *everybody(), truth_users=order)
    assert result is not None
    assert result.spearman_pairs == pytest.approx(1.0, abs=1e-6)


def test_where_one_modality_matters_for_all_there_is_no_correlation_but_a_first() -> None:
    truth = Truth(np.tile([1.0, 0.0], (USERS, 1)).astype(np.float32))
    result = recovery(CoalitionTables(Oracle(truth)), truth, *everybody())
    assert result is not None
    assert result.spearman_users is None
    assert result.first_share == 1.0
    assert result.by_modality["text"] is None
    assert result.by_modality["image"] == pytest.approx(1.0, abs=1e-6)


def test_equal_weights_have_no_first() -> None:
    truth = Truth(np.full((USERS, 2), 0.5, dtype=np.float32))
    result = recovery(CoalitionTables(Oracle(truth)), truth, *everybody())
    assert result is not None
    assert result.first_share is None


def test_nothing_to_compare() -> None:
    class ClicksOnly(Oracle):
        @property
        def players(self) -> tuple[str, ...]:
            return ("collaborative",)

    truth = Truth(varied())
    assert recovery(CoalitionTables(ClicksOnly(truth)), truth, *everybody()) is None
    tables = CoalitionTables(Oracle(truth))
    assert recovery(tables, truth, torch.arange(0), torch.arange(ITEMS)) is None


def test_spearman_by_hand() -> None:
    # ranks 1 2 3 4 against 1 2 4 3: 1 - 6 * (0 + 0 + 1 + 1) / (4 * 15)
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([10.0, 20.0, 40.0, 30.0])
    assert spearman(a, b) == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert spearman(a, -a) == pytest.approx(-1)
    assert spearman(a, np.ones(4)) is None
    assert spearman(a[:1], b[:1]) is None
