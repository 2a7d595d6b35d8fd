"""The order of a history: read in time, looked at backwards only, and worth what it is worth."""

from dataclasses import replace

import pytest
import torch

from models.errors import ConfigError
from models.modality import Modality
from models.recommenders import (
    Batch,
    FeatureTable,
    IterativeRecommender,
    TrainingData,
    build_recommender,
)
from models.recommenders._histories import Histories
from models.recommenders.sequential import Sequential

CIRCLE, STEPS = 16, 5


def walks() -> tuple[TrainingData, torch.Tensor]:
    """Items in a circle; from every five of them one person walked up and one walked down.

    (data, what each takes next). The two took the same things and differ in their order alone.
    """
    users, items, times, following = [], [], [], []
    for user in range(2 * CIRCLE):
        way = 1 if user % 2 else -1
        begin = user // 2 if way == 1 else user // 2 + STEPS - 1
        for step in range(STEPS):
            users.append(user)
            items.append((begin + way * step) % CIRCLE)
            times.append(100 * step)
        following.append((begin + way * STEPS) % CIRCLE)
    table = FeatureTable(torch.eye(CIRCLE), torch.ones(CIRCLE, dtype=torch.bool))
    # The rows stand in no order; only the times tell.
    shuffle = torch.randperm(len(users), generator=torch.Generator().manual_seed(0))
    data = TrainingData(
        2 * CIRCLE,
        CIRCLE,
        torch.tensor(users)[shuffle],
        torch.tensor(items)[shuffle],
        torch.ones(len(users)),
        {Modality.TEXT: table},
        torch.tensor(times)[shuffle],
    )
    return data, torch.tensor(following)


def build(data: TrainingData, **config: object) -> Sequential:
    torch.manual_seed(1)
    quiet = {"modality_dropout": 0.0, "collaborative_dropout": 0.0, "dropout": 0.0, "item_l2": 0.0}
    model = build_recommender("sequential", data, config={**quiet, "dim": 8, "id_dim": 8} | config)
    assert isinstance(model, Sequential)
    return model


def everything(data: TrainingData) -> Batch:
    return Batch(data.users, data.items, torch.arange(data.n_items), data.ratings)


def right(model: IterativeRecommender, data: TrainingData, following: torch.Tensor) -> float:
    """How many people have what they take next on top of what they did not take."""
    with torch.no_grad():
        scores = model.eval().embed().score(torch.arange(data.n_users))
    scores[data.users, data.items] = -torch.inf
    return float((scores.argmax(1) == following).float().mean())


def learn(model: IterativeRecommender, data: TrainingData, steps: int = 50) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    model.train()
    for step in range(steps):
        model.begin_epoch(step)
        optimizer.zero_grad()
        model.loss(everything(data)).backward()
        optimizer.step()


def test_where_order_alone_tells_what_comes_next():
    data, following = walks()
    model = build(data)
    learn(model, data)
    assert right(model, data, following) > 0.9
    # Who looks at what was taken and not at its order says the same to both and is right once.
    blind = build_recommender("fused", data, config={"dim": 8, "id_dim": 8})
    assert isinstance(blind, IterativeRecommender)
    learn(blind, data)
    users = blind.eval().embed().users
    torch.testing.assert_close(users[0::2], users[1::2])
    assert right(blind, data, following) <= 0.5


def test_a_later_purchase_changes_no_earlier_state():
    data, _ = walks()
    model = build(data, layers=2).eval()
    vectors = torch.randn(3, 6, 16)
    with torch.no_grad():
        torch.nn.init.normal_(model.leave.weight)
        before = model.states(vectors)
        vectors[:, 4:] += 5.0
        after = model.states(vectors)
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert not torch.allclose(before[:, 5:], after[:, 5:])


def test_a_person_is_the_state_after_all_that_was_taken():
    data, _ = walks()
    model = build(data).eval()
    torch.nn.init.normal_(model.leave.weight)
    with torch.no_grad():
        found = model.embed()
        up = model.states(found.items[[0, 1, 2, 3, 4]].unsqueeze(0))[0, -1]
        down = model.states(found.items[[4, 3, 2, 1, 0]].unsqueeze(0))[0, -1]
    torch.testing.assert_close(found.users[1], up)
    torch.testing.assert_close(found.users[0], down)


def test_the_loss_is_a_softmax_over_the_candidates_from_what_came_before():
    data, _ = walks()
    model = build(data).eval()
    torch.nn.init.normal_(model.leave.weight)
    pair = Batch(torch.tensor([1]), torch.tensor([2]), torch.arange(CIRCLE), torch.ones(1))
    with torch.no_grad():
        items = model.embed().items
        state = model.states(items[[0, 1]].unsqueeze(0))[0, 2]
        scores = items @ state
        torch.testing.assert_close(model.loss(pair), scores.logsumexp(0) - scores[2])


def test_long_histories_are_cut_into_windows_that_overlap():
    # One person took items 0 to 9 in this order; windows of 4.
    line = torch.arange(10)
    data = TrainingData(1, 10, torch.zeros_like(line), line, torch.ones(10), {}, line)
    begins, window, before = Histories(data, 4).before(torch.zeros_like(line), line)
    assert begins[window].tolist() == [0, 0, 0, 0, 2, 2, 4, 4, 6, 6]
    assert (begins[window] + before).tolist() == line.tolist()
    begin, count = Histories(data, 4).latest()
    assert (begin.item(), count.item()) == (7, 3)


def test_of_equal_times_the_order_is_drawn_in_training_alone():
    line = torch.arange(8)
    data = TrainingData(1, 8, torch.zeros_like(line), line, torch.ones(8), {}, line // 4)
    histories = Histories(data, 8)
    torch.manual_seed(0)
    histories.redraw_ties()
    _, _, before = histories.before(torch.zeros_like(line), line)
    assert before.tolist() != line.tolist()
    assert sorted(before[:4].tolist()) == [0, 1, 2, 3]
    everybody = (torch.zeros(1, dtype=torch.int64), torch.tensor([8]))
    ((_, drawn),) = histories.read(*everybody, drawn=True)
    ((_, kept),) = histories.read(*everybody, drawn=False)
    assert kept[0].tolist() == line.tolist()
    assert drawn[0].argsort().tolist() == before.tolist()


def test_without_times_the_rows_are_the_order():
    data, _ = walks()
    histories = Histories(replace(data, times=None), 8)
    first = data.items[data.users == 0]
    assert histories.items[:STEPS].tolist() == first.tolist()


def test_a_width_that_heads_cannot_share_is_refused():
    data, _ = walks()
    with pytest.raises(ConfigError, match="multiple of 'heads'"):
        build(data, width=10, heads=3)
