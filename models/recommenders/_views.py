"""A view of behaviour beside views of content, shared by the models that fuse them last."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from models.config import setting
from models.modality import Modality
from models.recommenders._base import (
    Batch,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    Objective,
    TrainingData,
)
from models.recommenders._graph import ContentGraphConfig, ContentGraphRecommender, click_graph
from models.recommenders._item_graph import ItemGraphs
from models.recommenders._ranking import (
    contrast_loss,
)

_CONTRASTED = 512
"""Rows of a batch that the contrast looks at; its cost grows with the square."""
_CONTRAST_TEMPERATURE = 0.2


@dataclass(frozen=True, kw_only=True)
class ViewsConfig(ContentGraphConfig):
    """Settings that these models share."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=2, high=1024)
    neighbours: int = setting(
        10, help="Alike items each item hears, by content.", low=1, high=200, search=(5, 40)
    )
    contrast: float = setting(
        0.1,
        help="How much what content says of a user or item has to agree with clicks.",
        low=0.0,
        high=10.0,
    )


class ViewRecommender(ContentGraphRecommender):
    """`v_i = h_i + side(h_i, views of i)`, the same for users, whose views are the sum of their
    items' along the normalised graph; `h` are LightGCN's vectors.

    A subclass makes the V views of items and fuses them to a side. A coalition makes views from
    its modalities alone; an item has `h` where COLLABORATIVE takes part and somebody took it.
    """

    content_use: ClassVar[ContentUse] = "inference"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        **ContentGraphRecommender.training_defaults,
        "patience": 2,
    }
    settings: ViewsConfig
    _user_there: Tensor

    def __init__(
        self,
        config: ViewsConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.item_graphs = ItemGraphs(data, config.neighbours, binary=False)
        self.graph = click_graph(data)

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
        users, items = self.spread(self.graph)
        items = items * self.clicked.unsqueeze(1)
        views, there = self.item_views(self.content.present)
        user_views, user_there = self._of_users(views, there)

        def sides(numbers: Tensor) -> Tensor:
            return self.side(items[numbers], views[numbers], there[numbers])

        heard = users[batch.users]
        said = self.side(heard, user_views[batch.users], user_there[batch.users])
        fit = self.fit(heard + said, lambda n: items[n] + sides(n), batch)
        few = batch.items[:_CONTRASTED]
        agree = contrast_loss(sides(few), items[few], _CONTRAST_TEMPERATURE)
        agree = agree + contrast_loss(
            said[:_CONTRASTED], heard[:_CONTRASTED], _CONTRAST_TEMPERATURE
        )
        return fit + self.settings.contrast * agree + self.penalty(batch)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, items = self.spread(self.graph)
        items = items * self.taking_part(coalition).unsqueeze(1)
        views, there = self.item_views(self.content.select(coalition))
        users = users + self.side(users, *self._of_users(views, there))
        items = items + self.side(items, views, there)
        return self.answer(users, items)

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        views, there = self.new_views(features)
        rows = self.side(views.new_zeros(len(views), self.settings.dim), views, there)
        return self.answer_new(rows)

    def _of_users(self, views: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        flat = self.graph.to_users(views.flatten(1))
        return flat.view(-1, *views.shape[1:]), self.graph.to_users(there.float()) > 0
