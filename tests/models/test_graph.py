import torch

from models.graph import Bipartite, csr, distinct_pairs, propagate, symmetric

# User 0 took items 0 and 1, user 1 took item 1; item 2 and user 2 stand alone.
PAIRS = (torch.tensor([1, 0, 0]), torch.tensor([1, 1, 0]))


def test_csr_from_unsorted_pairs():
    matrix = csr(*PAIRS, torch.tensor([3.0, 2.0, 1.0]), (3, 3))
    expected = torch.tensor([[1.0, 2.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 0.0]])
    assert torch.equal(matrix.to_dense(), expected)


def test_distinct_pairs():
    users, items = distinct_pairs(torch.tensor([2, 0, 2]), torch.tensor([1, 3, 1]), 4)
    assert users.tolist() == [0, 2]
    assert items.tolist() == [3, 1]


def test_the_gradient_is_the_transposed_product():
    generator = torch.Generator().manual_seed(2)
    weights = torch.rand(3, generator=generator)
    graph = Bipartite(*PAIRS, weights, 3, 3)
    dense = csr(*PAIRS, weights, (3, 3)).to_dense()
    for product, matrix in ((graph.to_users, dense), (graph.to_items, dense.T)):
        x = torch.randn(3, 2, generator=generator, requires_grad=True)
        y = x.detach().clone().requires_grad_()
        torch.testing.assert_close(product(x), matrix @ y)
        product(x).square().sum().backward()
        (matrix @ y).square().sum().backward()
        torch.testing.assert_close(x.grad, y.grad)


def test_two_layers_of_propagation_by_hand():
    # Degrees: u0 2, u1 1, i0 1, i1 2. Edge weights: u0-i0 1/√2, u0-i1 1/2, u1-i1 1/√2.
    users = torch.tensor([[1.0], [0.0], [5.0]])
    items = torch.tensor([[0.0], [2.0], [7.0]])
    root = 2**-0.5
    users_1 = torch.tensor([[2 * 0.5], [2 * root], [0.0]])
    items_1 = torch.tensor([[1 * root], [1 * 0.5], [0.0]])
    users_2 = torch.tensor([[root * root + 0.5 * 0.5], [0.5 * root], [0.0]])
    items_2 = torch.tensor([[root * 1.0], [0.5 * 1.0 + root * 2 * root], [0.0]])
    found_users, found_items = propagate(symmetric(*PAIRS, 3, 3), users, items, layers=2)
    torch.testing.assert_close(found_users, (users + users_1 + users_2) / 3)
    torch.testing.assert_close(found_items, (items + items_1 + items_2) / 3)
