"""FREEDOM: a frozen graph of alike items beside a thinned graph of clicks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from models.config import setting
from models.graph import Bipartite, distinct_pairs, symmetric
from models.modality import Modality
from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    Objective,
    TrainingData,
)
from models.recommenders._content import ContentInput
from models.recommenders._graph import ContentGraphConfig, ContentGraphRecommender
from models.recommenders._item_graph import ItemGraphs, new_presence, shares


@dataclass(frozen=True, kw_only=True)
class FreedomConfig(ContentGraphConfig):
    """Settings of FREEDOM."""

    item_layers: int = setting(
        1, help="How far an item reaches along the graph of alike items.", low=1, high=4
    )
    neighbours: int = setting(
        10, help="Alike items each item hears, by content.", low=1, high=200, search=(5, 40)
    )
    image_share: float = setting(
        0.1, help="Weight of image likeness; other modalities share the rest.", low=0.0, high=1.0
    )
    edge_dropout: float = setting(
        0.8,
        help="Share of clicks left out of the graph in each epoch, popular ones first.",
        low=0.0,
        high=0.99,
    )
    content_weight: float = setting(
        0.3,
        help="How much content itself has to tell a user's items from others.",
        low=0.0,
        high=10.0,
    )
    feature_dim: int = setting(
        128,
        help="Principal directions kept of each modality for the content loss; 0 keeps all.",
        low=0,
        high=4096,
        expert=True,
    )


@RECOMMENDERS.register(
    "freedom",
    config=FreedomConfig,
    title="FREEDOM",
    summary="Clicks spread along a thinned graph; items borrow from those alike in content.",
)
class Freedom(ContentGraphRecommender):
    """Zhou & Shen 2023, https://arxiv.org/abs/2211.06924.

    `v_i = LightGCN(e)_i + (S^L e)_i`, `u = LightGCN(p)_u`, `S` the weighted sum of the modalities'
    graphs. Each epoch keeps `1 - edge_dropout` of the click edges, drawn without replacement with
    chance ~ 1 / sqrt(degree(u) degree(i)); scores use all of them. Content is projected for one
    more loss against the same users, and is no other part of a score.

    A coalition keeps the graphs of its modalities, for each item in the proportions of those it
    has, and LightGCN's item vector where COLLABORATIVE takes part; new items have only the former.
    """

    content_use: ClassVar[ContentUse] = "graph"
    settings: FreedomConfig
    weights: Tensor

    def __init__(
        self,
        config: FreedomConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        device, dim = data.items.device, config.dim
        self.item_graphs = ItemGraphs(data, config.neighbours, binary=True)
        self.views = nn.ParameterDict(
            {
                m: nn.Parameter(torch.randn(width, dim, device=device) / width**0.5)
                for m, width in ContentInput.dims(data, config.feature_dim).items()
            }
        )
        self.register_buffer("weights", self._weights(device), persistent=False)
        self._edges = distinct_pairs(data.users, data.items, data.n_items)
        self.graph = symmetric(*self._edges, data.n_users, data.n_items)
        self.thinned = self.graph

    def begin_epoch(self, epoch: int) -> None:
        if self.settings.edge_dropout:
            self.thinned = self._thin()

    def loss(self, batch: Batch) -> Tensor:
        users, heard = self.spread(self.thinned)
        items = heard * self.clicked.unsqueeze(1) + self._borrowed(self.content.present)
        u = users[batch.users]
        fit = self.fit(u, items.__getitem__, batch)
        if self.settings.content_weight:
            views = [self.fit(u, self._seen(m), batch) for m in self.content.modalities]
            fit = fit + self.settings.content_weight * torch.stack(views).sum()
        return fit + self.penalty(batch)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, heard = self.spread(self.graph)
        clicks = heard * self.taking_part(coalition).unsqueeze(1)
        items = clicks + self._borrowed(self.content.select(coalition))
        return self.answer(users, items)

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        lent = self._borrowed(self.content.present, self.settings.item_layers - 1)
        present = new_presence(self.content.modalities, features)
        share = shares(present, self.weights)
        rows = lent.new_zeros(len(present), lent.shape[1])
        for slot, modality in enumerate(self.content.modalities):
            if modality in features:
                pulled = self.item_graphs.pull_new(modality, features[modality], lent)
                rows = rows + share[:, slot : slot + 1] * pulled
        return self.answer_new(rows)

    def _borrowed(self, present: Tensor, layers: int | None = None) -> Tensor:
        """f32[I, dim]: items spread over the graphs of the modalities in `present`."""
        share = shares(present, self.weights)
        x = cast(Tensor, self.items)
        for _ in range(self.settings.item_layers if layers is None else layers):
            pulled = [
                share[:, slot : slot + 1] * self.item_graphs.pull(m, x)
                for slot, m in enumerate(self.content.modalities)
            ]
            x = torch.stack(pulled).sum(0)
        return x

    def _seen(self, modality: Modality) -> Callable[[Tensor], Tensor]:
        table, view = self.content.table(modality), self.views[modality]
        return lambda items: table[items] @ view

    def _weights(self, device: torch.device) -> Tensor:
        others = max(len(self.content.modalities) - 1, 1)
        rest = (1.0 - self.settings.image_share) / others
        return torch.tensor(
            [
                self.settings.image_share if m is Modality.IMAGE else rest
                for m in self.content.modalities
            ],
            device=device,
        )

    def _thin(self) -> Bipartite:
        users, items = self._edges
        user_degree = torch.bincount(users, minlength=self.n_users)
        item_degree = torch.bincount(items, minlength=self.n_items)
        # The n smallest of exponential waiting times are a draw without replacement.
        rate = (user_degree[users] * item_degree[items]).float().rsqrt()
        waiting = torch.empty_like(rate).exponential_() / rate
        kept = max(1, round(len(users) * (1.0 - self.settings.edge_dropout)))
        rows = waiting.argsort()[:kept]
        return symmetric(users[rows], items[rows], self.n_users, self.n_items)
