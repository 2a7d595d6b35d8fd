"""BPR: matrix factorisation that learns which of two items a user prefers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.losses import bpr_loss, l2_penalty, own_scores
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
class BprConfig(Config):
    """Settings of BPR."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=1, high=1024)
    l2: float = setting(
        0.05, help="Pull of the vectors in a batch towards zero.", low=0.0, high=10.0
    )


@RECOMMENDERS.register(
    "bpr",
    config=BprConfig,
    title="BPR",
    summary="The classic of ranking from clicks alone: one vector per user and item.",
)
class Bpr(IterativeRecommender):
    """Rendle et al. 2009, https://arxiv.org/abs/1205.2618: `score = u·v + c_i`, pairwise loss."""

    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.005,
        "epochs": 150,
        "eval_every": 5,
        "patience": 3,
    }

    def __init__(
        self,
        config: BprConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device = data.items.device
        self.users = nn.Parameter(torch.randn(data.n_users, config.dim, device=device) * 0.1)
        self.items = nn.Parameter(torch.randn(data.n_items, config.dim, device=device) * 0.1)
        self.item_bias = nn.Parameter(torch.zeros(data.n_items, device=device))

    def loss(self, batch: Batch) -> Tensor:
        u = self.users[batch.users]
        v, b_i = self.items[batch.items], self.item_bias[batch.items]
        w, b_n = self.items[batch.negatives], self.item_bias[batch.negatives]
        positive = (u * v).sum(1) + b_i
        negative = own_scores(u, w) + b_n
        penalty = l2_penalty(u, v, b_i) + l2_penalty(w, b_n) / max(w.shape[1], 1)
        return bpr_loss(positive, negative) + self.settings.l2 * penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        share = float(coalition is None or COLLABORATIVE in coalition)
        return Embeddings(
            users=self.users.detach(),
            items=self.items.detach() * share,
            user_bias=self.users.new_zeros(self.n_users),
            item_bias=self.item_bias.detach() * share,
            offset=0.0,
        )
