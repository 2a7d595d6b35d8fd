"""LATTICE: the graph of alike items is itself learned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import setting
from models.modality import Modality
from models.neighbours import nearest
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
from models.recommenders._graph import ContentGraphConfig, ContentGraphRecommender, click_graph
from models.recommenders._item_graph import ItemGraphs, shares


@dataclass(frozen=True, kw_only=True)
class LatticeConfig(ContentGraphConfig):
    """Settings of LATTICE."""

    item_layers: int = setting(
        1, help="How far an item reaches along the graph of alike items.", low=1, high=4
    )
    neighbours: int = setting(
        10, help="Alike items each item hears, by content.", low=1, high=200, search=(5, 40)
    )
    frozen_share: float = setting(
        0.9,
        help="Weight of likeness as encoded; likeness as learned has the rest.",
        low=0.0,
        high=1.0,
    )
    feature_dim: int = setting(
        128,
        help="Principal directions of each modality that likeness is learned from; 0 keeps all.",
        low=0,
        high=4096,
        expert=True,
    )


@RECOMMENDERS.register(
    "lattice",
    config=LatticeConfig,
    title="LATTICE",
    summary="Items borrow from those alike in content, and learn what being alike means.",
)
class Lattice(ContentGraphRecommender):
    """Zhang et al. 2021, https://arxiv.org/abs/2104.09036.

    `v_i = LightGCN(e)_i + h_i / |h_i|`, `h = A^L e`, `u = LightGCN(p)_u`. `A` is the sum of the
    modalities' graphs, weighed by a learned softmax; each is `frozen_share` of the graph of
    encoded content and the rest of a graph over learned projections of it. The projections'
    nearest neighbours are found anew in each epoch; the weights of these edges are learned in
    every step (the paper's code learns them in the first step of an epoch).

    A coalition keeps the graphs of its modalities, for each item in the proportions of those it
    has, and LightGCN's item vector where COLLABORATIVE takes part; new items have only the former.
    """

    content_use: ClassVar[ContentUse] = "graph"
    settings: LatticeConfig

    def __init__(
        self,
        config: LatticeConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        device = data.items.device
        self.item_graphs = ItemGraphs(data, config.neighbours, binary=False)
        self.likeness = nn.ModuleDict(
            {
                m: nn.Linear(width, config.dim, device=device)
                for m, width in ContentInput.dims(data, config.feature_dim).items()
            }
        )
        self.importance = nn.Parameter(torch.zeros(len(self.content.modalities), device=device))
        self.graph = click_graph(data)
        for modality in self.content.modalities:
            self.register_buffer(f"{modality}_near", self._nearest(modality))

    def begin_epoch(self, epoch: int) -> None:
        for modality in self.content.modalities:
            setattr(self, f"{modality}_near", self._nearest(modality))

    def loss(self, batch: Batch) -> Tensor:
        users, heard = self.spread(self.graph)
        borrowed = F.normalize(self._borrowed(self.content.present), dim=1)
        items = heard * self.clicked.unsqueeze(1) + borrowed
        return self.fit(users[batch.users], items.__getitem__, batch) + self.penalty(batch)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, heard = self.spread(self.graph)
        borrowed = F.normalize(self._borrowed(self.content.select(coalition)), dim=1)
        items = heard * self.taking_part(coalition).unsqueeze(1) + borrowed
        return self.answer(users, items)

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        lent = self._borrowed(self.content.present, self.settings.item_layers - 1)
        tables, present = self.content.projected(features)
        share = shares(present, self.importance.softmax(0))
        rows = lent.new_zeros(len(present), lent.shape[1])
        for slot, modality in enumerate(self.content.modalities):
            if modality in features:
                seen = self._projected(modality, tables[modality], present[:, slot])
                learned = _lent(seen, *self._catalogue(modality), lent, self.settings.neighbours)
                frozen = self.item_graphs.pull_new(modality, features[modality], lent)
                rows = rows + share[:, slot : slot + 1] * self._mixed(frozen, learned)
        rows = F.normalize(rows, dim=1)
        return self.answer_new(rows)

    def _borrowed(self, present: Tensor, layers: int | None = None) -> Tensor:
        """f32[I, dim]: items spread over the graphs of the modalities in `present`."""
        share = shares(present, self.importance.softmax(0))
        edges = {m: self._edges(m) for m in self.content.modalities}
        x = cast(Tensor, self.items)
        for _ in range(self.settings.item_layers if layers is None else layers):
            pulled = [
                share[:, slot : slot + 1]
                * self._mixed(self.item_graphs.pull(m, x), _spread(*edges[m], x))
                for slot, m in enumerate(self.content.modalities)
            ]
            x = torch.stack(pulled).sum(0)
        return x

    def _mixed(self, frozen: Tensor, learned: Tensor) -> Tensor:
        kept = self.settings.frozen_share
        return kept * frozen + (1.0 - kept) * learned

    def _view(self, modality: Modality) -> Tensor:
        slot = self.content.modalities.index(modality)
        table = self.content.table(modality)
        return self._projected(modality, table, self.content.present[:, slot])

    def _projected(self, modality: Modality, table: Tensor, present: Tensor) -> Tensor:
        return F.normalize(self.likeness[modality](table) * present.unsqueeze(1), dim=1)

    def _edges(self, modality: Modality) -> tuple[Tensor, Tensor]:
        """(near i64[I, K], weight f32[I, K]) of the learned graph."""
        near = cast(Tensor, getattr(self, f"{modality}_near"))
        view, degree = self._catalogue(modality)
        return near, _weights(_alike(view, view, near), degree[near])

    def _catalogue(self, modality: Modality) -> tuple[Tensor, Tensor]:
        """(unit rows f32[I, dim], degree f32[I]) in the learned graph."""
        view = self._view(modality)
        near = cast(Tensor, getattr(self, f"{modality}_near"))
        return view, _alike(view, view, near).sum(1)

    @torch.no_grad()
    def _nearest(self, modality: Modality) -> Tensor:
        view = self._view(modality)
        return nearest(view, view, self.settings.neighbours).items


def _alike(rows: Tensor, catalogue: Tensor, near: Tensor) -> Tensor:
    """f32[B, K]: cosines of unit rows and those near them, never below 0."""
    return (rows.unsqueeze(1) * catalogue[near]).sum(2).relu()


def _weights(alike: Tensor, degree: Tensor) -> Tensor:
    """Each edge over the square root of both its ends' degrees."""
    return alike * (alike.sum(1, keepdim=True) * degree).clamp_min(1e-12).rsqrt()


def _spread(near: Tensor, weight: Tensor, x: Tensor) -> Tensor:
    """f32[B, D]: what those near say."""
    return (weight.unsqueeze(2) * x[near]).sum(1)


def _lent(rows: Tensor, view: Tensor, degree: Tensor, x: Tensor, count: int) -> Tensor:
    """f32[B, D] for unit rows that are not in the graph."""
    near = nearest(rows, view, count).items
    return _spread(near, _weights(_alike(rows, view, near), degree[near]), x)
