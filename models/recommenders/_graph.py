"""Free vectors of users and items on the graph of clicks, shared by the models that spread them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.graph import Bipartite, distinct_pairs, propagate, symmetric
from models.losses import l2_penalty
from models.modality import COLLABORATIVE
from models.recommenders._base import (
    Batch,
    Coalition,
    Embeddings,
    IterativeRecommender,
    Objective,
    Sampling,
    TrainingData,
)
from models.recommenders._content import ContentInput
from models.recommenders._ranking import LOSSES, compared, ranking_loss, sampling_of


@dataclass(frozen=True, kw_only=True)
class GraphConfig(Config):
    """Settings that these models share."""

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


@dataclass(frozen=True, kw_only=True)
class ContentGraphConfig(GraphConfig):
    """The same beside content."""

    feature_dim: int = setting(
        128,
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )


class GraphRecommender(IterativeRecommender):
    """`users` f32[U, D] and `items` f32[I, D] are learned; a subclass says what becomes of them.

    loss softmax compares cosines (Wu et al. 2022, https://arxiv.org/abs/2201.02327): training and
    scores both use vectors of length 1.
    """

    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.02,
        "epochs": 40,
        "eval_every": 5,
        "patience": 3,
    }
    settings: GraphConfig

    def __init__(
        self,
        config: GraphConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device = data.items.device
        self.users = nn.Parameter(torch.randn(data.n_users, config.dim, device=device) * 0.1)
        self.items = nn.Parameter(torch.randn(data.n_items, config.dim, device=device) * 0.1)

    @property
    def sampling(self) -> Sampling:
        return sampling_of(self.settings.loss)

    def spread(self, graph: Bipartite) -> tuple[Tensor, Tensor]:
        """LightGCN's vectors f32[U, D], f32[I, D] on this graph."""
        return propagate(graph, self.users, self.items, self.settings.layers)

    def fit(self, users: Tensor, items: Callable[[Tensor], Tensor], batch: Batch) -> Tensor:
        """`ranking_loss` under this model's settings; `users` f32[B, D]."""
        return ranking_loss(self.settings.loss, users, items, batch, self.settings.temperature)

    def penalty(self, batch: Batch) -> Tensor:
        """Scalar: what the vectors of the batch cost by their length."""
        return self.settings.l2 * l2_penalty(self.users[batch.users], self.items[batch.items])

    def answer(self, users: Tensor, items: Tensor) -> Embeddings:
        """Final vectors as they are compared, without biases."""
        return Embeddings(
            users=compared(self.settings.loss, users).detach(),
            items=compared(self.settings.loss, items).detach(),
            user_bias=users.new_zeros(self.n_users),
            item_bias=items.new_zeros(self.n_items),
            offset=0.0,
        )

    def answer_new(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The same for items that were not there in training."""
        return compared(self.settings.loss, rows), rows.new_zeros(len(rows))


class ContentGraphRecommender(GraphRecommender):
    """With content, whose modalities are players beside COLLABORATIVE."""

    reads_content: ClassVar[bool] = True
    clicked: Tensor

    def __init__(
        self,
        config: ContentGraphConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.content = ContentInput(data, config.feature_dim)
        self.register_buffer("clicked", data.clicked, persistent=False)

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    def taking_part(self, coalition: Coalition | None) -> Tensor:
        """f32[I]: 1 for items whose clicks count in this coalition."""
        return self.clicked * float(coalition is None or COLLABORATIVE in coalition)


def click_graph(data: TrainingData) -> Bipartite:
    """Who took what, weighed as LightGCN weighs it."""
    pairs = distinct_pairs(data.users, data.items, data.n_items)
    return symmetric(*pairs, data.n_users, data.n_items)
