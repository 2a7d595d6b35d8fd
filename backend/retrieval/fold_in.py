"""A person whom a model never saw, from what he or she chose: no training, a few products.

Neighbourhood models keep the history itself as the user's vector, so that a new one is exact. For
all others a linear map is learned once from the people whom the model knows: from the mean of
their items' vectors to their own vector and bias (ridge regression). A part of the people is held
aside to choose its strength and to measure what it is worth.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.data.dataset import Interactions
from backend.errors import InvalidInput
from models.graph import csr
from models.recommenders import Embeddings

_PEOPLE: Final = 20_000
_HELD_OUT: Final = 0.1
_STRENGTHS: Final = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Of the ridge, as shares of the mean variance."""
_SEED: Final = 2026
_DEPTH: Final = 10
_MEASURED: Final = 200


@dataclass(frozen=True)
class NewPerson:
    """A user as the model would hold one: `vector` f32[D], `bias`."""

    vector: Tensor
    bias: float

    def score(self, table: Embeddings, items: Tensor | None = None) -> Tensor:
        """f32[I], or f32[N] for items i64[N]."""
        rows = table.items if items is None else table.items[items]
        bias = table.item_bias if items is None else table.item_bias[items]
        return rows @ self.vector + bias + self.bias + table.offset


@dataclass(frozen=True)
class FoldIn:
    """Makes people for one table of embeddings.

    `weights` f32[D + 1, D + 1] maps (mean item vector, 1) to (user vector, user bias); None where
    users are histories. `agreement`: for people held aside, the share of the ten best items by
    their trained vector that are among the ten best by the folded-in one; 1 where it is exact.
    """

    table: Embeddings
    weights: Tensor | None
    agreement: float
    strength: float
    """Of the ridge."""

    @property
    def takes_vectors(self) -> bool:
        """Whether something outside the catalogue can be part of a history."""
        return self.weights is not None

    def person(self, items: NDArray[np.int64], loose: Tensor | None = None) -> NewPerson:
        """From items (their numbers) and vectors f32[B, D] of things outside the catalogue.

        Raises InvalidInput without either.
        """
        if not len(items) and (loose is None or not len(loose)):
            raise InvalidInput("Choose at least one item, or give some words or a picture.")
        chosen = torch.from_numpy(np.unique(items))
        if self.weights is None:
            vector = self.table.items.new_zeros(self.table.items.shape[1])
            vector[chosen] = 1.0
            return NewPerson(vector, 0.0)
        rows = self.table.items[chosen]
        if loose is not None and len(loose):
            rows = torch.cat([rows, loose.to(rows)])
        mean = torch.cat([rows.mean(0), rows.new_ones(1)])
        made = mean @ self.weights
        return NewPerson(made[:-1], float(made[-1]))


def learn_fold_in(table: Embeddings, train: Interactions, strength: float | None = None) -> FoldIn:
    """From the people of the training split; `strength` None chooses it on people held aside."""
    if table.users.layout == torch.sparse_csr:
        return FoldIn(table, None, 1.0, 0.0)
    people = np.unique(train.users)
    if not len(people):
        size = table.items.shape[1] + 1
        return FoldIn(table, table.items.new_zeros(size, size), 0.0, 0.0)
    order = np.random.default_rng(_SEED).permutation(people)[:_PEOPLE]
    means, wanted = _histories(table, train, order), _users(table, order)
    aside = max(1, int(_HELD_OUT * len(order))) if len(order) > 1 else 0
    known, kept = slice(aside, None), slice(0, aside)
    strengths = _STRENGTHS if strength is None else (strength,)
    tried = {s: _ridge(means[known], wanted[known], s) for s in strengths}

    def missed(s: float) -> float:
        return float((means[kept] @ tried[s] - wanted[kept]).pow(2).sum())

    best = min(tried, key=missed)
    agreement = _agreement(table, order[kept], means[kept] @ tried[best])
    return FoldIn(table, _ridge(means, wanted, best), agreement, best)


def _histories(table: Embeddings, train: Interactions, people: NDArray[np.int64]) -> Tensor:
    """f32[N, D + 1]: mean vector of each one's items, then 1."""
    place = np.full(int(train.users.max()) + 1, -1)
    place[people] = np.arange(len(people))
    rows = place[train.users]
    mine = rows >= 0
    owners, items = rows[mine], train.items[mine]
    share = 1.0 / np.bincount(owners, minlength=len(people))[owners]
    order = np.lexsort((items, owners))
    matrix = csr(
        torch.from_numpy(owners[order]),
        torch.from_numpy(items[order]),
        torch.from_numpy(share[order]).float(),
        (len(people), len(table.items)),
    )
    means = matrix @ table.items
    return torch.cat([means, means.new_ones(len(people), 1)], dim=1)


def _users(table: Embeddings, people: NDArray[np.int64]) -> Tensor:
    rows = torch.from_numpy(people)
    return torch.cat([table.users[rows], table.user_bias[rows].unsqueeze(1)], dim=1)


def _ridge(means: Tensor, wanted: Tensor, strength: float) -> Tensor:
    """f32[D + 1, D + 1]; the constant is not shrunk."""
    x, y = means.double(), wanted.double()
    gram = x.T @ x
    penalty = strength * float(gram.diagonal()[:-1].mean()) + 1e-9 * len(x)
    gram.diagonal()[:-1] += penalty
    found: Tensor = torch.linalg.solve(gram, x.T @ y).float()
    return found


def _agreement(table: Embeddings, people: NDArray[np.int64], made: Tensor) -> float:
    if not len(people):
        return 0.0
    some = torch.from_numpy(people[:_MEASURED])
    depth = min(_DEPTH, len(table.items))
    trained = (table.users[some] @ table.items.T + table.item_bias).topk(depth).indices
    folded = (made[: len(some), :-1] @ table.items.T + table.item_bias).topk(depth).indices
    same = (trained.unsqueeze(2) == folded.unsqueeze(1)).any(2)
    return float(same.float().mean())
