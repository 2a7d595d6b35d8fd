"""Metrics of predicted chances, with numbers worked by hand."""

from math import log, nan

import numpy as np
import pytest
import torch

from backend.data.dataset import Interactions
from backend.evaluation.evaluator import evaluate_clicks
from backend.evaluation.metrics.clicks import auc, binned, calibration_error, logloss
from backend.evaluation.significance import share_interval
from models.recommenders import Embeddings, Moments

CHANCES = torch.tensor([0.9, 0.6, 0.6, 0.2, 0.1], dtype=torch.float64)
CLICKS = torch.tensor([1.0, 1.0, 0.0, 1.0, 0.0], dtype=torch.float64)


def test_auc_counts_pairs_and_halves_ties() -> None:
    # Clicked 0.9, 0.6, 0.2 against 0.6, 0.1: wins 2 + 1 + 1, one tie, of six pairs.
    assert auc(CHANCES, CLICKS) == pytest.approx(4.5 / 6)
    assert auc(torch.full((5,), 0.3).double(), CLICKS) == pytest.approx(0.5)


def test_log_loss_is_the_mean_surprise() -> None:
    expected = -(log(0.9) + log(0.6) + log(0.4) + log(0.2) + log(0.9)) / 5
    assert logloss(CHANCES, CLICKS) == pytest.approx(expected)
    certain = torch.tensor([0.0, 1.0], dtype=torch.float64)
    assert logloss(certain, 1 - certain) == pytest.approx(-log(1e-12))


def test_calibration_error_by_hand() -> None:
    # Fifteenths: 0.1 in bin 1; 0.2 in bin 3; both 0.6 in bin 9; 0.9 in bin 13.
    expected = (abs(0.1 - 0) + abs(0.2 - 1) + 2 * abs(0.6 - 0.5) + abs(0.9 - 1)) / 5
    assert calibration_error(CHANCES, CLICKS) == pytest.approx(expected)
    found = binned(CHANCES, CLICKS)
    assert found.count.tolist() == [1, 1, 2, 1]
    assert found.clicked.tolist() == [0, 1, 0.5, 1]


def test_a_chance_of_one_is_in_the_last_bin() -> None:
    ones = torch.ones(3, dtype=torch.float64)
    assert calibration_error(ones, ones) == 0


@pytest.mark.parametrize("clicks", [[], [1.0], [0.0, 0.0]])
def test_auc_of_one_kind_is_not_a_number(clicks: list[float]) -> None:
    given = torch.tensor(clicks, dtype=torch.float64)
    assert auc(given, given) == pytest.approx(nan, nan_ok=True)


def test_nothing_shown_is_not_a_number() -> None:
    none = torch.zeros(0, dtype=torch.float64)
    assert logloss(none, none) == pytest.approx(nan, nan_ok=True)
    assert calibration_error(none, none) == pytest.approx(nan, nan_ok=True)


def table(moments: Moments | None) -> Embeddings:
    return Embeddings(
        users=torch.tensor([[1.0], [-1.0]]),
        items=torch.tensor([[2.0], [0.5]]),
        user_bias=torch.zeros(2),
        item_bias=torch.tensor([0.0, 0.3]),
        offset=-0.1,
        moments=moments,
    )


def test_an_impression_is_scored_at_its_moment() -> None:
    # The second hour of a Thursday adds 0.5 to the item's vector, 0.25 to the user's, and 1.
    ones = torch.zeros(168, 1)
    ones[1] = 1.0
    moments = Moments(0.5 * ones, 0.25 * ones, ones[:, 0])
    truth = Interactions(
        np.array([0, 1]),
        np.array([0, 1]),
        np.array([1, 0], np.float32),
        np.arange(2),
        np.array([3600 + 7 * 86_400, 0]),
    )
    found = evaluate_clicks(table(moments), truth)
    first = 1 * 2 - 0.1 + 0.5 * 2 + 0.25 * 1 + 1
    second = -1 * 0.5 + 0.3 - 0.1
    expected = 1 / (1 + np.exp(-np.array([first, second])))
    np.testing.assert_allclose(found.probabilities, expected, rtol=1e-6)
    lost = [-log(expected[0]), -log(1 - expected[1])]
    np.testing.assert_allclose(found.per_user["logloss"], lost, rtol=1e-5)
    assert found.totals["auc"] == 1
    assert found.users.tolist() == [0, 1]


def test_a_model_without_moments_is_scored_all_the_same() -> None:
    truth = Interactions(np.array([0]), np.array([0]), np.ones(1, np.float32), times=np.array([7]))
    expected = 1 / (1 + np.exp(-1.9))
    assert evaluate_clicks(table(None), truth).probabilities[0] == pytest.approx(expected)


def test_the_interval_of_a_share_stays_within_its_bounds() -> None:
    half = share_interval(5, 10)
    # (0.5 + 1.96²/20 -+ 1.96 sqrt(0.025 + 1.96²/400)) / (1 + 1.96²/10)
    assert (half.low, half.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert share_interval(0, 10).low == 0
    assert share_interval(10, 10).high == 1
