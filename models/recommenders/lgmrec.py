"""LGMRec: what lies near on the graph beside what the whole catalogue has in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.graph import distinct_pairs, propagate, symmetric
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
from models.recommenders._ranking import (
    LOSSES,
    compared,
    contrast_loss,
    ranking_loss,
    sampling_of,
)

_CONTRASTED = 512
"""Rows of a batch that the contrast looks at; its cost grows with the square."""


@dataclass(frozen=True, kw_only=True)
class LgmrecConfig(Config):
    """Settings of LGMRec."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=1, high=1024)
    layers: int = setting(
        2, help="How far a click reaches along the graph.", low=1, high=6, search=(1, 4)
    )
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
class Lgmrec(IterativeRecommender):
    """Guo et al. 2024, https://arxiv.org/abs/2312.16400.

    `v_i = h_i + sum_m n(f_im) + w n(sum_m g_im)`, the same for users; `n` has length 1. `h` are
    LightGCN's vectors; `f_m` a projection of the content, spread over the same graph (mean of all
    layers, so that an item without clicks keeps its own); `g_m = P_m P_m' h`, where
    `P_m = softmax(x_m V_m / sharpness)` are an item's memberships in groups and a user's are those
    of the items taken together. In training memberships are drawn with Gumbel noise and dropped.

    A coalition leaves out the other modalities' f and g of items; without COLLABORATIVE h is left
    out and f is an item's own, not heard from its users. Users keep all of theirs.
    """

    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.02,
        "epochs": 40,
        "eval_every": 5,
        "patience": 3,
    }
    clicked: Tensor

    def __init__(
        self,
        config: LgmrecConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device, dim = data.items.device, config.dim
        self.content = ContentInput(data, config.feature_dim)
        self.users = nn.Parameter(torch.randn(data.n_users, dim, device=device) * 0.1)
        self.items = nn.Parameter(torch.randn(data.n_items, dim, device=device) * 0.1)
        dims = ContentInput.dims(data, config.feature_dim)
        self.views = nn.ParameterDict({m: _map(w, dim, device) for m, w in dims.items()})
        self.memberships = nn.ParameterDict(
            {m: _map(w, config.groups, device) for m, w in dims.items()}
        )
        self.register_buffer("clicked", data.clicked, persistent=False)
        pairs = distinct_pairs(data.users, data.items, data.n_items)
        self.graph = symmetric(*pairs, data.n_users, data.n_items)

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        return sampling_of(self.settings.loss)

    def loss(self, batch: Batch) -> Tensor:
        users, items, heard = self._heard()
        of_users, of_items = self._sides(heard)
        u = self._joined(users, of_users)[batch.users]
        v = self._joined(items, of_items)
        kind, temperature = self.settings.loss, self.settings.temperature
        fit = ranking_loss(kind, u, v.__getitem__, batch, temperature)
        if self.settings.contrast and len(self.content.modalities) > 1:
            agree = _agreement(of_users.grouped[batch.users[:_CONTRASTED]], temperature)
            agree = agree + _agreement(of_items.grouped[batch.items[:_CONTRASTED]], temperature)
            fit = fit + self.settings.contrast * agree
        penalty = l2_penalty(self.users[batch.users], self.items[batch.items])
        return fit + self.settings.l2 * penalty

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
        return Embeddings(
            users=compared(self.settings.loss, u).detach(),
            items=compared(self.settings.loss, v).detach(),
            user_bias=u.new_zeros(self.n_users),
            item_bias=v.new_zeros(self.n_items),
            offset=0.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        heard = self._heard()[2]
        near, grouped = [], []
        for slot, m in enumerate(self.content.modalities):
            there = present[:, slot : slot + 1]
            near.append((tables[m] @ self.views[m]) * there)
            grouped.append(self._member(tables[m] @ self.memberships[m]) @ self._of(m, heard))
            grouped[-1] = grouped[-1] * there
        side = _Side(torch.stack(near, dim=1), torch.stack(grouped, dim=1))
        rows = self._joined(heard.new_zeros(len(present), self.settings.dim), side)
        return compared(self.settings.loss, rows).detach(), rows.new_zeros(len(rows))

    def _heard(self) -> tuple[Tensor, Tensor, Tensor]:
        """LightGCN's users, its items without the cold, all its items."""
        users, items = propagate(self.graph, self.users, self.items, self.settings.layers)
        return users, items * self.clicked.unsqueeze(1), items

    def _sides(self, heard: Tensor) -> tuple[_Side, _Side]:
        """Of all users and of all items."""
        parts = [self._spread(m) for m in self.content.modalities]
        groups = [self._grouped(m, heard) for m in self.content.modalities]
        (near_users, near_items), (users, items) = (
            zip(*parts, strict=True),
            zip(*groups, strict=True),
        )
        return (
            _Side(torch.stack(near_users, dim=1), torch.stack(users, dim=1)),
            _Side(torch.stack(near_items, dim=1), torch.stack(items, dim=1)),
        )

    def _joined(self, heard: Tensor, side: _Side) -> Tensor:
        together = F.normalize(side.grouped.sum(1), dim=1)
        return heard + F.normalize(side.near, dim=2).sum(1) + self.settings.global_weight * together

    def _spread(self, modality: Modality) -> tuple[Tensor, Tensor]:
        seen = self.content.table(modality) @ self.views[modality]
        users, items = propagate(self.graph, self.graph.to_users(seen), seen, self.settings.layers)
        return users, items * self._present(modality)

    def _grouped(self, modality: Modality, heard: Tensor) -> tuple[Tensor, Tensor]:
        leaning = self.content.table(modality) @ self.memberships[modality]
        items = self._drop(self._member(leaning) * self._present(modality))
        users = self._drop(self._member(self.graph.to_users(leaning)))
        groups = items.T @ heard
        return users @ groups, items @ groups

    def _of(self, modality: Modality, heard: Tensor) -> Tensor:
        """f32[H, D]: the groups of a modality."""
        leaning = self.content.table(modality) @ self.memberships[modality]
        return (self._member(leaning) * self._present(modality)).T @ heard

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


def _agreement(grouped: Tensor, temperature: float) -> Tensor:
    """Every modality's view of f32[B, M, D] against the first one's."""
    others = range(1, grouped.shape[1])
    return torch.stack(
        [contrast_loss(grouped[:, m], grouped[:, 0], temperature) for m in others]
    ).mean()
