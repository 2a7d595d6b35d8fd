"""Item neighbours: what people took who took the same things."""

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
class ItemKnnConfig(Config):
    """Settings of item neighbours."""

    neighbours: int = setting(100, help="Similar items kept per item.", low=1, high=2000)
    shrink: float = setting(
        10.0, help="Damps similarities that rest on few common users.", low=0.0, high=1000.0
    )


@RECOMMENDERS.register(
    "item_knn",
    config=ItemKnnConfig,
    title="Item neighbours",
    summary="What is taken together with the history; strong, simple, from clicks only.",
)
class ItemKnn(ClosedFormRecommender):
    """Shrunk cosine (Sarwar et al. 2001; shrinkage as in Dacrema et al. 2019,
    https://arxiv.org/abs/1907.06902): `s_ij = common_ij / (sqrt(n_i n_j) + shrink)`, s_ii = 0,
    the `neighbours` largest kept per item j; `score(u, j)` = sum of s_ij over u's history."""

    similarity: Tensor
    history_keys: Tensor

    def __init__(
        self,
        config: ItemKnnConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        refuse_large_catalogue("item_knn", data.n_items)
        self.settings = config
        users, items = distinct_pairs(data.users, data.items, data.n_items)
        self.register_buffer("history_keys", users * data.n_items + items, persistent=False)
        square = torch.zeros(data.n_items, data.n_items, device=data.items.device)
        self.register_buffer("similarity", square)

    def solve(self, data: TrainingData) -> None:
        common = common_users(data)
        counts = common.diagonal().clone()
        common = common / (
            (counts.unsqueeze(1) * counts.unsqueeze(0)).sqrt() + self.settings.shrink
        ).clamp_min(1e-12)
        common.fill_diagonal_(0.0)
        kept, rows = common.topk(min(self.settings.neighbours, data.n_items), dim=0)
        self.similarity.zero_().scatter_(0, rows, kept)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        take_part = coalition is None or COLLABORATIVE in coalition
        return history_embeddings(self.history_keys, self.similarity, self.n_users, take_part)
