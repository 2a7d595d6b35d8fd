"""FREEDOM: a frozen graph of alike items beside a thinned graph of clicks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.graph import Bipartite, distinct_pairs, propagate, symmetric
from models.losses import l2_penalty
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    IterativeRecommender,
    Objective,
    Sampling,
    TrainingData,
)
from models.recommenders._content import ContentInput
from models.recommenders._item_graph import ItemGraphs, new_presence, shares
from models.recommenders._ranking import LOSSES, compared, ranking_loss, sampling_of


@dataclass(frozen=True, kw_only=True)
class FreedomConfig(Config):
    """Settings of FREEDOM."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=1, high=1024)
    layers: int = setting(
        2, help="How far a click reaches along the graph.", low=1, high=6, search=(1, 4)
    )
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
class Freedom(IterativeRecommender):
    """Zhou & Shen 2023, https://arxiv.org/abs/2211.06924.

    `v_i = LightGCN(e)_i + (S^L e)_i`, `u = LightGCN(p)_u`, `S` the weighted sum of the modalities'
    graphs. Each epoch keeps `1 - edge_dropout` of the click edges, drawn without replacement with
    chance ~ 1 / sqrt(degree(u) degree(i)); scores use all of them. Content is projected for one
    more loss against the same users, and is no other part of a score.

    A coalition keeps the graphs of its modalities, for each item in the proportions of those it
    has, and LightGCN's item vector where COLLABORATIVE takes part; new items have only the former.
    """

    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "graph"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.02,
        "epochs": 40,
        "eval_every": 5,
        "patience": 3,
    }
    clicked: Tensor
    weights: Tensor

    def __init__(
        self,
        config: FreedomConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device, dim = data.items.device, config.dim
        self.content = ContentInput(data, config.feature_dim)
        self.item_graphs = ItemGraphs(data, config.neighbours, binary=True)
        self.users = nn.Parameter(torch.randn(data.n_users, dim, device=device) * 0.1)
        self.items = nn.Parameter(torch.randn(data.n_items, dim, device=device) * 0.1)
        self.views = nn.ParameterDict(
            {
                m: nn.Parameter(torch.randn(width, dim, device=device) / width**0.5)
                for m, width in ContentInput.dims(data, config.feature_dim).items()
            }
        )
        self.register_buffer("clicked", data.clicked, persistent=False)
        self.register_buffer("weights", self._weights(device), persistent=False)
        self._edges = distinct_pairs(data.users, data.items, data.n_items)
        self.graph = symmetric(*self._edges, data.n_users, data.n_items)
        self.thinned = self.graph

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        return sampling_of(self.settings.loss)

    def begin_epoch(self, epoch: int) -> None:
        if self.settings.edge_dropout:
            self.thinned = self._thin()

    def loss(self, batch: Batch) -> Tensor:
        users, heard = propagate(self.thinned, self.users, self.items, self.settings.layers)
        items = heard * self.clicked.unsqueeze(1) + self._borrowed(self.content.present)
        u = users[batch.users]
        fit = self._fit(u, items.__getitem__, batch)
        if self.settings.content_weight:
            views = [self._fit(u, self._seen(m), batch) for m in self.content.modalities]
            fit = fit + self.settings.content_weight * torch.stack(views).sum()
        penalty = l2_penalty(self.users[batch.users], self.items[batch.items])
        return fit + self.settings.l2 * penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, heard = propagate(self.graph, self.users, self.items, self.settings.layers)
        share = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        items = heard * share.unsqueeze(1) + self._borrowed(self.content.select(coalition))
        return Embeddings(
            users=compared(self.settings.loss, users).detach(),
            items=compared(self.settings.loss, items).detach(),
            user_bias=users.new_zeros(self.n_users),
            item_bias=items.new_zeros(self.n_items),
            offset=0.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        lent = self._borrowed(self.content.present, self.settings.item_layers - 1)
        present = new_presence(self.content.modalities, features)
        share = shares(present, self.weights)
        rows = lent.new_zeros(len(present), lent.shape[1])
        for slot, modality in enumerate(self.content.modalities):
            if modality in features:
                pulled = self.item_graphs.pull_new(modality, features[modality], lent)
                rows = rows + share[:, slot : slot + 1] * pulled
        return compared(self.settings.loss, rows).detach(), rows.new_zeros(len(rows))

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

    def _fit(self, u: Tensor, rows: Callable[[Tensor], Tensor], batch: Batch) -> Tensor:
        return ranking_loss(self.settings.loss, u, rows, batch, self.settings.temperature)

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
