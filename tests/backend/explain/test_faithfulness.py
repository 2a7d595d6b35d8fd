"""Games as one-user, one-item models: the worth of each coalition is its score."""

import pytest
import torch

from backend.explain.faithfulness import verdict
from backend.explain.modality_shapley import CoalitionTables
from models.config import Config
from models.recommenders import Embeddings, Recommender, TrainingData

PLAYERS = ("image", "text", "collaborative")


class Game(Recommender):
    """`worth[b]` is the score of the coalition with the players whose bits are set in b."""

    def __init__(self, worth: list[float], players: tuple[str, ...] = PLAYERS) -> None:
        empty = torch.zeros(0, dtype=torch.int64)
        super().__init__(Config(), TrainingData(1, 1, empty, empty, torch.zeros(0), {}))
        self.worth, self.names, self.asked = worth, players, 0

    @property
    def players(self) -> tuple[str, ...]:
        return self.names

    def embed(self, coalition: frozenset[str] | None = None) -> Embeddings:
        kept = frozenset(self.names) if coalition is None else coalition
        number = sum(1 << bit for bit, name in enumerate(self.names) if name in kept)
        score = torch.tensor([[float(self.worth[number])]])
        return Embeddings(torch.ones(1, 1), score, torch.zeros(1), torch.zeros(1), 0.0)


def judge(worth: list[float], players: tuple[str, ...] = PLAYERS) -> tuple[bool, str]:
    return verdict(CoalitionTables(Game(worth, players)), 0, 0)


def test_parts_that_simply_add_are_faithful() -> None:
    faithful, reason = judge([0, 3, 1, 4, 0.5, 3.5, 1.5, 4.5])
    assert faithful
    assert "leaving out image changes it by -3" in reason


def test_a_score_that_depends_on_nothing_is_not_explained() -> None:
    faithful, reason = judge([2.0] * 8)
    assert not faithful
    assert "Nothing" in reason


def test_shares_that_deletion_contradicts_are_not_shown() -> None:
    # Image has the largest share, for what it is worth alone, but image and text replace each
    # other: without image nothing is lost, without clicks a little is.
    worth = [0, 4, 3, 4, 1, 5, 4, 5]
    worth[6] = 5  # text and clicks already give the full score
    faithful, reason = judge([float(v) for v in worth])
    assert not faithful
    assert "image" in reason


def test_equal_parts_and_a_single_player() -> None:
    assert judge([0, 1, 1, 2, 1, 2, 2, 3])[0]
    faithful, reason = judge([0, 2], ("collaborative",))
    assert faithful
    assert "clicks" in reason


def test_parts_that_do_not_add_up_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = CoalitionTables(Game([0, 3, 1, 4, 0.5, 3.5, 1.5, 4.5]))
    honest = tables.attribute

    def broken(users: torch.Tensor, items: torch.Tensor) -> object:
        result = honest(users, items)
        result.values[0, 0] += 0.01
        return result

    monkeypatch.setattr(tables, "attribute", broken)
    faithful, reason = verdict(tables, 0, 0)
    assert not faithful
    assert "add up" in reason
