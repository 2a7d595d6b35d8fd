"""Models whose scores are given for every coalition, so that every answer is known."""

from collections.abc import Mapping

import torch

from models.config import Config
from models.recommenders import Embeddings, Recommender, TrainingData


class Board(Recommender):
    """score(u, i | S) = sum over p in S of parts[p][u, i], plus extra[p+q][u, i] where both are."""

    def __init__(
        self, parts: Mapping[str, torch.Tensor], extra: Mapping[str, torch.Tensor] | None = None
    ) -> None:
        users, items = next(iter(parts.values())).shape
        empty = torch.zeros(0, dtype=torch.int64)
        super().__init__(Config(), TrainingData(users, items, empty, empty, torch.zeros(0), {}))
        self.parts, self.extra = dict(parts), dict(extra or {})

    @property
    def players(self) -> tuple[str, ...]:
        return tuple(self.parts)

    def embed(self, coalition: frozenset[str] | None = None) -> Embeddings:
        kept = frozenset(self.parts) if coalition is None else coalition
        total = torch.zeros(self.n_users, self.n_items)
        for player in kept:
            total = total + self.parts[player]
        for pair, worth in self.extra.items():
            if set(pair.split("+")) <= kept:
                total = total + worth
        return Embeddings(
            torch.eye(self.n_users), total.T, torch.zeros(self.n_users),
            torch.zeros(self.n_items), 0.0,
        )  # fmt: skip
