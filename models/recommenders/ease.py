"""EASE: the best linear item-item model, in closed form."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.config import Config, setting
from models.graph import distinct_pairs
from models.modality import COLLABORATIVE
from models.recommenders._base import (
    RECOMMENDERS,
    ClosedFormRecommender,
    Coalition,
    Embeddings,
    Objective,
    TrainingData,
)
from models.recommenders._dense import common_users, history_embeddings, refuse_large_catalogue


@dataclass(frozen=True, kw_only=True)
class EaseConfig(Config):
    """Settings of EASE."""

    regularisation: float = setting(
        100.0, help="Larger is smoother; sparse data want more.", low=0.1, high=100_000.0
    )


@RECOMMENDERS.register(
    "ease",
    config=EaseConfig,
    title="EASE",
    summary="A closed form from clicks alone that beats most neural models; the one to beat.",
)
class Ease(ClosedFormRecommender):
    """Steck 2019, https://arxiv.org/abs/1905.03375: argmin |X - XB|² + l |B|² with diag(B) = 0.

    `P = (XᵀX + l I)⁻¹`, `B_ij = -P_ij / P_jj`, `B_jj = 0`; `score(u, j) = X_u B_j`.
    Memory 4 I² bytes for the result and about four times that while solving.
    """

    weights: Tensor
    history_keys: Tensor

    def __init__(
        self,
        config: EaseConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        refuse_large_catalogue("ease", data.n_items)
        self.settings = config
        users, items = distinct_pairs(data.users, data.items, data.n_items)
        self.register_buffer("history_keys", users * data.n_items + items, persistent=False)
        square = torch.zeros(data.n_items, data.n_items, device=data.items.device)
        self.register_buffer("weights", square)

    def solve(self, data: TrainingData) -> None:
        gram = common_users(data)
        gram.diagonal().add_(self.settings.regularisation)
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram))
        weights = inverse / -inverse.diagonal().unsqueeze(0)
        weights.fill_diagonal_(0.0)
        self.weights.copy_(weights)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        take_part = coalition is None or COLLABORATIVE in coalition
        return history_embeddings(self.history_keys, self.weights, self.n_users, take_part)
