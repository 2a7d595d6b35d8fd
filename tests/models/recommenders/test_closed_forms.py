from dataclasses import replace
from math import sqrt

import pytest
import torch

from models.errors import ConfigError
from models.recommenders import TrainingData, build_recommender

# Three users, three items: u0 took 0 and 1, u1 took 0, 1 and 2, u2 took 1.
X = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])


def world(matrix: torch.Tensor = X) -> TrainingData:
    users, items = matrix.nonzero().unbind(1)
    return TrainingData(*matrix.shape, users, items, torch.ones(len(users)), {})


def scores(name: str, data: TrainingData, **config: float) -> torch.Tensor:
    model = build_recommender(name, data, config=config)
    model.solve(data)
    return model.embed().score(torch.arange(data.n_users))


def test_popularity_is_the_share_of_users():
    found = scores("popularity", world())
    torch.testing.assert_close(found, torch.tensor([[2 / 3, 1.0, 1 / 3]]).expand(3, 3))


def test_item_knn_by_hand():
    # Items 0 and 1 share two users (n = 2, 3), 0 and 2 one (2, 1), 1 and 2 one (3, 1).
    s01, s02, s12 = 2 / (sqrt(6) + 1), 1 / (sqrt(2) + 1), 1 / (sqrt(3) + 1)
    found = scores("item_knn", world(), shrink=1.0, neighbours=2)
    expected = torch.tensor(
        [[s01, s01, s02 + s12], [s01 + s02, s01 + s12, s02 + s12], [s01, 0.0, s12]]
    )
    torch.testing.assert_close(found, expected)


def test_item_knn_keeps_the_nearest_neighbours_of_each_item():
    s01, s02 = 2 / sqrt(6), 1 / sqrt(2)
    found = scores("item_knn", world(), shrink=0.0, neighbours=1)
    # Item 0 keeps 1, item 1 keeps 0, item 2 keeps 0 (1/√2 against 1/√3).
    expected = torch.tensor([[s01, s01, s02], [s01, s01, s02], [s01, 0.0, 0.0]])
    torch.testing.assert_close(found, expected)


def test_ease_is_the_constrained_ridge_regression():
    # Column j of B regresses item j on the others alone; that is the definition, solved directly.
    regularisation = 0.7
    expected = torch.zeros(3, 3)
    for j in range(3):
        others = [i for i in range(3) if i != j]
        a = X[:, others]
        b = torch.linalg.solve(a.T @ a + regularisation * torch.eye(2), a.T @ X[:, j])
        expected[others, j] = b
    found = scores("ease", world(), regularisation=regularisation)
    torch.testing.assert_close(found, X @ expected, atol=1e-5, rtol=1e-5)


def test_ease_history_is_sparse():
    data = world()
    model = build_recommender("ease", data)
    model.solve(data)
    users = model.embed().users
    assert users.layout == torch.sparse_csr
    assert torch.equal(users.to_dense(), X)


def test_common_users_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch):
    generator = torch.Generator().manual_seed(0)
    matrix = (torch.rand(23, 6, generator=generator) < 0.4).float()
    whole = scores("ease", world(matrix))
    monkeypatch.setattr("models.recommenders._dense._CHUNK_CELLS", 24)
    torch.testing.assert_close(scores("ease", world(matrix)), whole)


@pytest.mark.parametrize("name", ["ease", "item_knn"])
def test_a_large_catalogue_is_refused_with_a_sentence(name: str):
    with pytest.raises(ConfigError, match=r"4 GB for 31,000 items. Choose 'bpr' or 'lightgcn'"):
        build_recommender(name, replace(world(), n_items=31_000))
