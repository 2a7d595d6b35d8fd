from collections.abc import Sequence

import pytest
import torch

from backend.explain.modality_shapley import CoalitionTables
from backend.explain.past import past, without_choices, without_players
from models.graph import csr
from models.recommenders import Embeddings
from tests.backend.explain.games import Board

ITEMS = 6
WEIGHTS = torch.zeros(ITEMS, ITEMS)
"""WEIGHTS[i, j]: what having chosen i says for j. Choices 0 and 1 speak for 3, choice 2 for 4."""
WEIGHTS[0, 3], WEIGHTS[1, 3], WEIGHTS[2, 4], WEIGHTS[2, 3] = 3.0, 1.0, 2.0, -0.5
HISTORY = [0, 1, 2]


def linear(histories: Sequence[Sequence[int]], dense: bool = False) -> Embeddings:
    """One person per history; `dense`: the same model with a sum in place of the history."""
    rows = torch.tensor([row for row, one in enumerate(histories) for _ in one])
    columns = torch.tensor([item for one in histories for item in one])
    users = csr(rows, columns, torch.ones(len(columns)), (len(histories), ITEMS))
    zeros = torch.zeros(len(histories))
    return Embeddings(
        users.to_dense() if dense else users, WEIGHTS.T, zeros, torch.zeros(ITEMS), 0.0
    )


def without(sets: Sequence[frozenset[int]]) -> Embeddings:
    return linear([[one for one in HISTORY if one not in gone] for gone in sets], dense=True)


def test_terms_of_a_linear_model_are_exact_and_sum_to_the_score() -> None:
    found = past(linear([HISTORY]), 0, 3, [2, 1, 0], lambda gone: pytest.fail("asked again"))
    assert found.exact
    assert found.shares == {0: 3.0, 1: 1.0, 2: -0.5}
    assert list(found.shares) == [0, 1, 2]


def test_leaving_out_finds_the_same_where_the_score_is_a_sum() -> None:
    found = past(linear([HISTORY], dense=True), 0, 3, HISTORY, without)
    assert not found.exact
    assert found.shares == pytest.approx({0: 3.0, 1: 1.0, 2: -0.5})


def test_a_vector_per_person_tells_nothing_of_single_choices() -> None:
    found = past(linear([HISTORY], dense=True), 0, 3, HISTORY, lambda gone: None)
    assert found.shares == {}
    assert without_choices(found, 3, 1, HISTORY, lambda gone: None) is None


def test_the_fewest_choices_whose_absence_drops_the_item() -> None:
    found = past(linear([HISTORY]), 0, 3, HISTORY, without)
    # Without choice 0 item 3 scores 0.5 and stands behind item 4 with 2.
    fewer = without_choices(found, 3, 1, HISTORY, without)
    assert fewer is not None
    assert (fewer.removed, fewer.rank) == ((0,), 2)
    assert without_choices(found, 3, 5, HISTORY, without) is None


def test_the_fewest_players_whose_absence_drops_the_item() -> None:
    parts = {
        "image": torch.tensor([[3.0, 0.0, 0.0]]),
        "text": torch.tensor([[1.0, 2.5, 1.5]]),
    }
    tables = CoalitionTables(Board(parts))
    found = without_players(tables, 0, 0, 1, [])
    assert found is not None
    assert (found.removed, found.rank) == (("image",), 3)
    assert without_players(tables, 0, 0, 3, []) is None
