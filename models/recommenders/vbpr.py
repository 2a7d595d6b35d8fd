"""VBPR: BPR whose items are also seen through their content."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.losses import bpr_loss, l2_penalty
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
    TrainingData,
)
from models.recommenders._content import ContentInput


@dataclass(frozen=True, kw_only=True)
class VbprConfig(Config):
    """Settings of VBPR."""

    dim: int = setting(
        64, help="Length of the user and item vectors; as much again for content.", low=1, high=1024
    )
    feature_dim: int = setting(
        128,
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )
    l2: float = setting(
        0.05, help="Pull of the vectors in a batch towards zero.", low=0.0, high=10.0
    )


@RECOMMENDERS.register(
    "vbpr",
    config=VbprConfig,
    title="VBPR",
    summary="The classic of content and clicks: a linear view of all features beside BPR.",
)
class Vbpr(IterativeRecommender):
    """He & McAuley 2016, https://arxiv.org/abs/1510.01784, for any modalities concatenated to f_i.

    `score = c_i + b·f_i + u·v_i + t_u·(E f_i)`. A coalition keeps the slices of f of its
    modalities, and `c, v` where COLLABORATIVE takes part; a cold item has neither.
    """

    clicked: Tensor
    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.005,
        "epochs": 100,
        "eval_every": 5,
        "patience": 3,
    }

    def __init__(
        self,
        config: VbprConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        self.content = ContentInput(data, config.feature_dim)
        device, dim = data.items.device, config.dim
        width = sum(ContentInput.dims(data, config.feature_dim).values())
        self.users = nn.Parameter(torch.randn(data.n_users, dim, device=device) * 0.1)
        self.items = nn.Parameter(torch.randn(data.n_items, dim, device=device) * 0.1)
        self.tastes = nn.Parameter(torch.randn(data.n_users, dim, device=device) * 0.1)
        self.view = nn.Parameter(torch.randn(width, dim, device=device) / width**0.5)
        self.item_bias = nn.Parameter(torch.zeros(data.n_items, device=device))
        self.register_buffer("clicked", data.clicked, persistent=False)
        self.content_bias = nn.Parameter(torch.zeros(width, device=device))

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    def loss(self, batch: Batch) -> Tensor:
        seen, seen_bias = self._content(None)
        u, t = self.users[batch.users], self.tastes[batch.users]
        items = torch.cat([batch.items.unsqueeze(1), batch.negatives], dim=1)
        heard = self.clicked[items]
        v, b = self.items[items] * heard.unsqueeze(2), self.item_bias[items] * heard
        joint, taste = torch.cat([v, seen[items]], dim=2), torch.cat([u, t], dim=1)
        score = (joint @ taste.unsqueeze(2)).squeeze(2) + b + seen_bias[items]
        penalty = l2_penalty(u, t) + l2_penalty(v, b) / max(items.shape[1] - 1, 1)
        return bpr_loss(score[:, 0], score[:, 1:]) + self.settings.l2 * penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        seen, seen_bias = (side.detach() for side in self._content(coalition))
        share = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        return Embeddings(
            users=torch.cat([self.users, self.tastes], dim=1).detach(),
            items=torch.cat([self.items.detach() * share.unsqueeze(1), seen], dim=1),
            user_bias=self.users.new_zeros(self.n_users),
            item_bias=self.item_bias.detach() * share + seen_bias,
            offset=0.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, _ = self.content.projected(features)
        joint = torch.cat([tables[m] for m in self.content.modalities], dim=1)
        seen = (joint @ self.view).detach()
        unknown = seen.new_zeros(len(seen), self.settings.dim)
        return torch.cat([unknown, seen], dim=1), (joint @ self.content_bias).detach()

    def _content(self, coalition: Coalition | None) -> tuple[Tensor, Tensor]:
        """(f32[I, dim], f32[I]): the catalogue through the content view, and its bias."""
        here = self.content.select(coalition).unbind(1)
        slices = [
            torch.where(mask.unsqueeze(1), self.content.table(m), 0.0)
            for m, mask in zip(self.content.modalities, here, strict=True)
        ]
        joint = torch.cat(slices, dim=1)
        return joint @ self.view, joint @ self.content_bias
