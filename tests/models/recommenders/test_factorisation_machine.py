"""The factorisation machine and its calibration, with numbers worked by hand."""

from math import exp, log

import pytest
import torch

from models.modality import Modality
from models.recommenders import Batch, FeatureTable, TrainingData, build_recommender
from models.recommenders._platt import platt

HOUR = 3600
NOBODY = torch.empty(0, dtype=torch.int64)


def world() -> TrainingData:
    """Two people, two items seen and one cold; a third of the impressions an hour later."""
    values = torch.tensor([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0]])
    return TrainingData(
        2,
        3,
        torch.tensor([0, 0, 1]),
        torch.tensor([0, 1, 1]),
        torch.tensor([1.0, 0.0, 0.0]),
        {Modality.TEXT: FeatureTable(values, torch.ones(3, dtype=torch.bool))},
        torch.tensor([0, 0, HOUR]),
    )


def model():
    built = build_recommender(
        "factorisation_machine",
        world(),
        config={"dim": 1, "l2": 0.0, "bias_l2": 0.0, "feature_dim": 1},
        objective="ctr",
    )
    values = {
        "users": [[1.0], [2.0]],
        "items": [[3.0], [-1.0], [9.0]],
        "user_bias": [0.1, 0.2],
        "item_bias": [0.3, 0.4, 9.0],
        "day_bias": [0.5] + [0.0] * 6,
    }
    with torch.no_grad():
        for name, value in values.items():
            getattr(built, name).copy_(torch.tensor(value))
        built.hours.zero_()[1] = 0.6
        built.days.zero_()[0] = -0.2
        built.hour_bias.zero_()[1] = 0.7
        built.views["text"].copy_(torch.tensor([[0.25, 0.125]]))
    return built.eval()


def by_hand(user: int, item: int, hour: int) -> float:
    """offset + biases + u·v + m·(u + v)."""
    built = model()
    seen = built.content.table(Modality.TEXT)[item, 0].item()
    u = [1.0, 2.0][user]
    v = [3.0, -1.0, 0.0][item] + 0.25 * seen
    m = -0.2 + 0.6 * hour
    biases = [0.1, 0.2][user] + [0.3, 0.4, 0.0][item] + 0.125 * seen + 0.5 + 0.7 * hour
    return log(1 / 2) + biases + u * v + m * (u + v)


def test_the_score_at_a_moment_is_the_sum_of_all_pairs() -> None:
    with torch.no_grad():
        found = model().embed()
    for user in range(2):
        for item in range(3):
            for hour in range(2):
                pair = torch.tensor([user]), torch.tensor([item]), torch.tensor([hour * HOUR])
                assert found.score_at(*pair).item() == pytest.approx(
                    by_hand(user, item, hour), abs=1e-5
                )


def test_without_a_moment_it_is_that_of_the_average_one() -> None:
    with torch.no_grad():
        score = model().embed().score(torch.tensor([1]))[0, 0].item()
    # Linear in the moment but for nothing, so the mean over two thirds and a third.
    expected = (2 * by_hand(1, 0, 0) + by_hand(1, 0, 1)) / 3
    assert score == pytest.approx(expected, abs=1e-5)


def test_the_loss_is_the_log_loss_of_the_same_score() -> None:
    batch = Batch(
        torch.tensor([1, 0]),
        torch.tensor([0, 1]),
        NOBODY,
        torch.tensor([1.0, 0.0]),
        torch.tensor([HOUR, 0]),
    )
    first, second = by_hand(1, 0, 1), by_hand(0, 1, 0)
    expected = (log(1 + exp(-first)) + log(1 + exp(second))) / 2
    assert model().loss(batch).item() == pytest.approx(expected, rel=1e-5)
    assert model().sampling == "none"


def test_calibration_stretches_every_score_and_is_stored() -> None:
    built, other = model(), model()
    users, items, times = torch.tensor([0, 1]), torch.tensor([1, 2]), torch.tensor([0, HOUR])
    with torch.no_grad():
        before = built.embed().score_at(users, items, times)
        built.stretch.fill_(0.5)
        built.shift.fill_(0.25)
        torch.testing.assert_close(built.embed().score_at(users, items, times), 0.5 * before + 0.25)
        other.load_state_dict(built.state_dict())
        torch.testing.assert_close(other.embed().score(users), built.embed().score(users))


def test_calibrating_twice_is_calibrating_once() -> None:
    built = model()
    chance = torch.Generator().manual_seed(0)
    scores = 2 * torch.randn(4000, generator=chance)
    clicks = (torch.rand(4000, generator=chance) < torch.sigmoid(scores / 2 - 1)).float()
    with torch.no_grad():
        built.calibrate(scores, clicks)
        first = built.stretch.item(), built.shift.item()
        built.calibrate(first[0] * scores + first[1], clicks)
    assert first == pytest.approx((0.5, -1.0), abs=0.1)
    assert (built.stretch.item(), built.shift.item()) == pytest.approx(first, abs=1e-3)


def test_platt_is_the_least_log_loss() -> None:
    # Two scores: the fit goes through both shares, 1/4 and 3/4 (Platt's targets: 5/6 and 1/6).
    scores = torch.tensor([0.0] * 4 + [1.0] * 4)
    clicks = torch.tensor([1.0, 0, 0, 0, 1, 1, 1, 0])
    shares = [(5 / 6 + 3 / 6) / 4, (3 * 5 / 6 + 1 / 6) / 4]
    low, high = (log(share / (1 - share)) for share in shares)
    assert platt(scores, clicks) == pytest.approx((high - low, low), abs=1e-6)


@pytest.mark.parametrize("clicks", [[], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]])
def test_what_cannot_be_calibrated_stays_as_it_is(clicks: list[float]) -> None:
    """Nothing, one kind, and clicks where the scores are lowest."""
    scores = torch.arange(len(clicks), dtype=torch.float32)
    assert platt(scores, torch.tensor(clicks)) == (1.0, 0.0)
