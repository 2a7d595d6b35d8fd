"""LGMRec: what lies near on the graph beside what the whole catalogue has in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import setting
from models.graph import propagate
from models.modality import COLLABORATIVE, Modality
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
from models.recommenders._ranking import (
    contrast_loss,
)

_CONTRASTED = 512
"""Rows of a batch that the contrast looks at; its cost grows with the square."""


@dataclass(frozen=True, kw_only=True)
class LgmrecConfig(ContentGraphConfig):
    """Settings of LGMRec."""

    groups: int = setting(
        4, help="Hyperedges per modality: groups of items found in its content.", low=2, high=256
    )
    global_weight: float = setting(
        0.3, help="Weight of what groups say beside what neighbours say.", low=0.0, high=10.0
    )
    keep: float = setting(
        0.5, help="Share of memberships in groups kept in a step of training.", low=0.05, high=1.0
    )
    sharpness: float = setting(
        0.2, help="Temperature of memberships; lower puts an item into one group.", low=0.02, high=5
    )
    contrast: float = setting(
        0.01, help="How much the groups of two modalities have to agree.", low=0.0, high=10.0
    )


@dataclass(frozen=True)
class _Side:
    """What content says of R rows: `near` and `grouped` f32[R, M, D], zero where absent."""

    near: Tensor
    grouped: Tensor


@RECOMMENDERS.register(
    "lgmrec",
    config=LgmrecConfig,
    title="LGMRec",
    summary="Content spreads to neighbours and through groups of the whole catalogue.",
)
class Lgmrec(ContentGraphRecommender):
    """Guo et al. 2024, https://arxiv.org/abs/2312.16400.

    `v_i = h_i + sum_m n(f_im) + w n(sum_m g_im)`, the same for users; `n` has length 1. `h` are
    LightGCN's vectors; `f_m` a projection of the content, spread over the same graph (mean of all
    layers, so that an item without clicks keeps its own); `g_m = P_m P_m' h`, where
    `P_m = softmax(x_m V_m / sharpness)` are an item's memberships in groups and a user's are those
    of the items taken together. In training memberships are drawn with Gumbel noise and dropped.

    A coalition leaves out the other modalities' f and g of items; without COLLABORATIVE h is left
    out and f is an item's own, not heard from its users. Users keep all of theirs.
    """

    content_use: ClassVar[ContentUse] = "inference"
    settings: LgmrecConfig

    def __init__(
        self,
        config: LgmrecConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        device, dim = data.items.device, config.dim
        dims = ContentInput.dims(data, config.feature_dim)
        self.views = nn.ParameterDict({m: _map(w, dim, device) for m, w in dims.items()})
        self.memberships = nn.ParameterDict(
            {m: _map(w, config.groups, device) for m, w in dims.items()}
        )
        self.graph = click_graph(data)

    def loss(self, batch: Batch) -> Tensor:
        users, items, heard = self._heard()
        of_users, of_items = self._sides(heard)
        u = self._joined(users, of_users)[batch.users]
        v = self._joined(items, of_items)
        fit = self.fit(u, v.__getitem__, batch)
        if self.settings.contrast and len(self.content.modalities) > 1:
            temperature = self.settings.temperature
            agree = _agreement(of_users.grouped[batch.users[:_CONTRASTED]], temperature)
            agree = agree + _agreement(of_items.grouped[batch.items[:_CONTRASTED]], temperature)
            fit = fit + self.settings.contrast * agree
        return fit + self.penalty(batch)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, items, heard = self._heard()
        of_users, of_items = self._sides(heard)
        u = self._joined(users, of_users)
        kept = self.content.select(coalition).unsqueeze(2)
        near = of_items.near
        if coalition is not None and COLLABORATIVE not in coalition:
            own = [self.content.table(m) @ self.views[m] for m in self.content.modalities]
            near, items = torch.stack(own, dim=1), torch.zeros_like(items)
        v = self._joined(items, _Side(near * kept, of_items.grouped * kept))
        return self.answer(u, v)

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        heard = self._heard()[2]
        near, grouped = [], []
        for slot, m in enumerate(self.content.modalities):
            there = present[:, slot : slot + 1]
            near.append((tables[m] @ self.views[m]) * there)
            belongs = self._member(tables[m] @ self.memberships[m]) * there
            grouped.append(belongs @ (self._members(m, self._leaning(m)).T @ heard))
        side = _Side(torch.stack(near, dim=1), torch.stack(grouped, dim=1))
        rows = self._joined(heard.new_zeros(len(present), self.settings.dim), side)
        return self.answer_new(rows)

    def _heard(self) -> tuple[Tensor, Tensor, Tensor]:
        """LightGCN's users, its items without the cold, all its items."""
        users, items = self.spread(self.graph)
        return users, items * self.clicked.unsqueeze(1), items

    def _sides(self, heard: Tensor) -> tuple[_Side, _Side]:
        """Of all users and of all items."""
        near = _stacked([self._spread(m) for m in self.content.modalities])
        grouped = _stacked([self._grouped(m, heard) for m in self.content.modalities])
        of_users, of_items = zip(near, grouped, strict=True)
        return _Side(*of_users), _Side(*of_items)

    def _joined(self, heard: Tensor, side: _Side) -> Tensor:
        together = F.normalize(side.grouped.sum(1), dim=1)
        return heard + F.normalize(side.near, dim=2).sum(1) + self.settings.global_weight * together

    def _spread(self, modality: Modality) -> tuple[Tensor, Tensor]:
        seen = self.content.table(modality) @ self.views[modality]
        users, items = propagate(self.graph, self.graph.to_users(seen), seen, self.settings.layers)
        return users, items * self._present(modality)

    def _grouped(self, modality: Modality, heard: Tensor) -> tuple[Tensor, Tensor]:
        leaning = self._leaning(modality)
        items = self._members(modality, leaning)
        users = self._drop(self._member(self.graph.to_users(leaning)))
        groups = items.T @ heard
        return users @ groups, items @ groups

    def _members(self, modality: Modality, leaning: Tensor) -> Tensor:
        """f32[I, H]: how much each item belongs to each group of a modality."""
        return self._drop(self._member(leaning) * self._present(modality))

    def _leaning(self, modality: Modality) -> Tensor:
        found: Tensor = self.content.table(modality) @ self.memberships[modality]
        return found

    def _member(self, leaning: Tensor) -> Tensor:
        """f32[R, H]; rows sum to 1."""
        if self.training:
            return F.gumbel_softmax(leaning, self.settings.sharpness, dim=1)
        return (leaning / self.settings.sharpness).softmax(1)

    def _drop(self, memberships: Tensor) -> Tensor:
        return F.dropout(memberships, 1.0 - self.settings.keep, self.training)

    def _present(self, modality: Modality) -> Tensor:
        slot = self.content.modalities.index(modality)
        return self.content.present[:, slot : slot + 1]


def _map(width: int, out: int, device: torch.device) -> nn.Parameter:
    return nn.Parameter(torch.randn(width, out, device=device) / width**0.5)


def _stacked(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Of users and of items f32[R, M, D], from a pair per modality."""
    users, items = zip(*pairs, strict=True)
    return torch.stack(users, dim=1), torch.stack(items, dim=1)


def _agreement(grouped: Tensor, temperature: float) -> Tensor:
    """Every modality's view of f32[B, M, D] against the first one's."""
    others = range(1, grouped.shape[1])
    return torch.stack(
        [contrast_loss(grouped[:, m], grouped[:, 0], temperature) for m in others]
    ).mean()
