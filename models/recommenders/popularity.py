"""Popularity: everybody gets what most people took."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.config import Config
from models.modality import COLLABORATIVE
from models.recommenders._base import (
    RECOMMENDERS,
    ClosedFormRecommender,
    Coalition,
    Embeddings,
    Objective,
    TrainingData,
)


@dataclass(frozen=True, kw_only=True)
class PopularityConfig(Config):
    """Popularity has no settings."""


@RECOMMENDERS.register(
    "popularity",
    config=PopularityConfig,
    title="Popularity",
    summary="The same list for everybody: what was taken most often. The floor for every model.",
)
class Popularity(ClosedFormRecommender):
    """`score(u, i)` = share of users with item i in the training split, 0 to 1."""

    share: Tensor

    def __init__(
        self,
        config: PopularityConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.register_buffer("share", torch.zeros(data.n_items, device=data.items.device))

    def solve(self, data: TrainingData) -> None:
        counts = torch.bincount(data.items, minlength=data.n_items).float()
        self.share.copy_(counts / max(data.n_users, 1))

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        take_part = coalition is None or COLLABORATIVE in coalition
        return Embeddings(
            users=self.share.new_zeros(self.n_users, 1),
            items=self.share.new_zeros(self.n_items, 1),
            user_bias=self.share.new_zeros(self.n_users),
            item_bias=self.share.clone() if take_part else torch.zeros_like(self.share),
            offset=0.0,
        )
