from math import exp, log

import pytest
import torch
from torch.nn import functional as F

from models.losses import (
    bpr_loss,
    candidate_softmax_loss,
    l2_penalty,
    places_in,
    sampled_softmax_loss,
    squared_error,
)


def test_bpr_of_two_pairs():
    # -log sigmoid(2 - 1) and -log sigmoid(0 - 3), averaged.
    expected = (log(1 + exp(-1)) + log(1 + exp(3))) / 2
    found = bpr_loss(torch.tensor([2.0, 0.0]), torch.tensor([[1.0], [3.0]]))
    assert found.item() == pytest.approx(expected, rel=1e-6)


def test_softmax_over_all_items_is_cross_entropy():
    scores = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    target = torch.tensor([4, 0, 2])
    hit = target.unsqueeze(1) == torch.arange(5).unsqueeze(0)
    found = sampled_softmax_loss(scores[torch.arange(3), target], scores, hit)
    torch.testing.assert_close(found, F.cross_entropy(scores, target))


def test_softmax_counts_the_positive_once_when_it_is_not_drawn():
    found = sampled_softmax_loss(
        torch.tensor([1.0]), torch.tensor([[0.0, 2.0]]), torch.tensor([[False, False]])
    )
    assert found.item() == pytest.approx(-log(exp(1) / (exp(1) + exp(0) + exp(2))), rel=1e-6)


def test_places_among_candidates():
    assert places_in(torch.tensor([7, 2, 9]), torch.tensor([2, 3, 9, 7, 0])).tolist() == [
        1,
        -1,
        2,
        0,
        -1,
    ]


def test_softmax_from_vectors_is_the_composed_one_with_its_gradients():
    generator = torch.Generator().manual_seed(4)
    items = torch.randn(6, 3, generator=generator, dtype=torch.float64)
    users = torch.randn(4, 3, generator=generator, dtype=torch.float64)
    candidates, own = torch.tensor([5, 0, 3]), torch.tensor([0, 1, 3, 4])
    losses, gradients = [], []
    for direct in (True, False):
        u, v = users.clone().requires_grad_(), items.clone().requires_grad_()
        if direct:
            places = places_in(candidates, own)
            loss = candidate_softmax_loss(u, v[own], v[candidates], places)
        else:
            hit = own.unsqueeze(1) == candidates.unsqueeze(0)
            loss = sampled_softmax_loss((u * v[own]).sum(1), u @ v[candidates].T, hit)
        (3 * loss).backward()
        losses.append(loss.detach())
        gradients.append((u.grad, v.grad))
    torch.testing.assert_close(losses[0], losses[1])
    torch.testing.assert_close(gradients[0], gradients[1])


def test_squared_error():
    assert squared_error(torch.tensor([1.0, 4.0]), torch.tensor([3.0, 3.0])).item() == 2.5


def test_l2_is_half_the_squared_length_per_row():
    # Rows (3, 4) and (0, 0): 25 / 2 / 2; biases 2 and 0: 4 / 2 / 2.
    vectors, bias = torch.tensor([[3.0, 4.0], [0.0, 0.0]]), torch.tensor([2.0, 0.0])
    assert l2_penalty(vectors, bias).item() == 6.25 + 1.0
