"""A model that multiplies two modalities is found to; one that adds them is not."""

import numpy as np
import pytest
import torch

from backend.explain.modality_shapley import CoalitionTables
from backend.explain.planted_synergy import found_synergy, synergy_auc
from models.config import Config
from models.recommenders import Embeddings, Recommender, TrainingData

USERS, ITEMS = 30, 40
RNG = np.random.default_rng(3)
SIGNS = RNG.choice([-1.0, 1.0], size=(2, ITEMS))
TASTE = RNG.normal(size=USERS)
PLANTED = TASTE[:, None] * SIGNS[0] * SIGNS[1]


class Signs(Recommender):
    """taste * (together * a * b + alone * (a + b)) for the two signs of an item."""

    def __init__(self, together: float, alone: float) -> None:
        empty = torch.zeros(0, dtype=torch.int64)
        super().__init__(Config(), TrainingData(USERS, ITEMS, empty, empty, torch.zeros(0), {}))
        self.together, self.alone = together, alone

    @property
    def players(self) -> tuple[str, ...]:
        return ("image", "text", "collaborative")

    def embed(self, coalition: frozenset[str] | None = None) -> Embeddings:
        kept = frozenset(self.players) if coalition is None else coalition
        a, b = (SIGNS[j] * (m in kept) for j, m in enumerate(("image", "text")))
        worth = self.together * a * b + self.alone * (a + b)
        return Embeddings(
            torch.from_numpy(TASTE).float().unsqueeze(1),
            torch.from_numpy(worth).float().unsqueeze(1),
            torch.zeros(USERS),
            torch.zeros(ITEMS),
            0.0,
        )


def detected(model: Signs) -> float | None:
    tables = CoalitionTables(model)
    return synergy_auc(found_synergy(tables, torch.arange(USERS), torch.arange(ITEMS)), PLANTED)


def test_what_two_modalities_say_only_together_is_found() -> None:
    # Not 1: less the user's mean, a worth of either sign can change its rank among other users'.
    found = detected(Signs(together=1.0, alone=0.0))
    assert found is not None
    assert found > 0.97
    assert detected(Signs(together=1.0, alone=5.0)) == pytest.approx(found, abs=1e-6)


def test_a_model_that_adds_finds_none() -> None:
    found = detected(Signs(together=0.0, alone=5.0))
    assert found == pytest.approx(0.5, abs=0.1)


def test_the_wrong_direction_counts_as_wrong() -> None:
    found = detected(Signs(together=-1.0, alone=0.0))
    assert found is not None
    assert found < 0.03


def test_what_was_never_planted_cannot_be_found() -> None:
    assert synergy_auc(PLANTED, np.zeros_like(PLANTED)) is None
    assert synergy_auc(np.zeros_like(PLANTED), PLANTED) == pytest.approx(0.5)
