import numpy as np
import pytest
import torch

from backend.data.dataset import Interactions
from backend.errors import InvalidInput
from backend.retrieval.fold_in import learn_fold_in
from models.graph import csr
from models.recommenders import Embeddings


def _interactions(pairs: list[tuple[int, int]]) -> Interactions:
    users, items = (np.array(part, np.int64) for part in zip(*pairs, strict=True))
    return Interactions(users, items, np.ones(len(pairs), np.float32))


def _world(users: int = 400, items: int = 60, dim: int = 6) -> tuple[Embeddings, Interactions]:
    """People whose vector is a fixed map of the mean of their items."""
    rng = np.random.default_rng(0)
    table = torch.from_numpy(rng.normal(size=(items, dim)).astype(np.float32))
    turn = torch.from_numpy(rng.normal(size=(dim, dim)).astype(np.float32))
    pairs = [(u, int(i)) for u in range(users) for i in rng.choice(items, 5, replace=False)]
    train = _interactions(pairs)
    means = torch.stack([table[torch.from_numpy(train.items[train.users == u])].mean(0)
                         for u in range(users)])  # fmt: skip
    bias = torch.from_numpy(rng.normal(size=items).astype(np.float32))
    own = means @ turn + 0.5
    return Embeddings(own, table, means[:, 0] * 2 + 1, bias, 0.25), train


def test_a_history_model_takes_a_new_history_as_it_is() -> None:
    weights = torch.tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 4.0], [0.0, 0.5, 0.0]])
    users = csr(torch.tensor([0]), torch.tensor([1]), torch.ones(1), (1, 3))
    table = Embeddings(users, weights.T, torch.zeros(1), torch.zeros(3), 0.0)
    way = learn_fold_in(table, _interactions([(0, 1)]))
    assert not way.takes_vectors
    assert way.agreement == 1.0
    # history {0, 2}: rows 0 and 2 of the weights, summed
    assert way.person(np.array([0, 2])).score(table).tolist() == [0.0, 2.5, 0.0]
    assert (
        way.person(np.array([1])).score(table).tolist()
        == table.score(torch.tensor([0]))[0].tolist()
    )


def test_the_map_of_a_world_that_has_one_is_found() -> None:
    table, train = _world()
    way = learn_fold_in(table, train)
    assert way.agreement > 0.98
    for user in (3, 77):
        person = way.person(train.items[train.users == user])
        assert person.vector.numpy() == pytest.approx(table.users[user].numpy(), abs=0.02)
        expected = table.score(torch.tensor([user]))[0].numpy()
        assert person.score(table).numpy() == pytest.approx(expected, abs=0.1)
        some = torch.tensor([4, 9])
        assert person.score(table, some).numpy() == pytest.approx(expected[[4, 9]], abs=0.1)


def test_things_outside_the_catalogue_join_the_history() -> None:
    table, train = _world()
    way = learn_fold_in(table, train)
    alone = way.person(np.zeros(0, np.int64), table.items[5:6])
    assert alone.vector.numpy() == pytest.approx(way.person(np.array([5])).vector.numpy(), abs=1e-5)
    both = way.person(np.array([7]), table.items[5:6])
    assert both.vector.numpy() == pytest.approx(
        way.person(np.array([5, 7])).vector.numpy(), abs=1e-5
    )


def test_nobody_and_nothing() -> None:
    table, train = _world(users=20)
    way = learn_fold_in(table, train)
    with pytest.raises(InvalidInput, match="at least one item"):
        way.person(np.zeros(0, np.int64))
    alone = learn_fold_in(
        table, Interactions(*(np.zeros(0, np.int64),) * 2, np.zeros(0, np.float32))
    )
    assert alone.agreement == 0.0
    assert alone.person(np.array([1])).vector.tolist() == [0.0] * 6


def test_people_who_have_nothing_to_do_with_their_items_are_not_invented() -> None:
    table, train = _world()
    rng = np.random.default_rng(9)
    strangers = torch.from_numpy(rng.normal(size=table.users.shape).astype(np.float32))
    lost = Embeddings(strangers, table.items, torch.zeros(400), torch.zeros(60), 0.0)
    assert learn_fold_in(lost, train).agreement < 0.5
