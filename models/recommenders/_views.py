"""A view of behaviour beside views of content, shared by the models that fuse them last."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.graph import distinct_pairs, propagate, symmetric
from models.losses import l2_penalty
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
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
from models.recommenders._item_graph import ItemGraphs
from models.recommenders._ranking import (
    LOSSES,
    compared,
    contrast_loss,
    ranking_loss,
    sampling_of,
)

_CONTRASTED = 512
"""Rows of a batch that the contrast looks at; its cost grows with the square."""
_CONTRAST_TEMPERATURE = 0.2


@dataclass(frozen=True, kw_only=True)
class ViewsConfig(Config):
    """Settings that these models share."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=2, high=1024)
    layers: int = setting(
        2, help="How far a click reaches along the graph.", low=1, high=6, search=(1, 4)
    )
    neighbours: int = setting(
        10, help="Alike items each item hears, by content.", low=1, high=200, search=(5, 40)
    )
    contrast: float = setting(
        0.1,
        help="How much what content says of a user or item has to agree with clicks.",
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
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )


class ViewRecommender(IterativeRecommender):
    """`v_i = h_i + side(h_i, views of i)`, the same for users, whose views are the sum of their
    items' along the normalised graph; `h` are LightGCN's vectors.

    A subclass makes the V views of items and fuses them to a side. A coalition makes views from
    its modalities alone; an item has `h` where COLLABORATIVE takes part and somebody took it.
    """

    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.02,
        "epochs": 40,
        "eval_every": 5,
        "patience": 2,
    }
    clicked: Tensor
    _user_there: Tensor

    def __init__(
        self,
        config: ViewsConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings: ViewsConfig = config
        device, dim = data.items.device, config.dim
        self.content = ContentInput(data, config.feature_dim)
        self.item_graphs = ItemGraphs(data, config.neighbours, binary=False)
        self.users = nn.Parameter(torch.randn(data.n_users, dim, device=device) * 0.1)
        self.items = nn.Parameter(torch.randn(data.n_items, dim, device=device) * 0.1)
        self.register_buffer("clicked", data.clicked, persistent=False)
        pairs = distinct_pairs(data.users, data.items, data.n_items)
        self.graph = symmetric(*pairs, data.n_users, data.n_items)

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        return sampling_of(self.settings.loss)

    @abstractmethod
    def item_views(self, present: Tensor) -> tuple[Tensor, Tensor]:
        """(f32[I, V, D], bool[I, V]): views and which there are, from the modalities in
        `present` bool[I, M]; zero where there are none."""

    @abstractmethod
    def new_views(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        """The same for items that were not there in training."""

    @abstractmethod
    def side(self, heard: Tensor, views: Tensor, there: Tensor) -> Tensor:
        """f32[..., D] from what clicks say f32[..., D], views f32[..., V, D], bool[..., V];
        zero where there is no view."""

    def loss(self, batch: Batch) -> Tensor:
        users, items = propagate(self.graph, self.users, self.items, self.settings.layers)
        items = items * self.clicked.unsqueeze(1)
        views, there = self.item_views(self.content.present)
        user_views, user_there = self._of_users(views, there)

        def sides(numbers: Tensor) -> Tensor:
            return self.side(items[numbers], views[numbers], there[numbers])

        heard = users[batch.users]
        said = self.side(heard, user_views[batch.users], user_there[batch.users])
        kind, temperature = self.settings.loss, self.settings.temperature
        fit = ranking_loss(kind, heard + said, lambda n: items[n] + sides(n), batch, temperature)
        few = batch.items[:_CONTRASTED]
        agree = contrast_loss(sides(few), items[few], _CONTRAST_TEMPERATURE)
        agree = agree + contrast_loss(
            said[:_CONTRASTED], heard[:_CONTRASTED], _CONTRAST_TEMPERATURE
        )
        penalty = l2_penalty(self.users[batch.users], self.items[batch.items])
        return fit + self.settings.contrast * agree + self.settings.l2 * penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, items = propagate(self.graph, self.users, self.items, self.settings.layers)
        share = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        items = items * share.unsqueeze(1)
        views, there = self.item_views(self.content.select(coalition))
        users = users + self.side(users, *self._of_users(views, there))
        items = items + self.side(items, views, there)
        return Embeddings(
            users=compared(self.settings.loss, users).detach(),
            items=compared(self.settings.loss, items).detach(),
            user_bias=users.new_zeros(self.n_users),
            item_bias=items.new_zeros(self.n_items),
            offset=0.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        views, there = self.new_views(features)
        rows = self.side(views.new_zeros(len(views), self.settings.dim), views, there)
        return compared(self.settings.loss, rows).detach(), rows.new_zeros(len(rows))

    def _of_users(self, views: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        flat = self.graph.to_users(views.flatten(1))
        return flat.view(-1, *views.shape[1:]), self.graph.to_users(there.float()) > 0
