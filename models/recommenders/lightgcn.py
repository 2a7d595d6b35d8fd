"""LightGCN: vectors smoothed over the graph of who took what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.graph import distinct_pairs, propagate, symmetric
from models.losses import bpr_loss, l2_penalty, sampled_softmax_loss
from models.modality import COLLABORATIVE
from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    Coalition,
    Embeddings,
    IterativeRecommender,
    Objective,
    Sampling,
    TrainingData,
)


@dataclass(frozen=True, kw_only=True)
class LightGcnConfig(Config):
    """Settings of LightGCN."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=1, high=1024)
    layers: int = setting(3, help="How far a click reaches along the graph.", low=1, high=6)
    loss: str = setting(
        "softmax",
        help="softmax: each click against many items; bpr: against one, as in the paper.",
        choices=("softmax", "bpr"),
    )
    temperature: float = setting(
        0.2, help="Sharpness of the softmax; lower looks harder at near misses.", low=0.02, high=5.0
    )
    l2: float = setting(
        0.0001, help="Pull of the vectors in a batch towards zero.", low=0.0, high=10.0
    )


@RECOMMENDERS.register(
    "lightgcn",
    config=LightGcnConfig,
    title="LightGCN",
    summary="Clicks alone, spread along the graph of users and items before they are compared.",
)
class LightGcn(IterativeRecommender):
    """He et al. 2020, https://arxiv.org/abs/2002.02126.

    loss softmax compares cosines (Wu et al. 2022, https://arxiv.org/abs/2201.02327): training and
    scores both use vectors of length 1.
    """

    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.005,
        "epochs": 100,
        "eval_every": 5,
        "patience": 3,
    }

    def __init__(
        self,
        config: LightGcnConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device = data.items.device
        self.users = nn.Parameter(torch.randn(data.n_users, config.dim, device=device) * 0.1)
        self.items = nn.Parameter(torch.randn(data.n_items, config.dim, device=device) * 0.1)
        pairs = distinct_pairs(data.users, data.items, data.n_items)
        self.graph = symmetric(*pairs, data.n_users, data.n_items)

    @property
    def sampling(self) -> Sampling:
        return "shared" if self.settings.loss == "softmax" else "pairwise"

    def loss(self, batch: Batch) -> Tensor:
        users, items = self._final()
        u, v = users[batch.users], items[batch.items]
        penalty = l2_penalty(self.users[batch.users], self.items[batch.items])
        if self.settings.loss == "softmax":
            scale = 1 / self.settings.temperature
            hit = batch.items.unsqueeze(1) == batch.negatives.unsqueeze(0)
            negative = u @ items[batch.negatives].T
            ranked = sampled_softmax_loss((u * v).sum(1) * scale, negative * scale, hit)
        else:
            negative = (items[batch.negatives] @ u.unsqueeze(2)).squeeze(2)
            ranked = bpr_loss((u * v).sum(1), negative)
        return ranked + self.settings.l2 * penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, items = (side.detach() for side in self._final())
        share = float(coalition is None or COLLABORATIVE in coalition)
        return Embeddings(
            users=users,
            items=items * share,
            user_bias=users.new_zeros(self.n_users),
            item_bias=items.new_zeros(self.n_items),
            offset=0.0,
        )

    def _final(self) -> tuple[Tensor, Tensor]:
        users, items = propagate(self.graph, self.users, self.items, self.settings.layers)
        if self.settings.loss == "softmax":
            return nn.functional.normalize(users, dim=1), nn.functional.normalize(items, dim=1)
        return users, items
