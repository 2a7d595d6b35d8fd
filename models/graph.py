"""The user-item graph: histories as sparse matrices and propagation over them."""

import warnings
from typing import Any

import torch
from torch import Tensor, nn


def csr(rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """f32 sparse CSR of `shape` from distinct pairs i64[N] in any order."""
    order = torch.argsort(rows * shape[1] + columns)
    counts = torch.bincount(rows, minlength=shape[0])
    starts = torch.zeros(shape[0] + 1, dtype=torch.int64, device=rows.device)
    starts[1:] = counts.cumsum(0)
    with warnings.catch_warnings():
        # torch warns once per process that CSR is in beta; a user can do nothing about it.
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta")
        return torch.sparse_csr_tensor(
            starts, columns[order], values[order], shape, check_invariants=False
        )


def csr_rows(matrix: Tensor, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The stored entries of rows i64[B], of any order and repeated or not.

    Returns place in `rows` i64[E] (ascending), column i64[E], value f32[E].
    """
    starts, columns, values = matrix.crow_indices(), matrix.col_indices(), matrix.values()
    counts = starts[rows + 1] - starts[rows]
    owner = torch.repeat_interleave(torch.arange(len(rows), device=rows.device), counts)
    within = torch.arange(len(owner), device=rows.device) - (counts.cumsum(0) - counts)[owner]
    entries = starts[rows][owner] + within
    return owner, columns[entries], values[entries]


def distinct_pairs(users: Tensor, items: Tensor, n_items: int) -> tuple[Tensor, Tensor]:
    """The pairs i64[N] without repetitions, sorted by user, then item."""
    keys = torch.unique(users * n_items + items)
    return keys // n_items, keys % n_items


class _Multiply(torch.autograd.Function):
    # torch's own backward of a CSR product builds a gradient for the sparse operand or falls
    # back to a slow path; the operands here are constants whose transpose is known.
    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:
        ctx.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, None, Tensor]:
        return None, None, ctx.transposed @ gradients[0].contiguous()


class Bipartite(nn.Module):
    """A constant weighted matrix f32[U, I] and its transpose, both CSR.

    A module only so that it moves with the model it belongs to; nothing of it is learned or saved.
    """

    _forth: Tensor
    _back: Tensor

    def __init__(
        self, users: Tensor, items: Tensor, weights: Tensor, n_users: int, n_items: int
    ) -> None:
        super().__init__()
        forth = csr(users, items, weights, (n_users, n_items))
        self.register_buffer("_forth", forth, persistent=False)
        back = csr(items, users, weights, (n_items, n_users))
        self.register_buffer("_back", back, persistent=False)

    def of_users(self, users: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(place in `users`, item, weight) of every edge of users i64[B]."""
        return csr_rows(self._forth, users)

    def to_users(self, items: Tensor) -> Tensor:
        """f32[U, D] from f32[I, D]."""
        result: Tensor = _Multiply.apply(self._forth, self._back, items.float())
        return result

    def to_items(self, users: Tensor) -> Tensor:
        """f32[I, D] from f32[U, D]."""
        result: Tensor = _Multiply.apply(self._back, self._forth, users.float())
        return result


def symmetric(users: Tensor, items: Tensor, n_users: int, n_items: int) -> Bipartite:
    """LightGCN's normalisation: each edge weighs 1 / sqrt(degree(u) degree(i))."""
    user_degree = torch.bincount(users, minlength=n_users).clamp_min(1)
    item_degree = torch.bincount(items, minlength=n_items).clamp_min(1)
    weights = (user_degree[users] * item_degree[items]).float().rsqrt()
    return Bipartite(users, items, weights, n_users, n_items)


def propagate(graph: Bipartite, users: Tensor, items: Tensor, layers: int) -> tuple[Tensor, Tensor]:
    """LightGCN (He et al. 2020, https://arxiv.org/abs/2002.02126): mean of all layers' vectors.

    Layer k+1 of one side is the normalised sum of layer k of the other; no weights, no
    nonlinearity. Users f32[U, D] and items f32[I, D] in and out.
    """
    user_sum, item_sum = users, items
    for _ in range(layers):
        users, items = graph.to_users(items), graph.to_items(users)
        user_sum, item_sum = user_sum + users, item_sum + items
    return user_sum / (layers + 1), item_sum / (layers + 1)
