import pytest
import torch

from backend.explain.curves import curves, rank_worth
from backend.explain.modality_shapley import CoalitionTables
from tests.backend.explain.games import Board


def test_in_an_additive_game_the_order_of_the_parts_is_known_to_the_number() -> None:
    # Worth 0, 3, 1, 4: without the largest 1 is left, by chance (3 + 1) / 2; the range is 4.
    worth = torch.tensor([[0.0], [3.0], [1.0], [4.0]]).double()
    found = curves(worth, torch.tensor([[3.0, 1.0]]).double())
    assert found.deletion.tolist() == pytest.approx([(2 - 1) / 4])
    assert found.insertion.tolist() == pytest.approx([(3 - 2) / 4])


def test_the_wrong_order_is_as_much_worse_than_chance() -> None:
    worth = torch.tensor([[0.0], [3.0], [1.0], [4.0]]).double()
    found = curves(worth, torch.tensor([[1.0, 3.0]]).double())
    assert found.deletion.tolist() == pytest.approx([-1 / 4])


def test_a_worth_that_never_changes_and_a_single_player_tell_nothing() -> None:
    assert curves(torch.ones(4, 1).double(), torch.zeros(1, 2).double()).deletion.item() == 0
    assert (
        curves(torch.rand(2, 3).double(), torch.zeros(3, 1).double()).insertion.tolist() == [0] * 3
    )


def test_ranks_are_those_among_all_other_items_as_they_are() -> None:
    # One person, four items; item 0 scores 5 in all, 2 by text alone.
    parts = {
        "image": torch.tensor([[3.0, 0.0, 0.0, 0.0]]),
        "text": torch.tensor([[2.0, 4.0, 3.0, 1.0]]),
    }
    tables = CoalitionTables(Board(parts))
    users, items = torch.tensor([0]), torch.tensor([0])
    worth = rank_worth(tables, users, items, tables.values(users, items))
    places = (2 ** -worth[:, 0]).tolist()
    # By nothing, by image (3, which ties with another), by text (2), by both (5).
    assert places == pytest.approx([4, 2, 3, 1])
