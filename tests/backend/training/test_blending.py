"""Weights of an ensemble, where it is known who is right."""

import numpy as np
import pytest
import torch

from backend.data.dataset import Interactions
from backend.evaluation.evaluator import quick_validation
from backend.training.blending import blend_weights, search, shortlists
from models.recommenders import Embeddings

USERS, ITEMS = 40, 150


def clicks(users: list[int], items: list[int]) -> Interactions:
    count = len(users)
    return Interactions(
        np.array(users, np.int64),
        np.array(items, np.int64),
        np.ones(count, np.float32),
        np.arange(count),
    )


def member(scores: torch.Tensor) -> Embeddings:
    return Embeddings(
        torch.eye(USERS), scores.T.contiguous(), torch.zeros(USERS), torch.zeros(ITEMS), 0.0
    )


def standards(members: list[Embeddings]) -> tuple[torch.Tensor, torch.Tensor]:
    scores = [m.score(torch.arange(USERS)) for m in members]
    return (
        torch.stack([s.mean(1) for s in scores]),
        torch.stack([1 / s.std(1, correction=0) for s in scores]),
    )


@pytest.fixture
def chance() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_who_is_right_is_heard_and_noise_is_not(chance: torch.Generator) -> None:
    noise = [torch.randn(USERS, ITEMS, generator=chance) for _ in range(2)]
    right = torch.randn(USERS, ITEMS, generator=chance)
    truth = clicks(list(range(USERS)), [u % ITEMS for u in range(USERS)])
    right[torch.arange(USERS), torch.arange(USERS)] += 2.5
    members = [member(scores) for scores in (noise[0], right, noise[1])]
    weights = blend_weights(members, *standards(members), clicks([], []), truth)
    assert float(weights.sum()) == pytest.approx(1.0, abs=1e-5)
    assert float(weights[1]) > 0.75


def test_two_halves_of_the_truth_are_both_heard(chance: torch.Generator) -> None:
    members, wanted = [], torch.arange(USERS)
    for _ in range(2):
        scores = torch.randn(USERS, ITEMS, generator=chance)
        scores[wanted, wanted] += 1.8
        members.append(member(scores))
    truth = clicks(list(range(USERS)), list(range(USERS)))
    lists = shortlists(members, *standards(members), clicks([], []), truth)
    weights = tuple(blend_weights(members, *standards(members), clicks([], []), truth).tolist())
    assert min(weights) > 0.15
    assert lists.ndcg(weights) > max(lists.ndcg((1.0, 0.0)), lists.ndcg((0.0, 1.0)))


def test_a_shortlist_measures_what_the_evaluator_measures(chance: torch.Generator) -> None:
    scores = torch.randn(USERS, ITEMS, generator=chance)
    other = torch.randn(USERS, ITEMS, generator=chance)
    train = clicks([0, 0, 1, 5], [3, 4, 7, 9])
    truth = clicks([0, 1, 1, 7, 7, 7], [8, 2, 3, 1, 5, 6])
    for u, i in zip(truth.users.tolist(), truth.items.tolist(), strict=True):
        scores[u, i] += 2
    allowed = np.arange(ITEMS) % 2 == 1
    for candidates in (None, allowed):
        members = [member(scores), member(other)]
        lists = shortlists(members, *standards(members), train, truth, candidates)
        measured = quick_validation(members[0], train, truth, candidates=candidates)
        assert lists.ndcg((1.0, 0.0)) == pytest.approx(measured["ndcg@20"], abs=1e-6)


def test_the_search_never_ends_below_the_best_member() -> None:
    def quality(weights: tuple[float, ...]) -> float:
        return weights[2] - 3 * min(weights[0], weights[2])

    assert search(quality, 3) == (0.0, 0.0, 1.0)
