"""LightGCN: vectors smoothed over the graph of who took what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.graph import distinct_pairs, propagate, symmetric
from models.losses import l2_penalty
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
from models.recommenders._ranking import LOSSES, compared, ranking_loss, sampling_of


@dataclass(frozen=True, kw_only=True)
class LightGcnConfig(Config):
    """Settings of LightGCN."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=1, high=1024)
    layers: int = setting(
        2, help="How far a click reaches along the graph.", low=1, high=6, search=(1, 4)
    )
    loss: str = setting(
        "softmax",
        help="softmax: each click against many items; bpr: against one, as in the paper.",
        choices=LOSSES,
    )
    temperature: float = setting(
        0.2, help="Sharpness of the softmax; lower looks harder at near misses.", low=0.02, high=5.0
    )
    l2: float = setting(
        0.0001,
        help="Pull of the vectors in a batch towards zero.",
        low=0.0,
        high=10.0,
        search=(1e-6, 0.1),
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
        "learning_rate": 0.02,
        "epochs": 60,
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
        return sampling_of(self.settings.loss)

    def loss(self, batch: Batch) -> Tensor:
        users, items = propagate(self.graph, self.users, self.items, self.settings.layers)
        u, kind = users[batch.users], self.settings.loss
        fit = ranking_loss(kind, u, items.__getitem__, batch, self.settings.temperature)
        penalty = l2_penalty(self.users[batch.users], self.items[batch.items])
        return fit + self.settings.l2 * penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, items = propagate(self.graph, self.users, self.items, self.settings.layers)
        share = float(coalition is None or COLLABORATIVE in coalition)
        return Embeddings(
            users=compared(self.settings.loss, users).detach(),
            items=compared(self.settings.loss, items).detach() * share,
            user_bias=users.new_zeros(self.n_users),
            item_bias=items.new_zeros(self.n_items),
            offset=0.0,
        )
