"""Fused: one backbone, any fusion strategy, clicks as one more modality."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.fusion import Fusion
from models.graph import Bipartite, distinct_pairs, propagate, symmetric
from models.losses import bpr_loss, l2_penalty, sampled_softmax_loss, squared_error
from models.modality import COLLABORATIVE, Modality
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
from models.recommenders._content import ContentInput


@dataclass(frozen=True, kw_only=True)
class FusedConfig(Config):
    """Settings of the fused recommender; the same for every fusion strategy."""

    backbone: str = setting("mf", help="mf or lightgcn", choices=("mf", "lightgcn"))
    dim: int = setting(64, help="Length of an item's fused content vector.", low=4, high=1024)
    id_dim: int = setting(64, help="Length of an item's click vector.", low=1, high=1024)
    layers: int = setting(2, help="lightgcn: how far a click reaches.", low=1, high=6)
    feature_dim: int = setting(
        128, help="Principal directions kept of each modality; 0: all.", low=0, high=4096
    )
    loss: str = setting("softmax", help="", choices=("softmax", "bpr"))
    history: bool = setting(True, help="")
    user_ids: bool = setting(True, help="")
    history_power: float = setting(0.5, help="", low=0.0, high=1.0)
    separate_query: bool = setting(False, help="")
    cosine: bool = setting(False, help="")
    temperature: float = setting(1.0, help="", low=0.01, high=10.0)
    modality_dropout: float = setting(0.1, help="", low=0.0, high=0.9)
    collaborative_dropout: float = setting(0.2, help="", low=0.0, high=0.9)
    dropout: float = setting(0.0, help="", low=0.0, high=0.9)
    id_l2: float = setting(0.01, help="", low=0.0, high=10.0)
    user_l2: float = setting(0.01, help="", low=0.0, high=10.0)
    content_l2: float = setting(0.0, help="", low=0.0, high=10.0)
    bias: bool = setting(True, help="")


@RECOMMENDERS.register(
    "fused",
    config=FusedConfig,
    title="Fused",
    summary="Content of all modalities and clicks in one model, joined by the fusion you choose.",
)
class Fused(IterativeRecommender):
    """TODO."""

    objectives: ClassVar[frozenset[Objective]] = frozenset({"ranking", "rating"})
    reads_content: ClassVar[bool] = True
    takes_fusion: ClassVar[bool] = True
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {"learning_rate": 0.002}

    def __init__(
        self,
        config: FusedConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: Fusion | None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        self.content = ContentInput(data, config.feature_dim)
        self.fusion = fusion
        device = data.items.device
        self.fusion.to(device)
        width = config.dim + config.id_dim
        self.users = nn.Parameter(torch.randn(data.n_users, width, device=device) * 0.01)
        self.ids = nn.Parameter(torch.randn(data.n_items, config.id_dim, device=device) * 0.05)
        self.item_bias = nn.Parameter(torch.zeros(data.n_items, device=device))
        self.scale = nn.Parameter(torch.ones(2, device=device))
        users, items = distinct_pairs(data.users, data.items, data.n_items)
        self.degree = torch.bincount(users, minlength=data.n_users).float()
        ones = torch.ones(len(users), device=device)
        self.history = Bipartite(users, items, ones, data.n_users, data.n_items)
        self.graph = symmetric(users, items, data.n_users, data.n_items)
        if config.separate_query:
            self.query = nn.Linear(width, width, bias=False)
            with torch.no_grad():
                self.query.weight.copy_(torch.eye(width))

    @classmethod
    def fusion_shape(cls, config: Config, data: TrainingData) -> tuple[Mapping[Modality, int], int]:
        settings = cast(FusedConfig, config)
        return ContentInput.dims(data, settings.feature_dim), settings.dim

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        if self.objective == "rating":
            return "none"
        return "shared" if self.settings.loss == "softmax" else "pairwise"

    def _items(self, present: Tensor, clicks: Tensor) -> Tensor:
        content = self.fusion(self.content.tables, present).embedding
        ids = self.ids * clicks.unsqueeze(1)
        return torch.cat([content, ids], dim=1)

    def loss(self, batch: Batch) -> Tensor:
        cfg = self.settings
        present, device = self.content.present, self.ids.device
        keep = torch.rand(present.shape, device=device) >= cfg.modality_dropout
        clicks = (torch.rand(self.n_items, device=device) >= cfg.collaborative_dropout).float()
        items = self._items(present & keep, clicks)
        bias = self.item_bias * clicks * float(cfg.bias)
        if cfg.backbone == "lightgcn":
            base = self.users if cfg.user_ids else torch.zeros_like(self.users)
            users_all, items = propagate(self.graph, base, items, cfg.layers)
            u = users_all[batch.users]
        else:
            u = self.users[batch.users] if cfg.user_ids else 0.0
            if cfg.history:
                sums = self.history.to_users(items)[batch.users] - items[batch.items]
                n = (self.degree[batch.users] - 1).clamp_min(1)
                h = sums * n.pow(-cfg.history_power).unsqueeze(1)
                if cfg.separate_query:
                    h = self.query(h)
                u = u + h
        u = F.dropout(u, cfg.dropout)
        if cfg.cosine:
            u, items = F.normalize(u, dim=1), F.normalize(items, dim=1)
        v = items[batch.items]
        scale = 1 / cfg.temperature
        pos = (u * v).sum(1) * scale + bias[batch.items]
        if self.objective == "rating":
            ranked = squared_error(pos, batch.ratings)
        elif cfg.loss == "softmax":
            hit = batch.items.unsqueeze(1) == batch.negatives.unsqueeze(0)
            neg = u @ items[batch.negatives].T * scale + bias[batch.negatives]
            ranked = sampled_softmax_loss(pos, neg, hit)
        else:
            neg = (items[batch.negatives] @ u.unsqueeze(2)).squeeze(2) * scale
            ranked = bpr_loss(pos, neg + bias[batch.negatives])
        penalty = cfg.id_l2 * l2_penalty(self.ids[batch.items], self.item_bias[batch.items])
        penalty = penalty + cfg.user_l2 * l2_penalty(self.users[batch.users])
        return ranked + penalty + cfg.content_l2 * l2_penalty(v)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        cfg = self.settings
        share = float(coalition is None or COLLABORATIVE in coalition)
        clicks = torch.full((self.n_items,), share)
        items = self._items(self.content.select(coalition), clicks).detach()
        users = self.users.detach() if cfg.user_ids else torch.zeros_like(self.users)
        if cfg.backbone == "lightgcn":
            users, items = propagate(self.graph, users, items, cfg.layers)
        elif cfg.history:
            n = self.degree.clamp_min(1)
            h = self.history.to_users(items) * n.pow(-cfg.history_power).unsqueeze(1)
            if cfg.separate_query:
                h = self.query(h).detach()
            users = users + h
        if cfg.cosine:
            users, items = F.normalize(users, dim=1), F.normalize(items, dim=1)
        return Embeddings(
            users / cfg.temperature,
            items,
            users.new_zeros(self.n_users),
            self.item_bias.detach() * share * float(cfg.bias),
            0.0,
        )
