"""LightGCN: vectors smoothed over the graph of who took what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from models.modality import COLLABORATIVE
from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    Coalition,
    Embeddings,
    Objective,
    TrainingData,
)
from models.recommenders._graph import GraphConfig, GraphRecommender, click_graph


@dataclass(frozen=True, kw_only=True)
class LightGcnConfig(GraphConfig):
    """Settings of LightGCN."""


@RECOMMENDERS.register(
    "lightgcn",
    config=LightGcnConfig,
    title="LightGCN",
    summary="Clicks alone, spread along the graph of users and items before they are compared.",
)
class LightGcn(GraphRecommender):
    """He et al. 2020, https://arxiv.org/abs/2002.02126."""

    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        **GraphRecommender.training_defaults,
        "epochs": 60,
    }

    def __init__(
        self,
        config: LightGcnConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.graph = click_graph(data)

    def loss(self, batch: Batch) -> Tensor:
        users, items = self.spread(self.graph)
        return self.fit(users[batch.users], items.__getitem__, batch) + self.penalty(batch)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, items = self.spread(self.graph)
        found = self.answer(users, items)
        share = float(coalition is None or COLLABORATIVE in coalition)
        return replace(found, items=found.items * share)
