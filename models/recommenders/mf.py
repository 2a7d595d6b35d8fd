"""Matrix factorisation: R ≈ UᵀV with biases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.losses import l2_penalty, own_scores, squared_error
from models.modality import COLLABORATIVE
from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    Coalition,
    Embeddings,
    IterativeRecommender,
    Objective,
    TrainingData,
)


@dataclass(frozen=True, kw_only=True)
class MfConfig(Config):
    """Settings of matrix factorisation."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=1, high=1024)
    l2: float = setting(
        0.05,
        help="Pull of vectors and biases towards zero.",
        low=0.0,
        high=10.0,
        search=(0.05, 0.5),
    )


@RECOMMENDERS.register(
    "mf",
    config=MfConfig,
    title="Matrix factorisation",
    summary="Predicts ratings, or the chance of a click, from one vector per user and item.",
)
class Mf(IterativeRecommender):
    """Koren, Bell & Volinsky 2009: `score = offset + b_u + c_i + u·v`.

    Objective rating: squared error, offset = mean training rating. Objective ranking: logistic
    loss of each positive against its sampled negatives, offset 0.
    """

    objectives: ClassVar[frozenset[Objective]] = frozenset({"ranking", "rating"})
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.005,
        "negatives": 4,
    }
    offset: Tensor

    def __init__(
        self,
        config: MfConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device = data.items.device
        self.users = nn.Parameter(torch.randn(data.n_users, config.dim, device=device) * 0.05)
        self.items = nn.Parameter(torch.randn(data.n_items, config.dim, device=device) * 0.05)
        self.user_bias = nn.Parameter(torch.zeros(data.n_users, device=device))
        self.item_bias = nn.Parameter(torch.zeros(data.n_items, device=device))
        rated = objective == "rating" and len(data.ratings) > 0
        mean = data.ratings.mean() if rated else torch.zeros((), device=device)
        self.register_buffer("offset", mean.detach().clone())

    def loss(self, batch: Batch) -> Tensor:
        u, b_u = self.users[batch.users], self.user_bias[batch.users]
        v, b_i = self.items[batch.items], self.item_bias[batch.items]
        score = (u * v).sum(1) + b_u + b_i + self.offset
        penalty = self.settings.l2 * l2_penalty(u, v, b_u, b_i)
        if self.objective == "rating":
            return squared_error(score, batch.ratings) + penalty
        w, b_n = self.items[batch.negatives], self.item_bias[batch.negatives]
        against = own_scores(u, w) + b_u.unsqueeze(1) + b_n
        penalty = penalty + self.settings.l2 * l2_penalty(w, b_n) / max(w.shape[1], 1)
        return F.softplus(-score).mean() + F.softplus(against).mean() + penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        share = float(coalition is None or COLLABORATIVE in coalition)
        return Embeddings(
            users=self.users.detach(),
            items=self.items.detach() * share,
            user_bias=self.user_bias.detach(),
            item_bias=self.item_bias.detach() * share,
            offset=float(self.offset),
        )
