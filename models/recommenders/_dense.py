"""What the item-item models share: a history times a square matrix."""

from typing import ClassVar

import torch
from torch import Tensor

from models.config import Config
from models.errors import ConfigError
from models.graph import csr, distinct_pairs
from models.modality import COLLABORATIVE
from models.recommenders._base import (
    ClosedFormRecommender,
    Coalition,
    Embeddings,
    Objective,
    TrainingData,
)

MOST_ITEMS = 30_000
_CHUNK_CELLS = 2**25


class ItemItemRecommender(ClosedFormRecommender):
    """score(u, j) = sum over u's history of weights[i, j]; a subclass solves for the weights."""

    name: ClassVar[str]
    """As registered, for the refusal."""
    weights: Tensor
    history_keys: Tensor

    def __init__(
        self,
        config: Config,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        refuse_large_catalogue(self.name, data.n_items, MOST_ITEMS, "'bpr' or 'lightgcn'")
        users, items = distinct_pairs(data.users, data.items, data.n_items)
        self.register_buffer("history_keys", users * data.n_items + items, persistent=False)
        square = torch.zeros(data.n_items, data.n_items, device=data.items.device)
        self.register_buffer("weights", square)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        take_part = coalition is None or COLLABORATIVE in coalition
        return history_embeddings(self.history_keys, self.weights, self.n_users, take_part)

    def embed_users(self, coalition: Coalition | None = None) -> Embeddings:
        # Every coalition has the same users: their histories.
        return history_embeddings(self.history_keys, self.weights, self.n_users, True)


def history_embeddings(keys: Tensor, weights: Tensor, n_users: int, take_part: bool) -> Embeddings:
    """score(u, j) = sum over u's history of weights[i, j].

    `keys` i64[N] = user * I + item, distinct; `weights` f32[I, I]. Users are the sparse history;
    items are a view, so that the product with a history runs along the rows of `weights`.
    """
    n_items = len(weights)
    return Embeddings(
        users=histories(keys, n_users, n_items),
        items=weights.T if take_part else torch.zeros_like(weights),
        user_bias=weights.new_zeros(n_users),
        item_bias=weights.new_zeros(n_items),
        offset=0.0,
    )


def histories(keys: Tensor, n_users: int, n_items: int) -> Tensor:
    """f32[U, I], sparse CSR, from `keys` i64[N] = user * I + item, distinct: 1 where taken."""
    ones = torch.ones(len(keys), device=keys.device)
    return csr(keys // n_items, keys % n_items, ones, (n_users, n_items))


def common_users(data: TrainingData) -> Tensor:
    """f32[I, I]: users with both items; the diagonal counts the users of one."""
    users, items = distinct_pairs(data.users, data.items, data.n_items)
    return common_owners(users, items, data.n_users, data.n_items)


def common_owners(users: Tensor, items: Tensor, n_users: int, n_items: int) -> Tensor:
    """The same f32[I, I] from distinct pairs i64[N], sorted by user."""
    common = torch.zeros(n_items, n_items, device=items.device)
    # Sparse times dense costs N * I steps where dense times dense would cost U * I².
    chunk = max(1, min(n_users, _CHUNK_CELLS // max(n_items, 1)))
    bounds = torch.arange(0, n_users + chunk, chunk, device=users.device)
    edges = torch.searchsorted(users, bounds).tolist()
    for first, start, stop in zip(bounds.tolist(), edges, edges[1:], strict=False):
        if start == stop:
            continue
        rows, columns = users[start:stop] - first, items[start:stop]
        ones = torch.ones(len(rows), device=rows.device)
        dense = torch.zeros(chunk, n_items, device=rows.device)
        dense[rows, columns] = 1.0
        common += csr(columns, rows, ones, (n_items, chunk)) @ dense
    return common


def lower(gram: Tensor) -> Tensor:
    """The Cholesky factor; ConfigError where numbers as large as these swallow the diagonal."""
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(gram)
    if failed:
        raise ConfigError(
            "These items cannot be told apart with so little regularisation. Choose a larger one."
        )
    return factor


def refuse_large_catalogue(name: str, n_items: int, most: int, instead: str) -> None:
    """Raises ConfigError where square matrices would not fit an ordinary machine's memory."""
    if n_items > most:
        gigabytes = 4 * n_items**2 / 1e9
        raise ConfigError(
            f"'{name}' keeps a number for every pair of items: {gigabytes:.0f} GB for "
            f"{n_items:,} items. Choose {instead} above {most:,} items."
        )
