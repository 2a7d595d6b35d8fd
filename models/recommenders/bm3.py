"""BM3: agreement of users, items and content without a single negative."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.graph import distinct_pairs, propagate, symmetric
from models.losses import l2_penalty
from models.modality import COLLABORATIVE
from models.recommenders._base import (
    RECOMMENDERS,
    Batch,
    Coalition,
    ContentUse,
    Embeddings,
    IterativeRecommender,
    Objective,
    Sampling,
    TrainingData,
)
from models.recommenders._content import ContentInput


@dataclass(frozen=True, kw_only=True)
class Bm3Config(Config):
    """Settings of BM3."""

    dim: int = setting(64, help="Length of the user and item vectors.", low=1, high=1024)
    layers: int = setting(
        1, help="How far a click reaches along the graph.", low=1, high=6, search=(1, 3)
    )
    dropout: float = setting(
        0.5, help="Share of a vector hidden from the other side.", low=0.0, high=0.95
    )
    content_weight: float = setting(
        0.5, help="How much items have to agree with their content.", low=0.0, high=100.0
    )
    l2: float = setting(
        0.0, help="Pull of the vectors in a batch towards zero.", low=0.0, high=10.0
    )
    feature_dim: int = setting(
        128,
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )


@RECOMMENDERS.register(
    "bm3",
    config=Bm3Config,
    title="BM3",
    summary="Learns from clicks alone what goes with what, content as a teacher in training only.",
)
class Bm3(IterativeRecommender):
    """Zhou et al. 2023, https://arxiv.org/abs/2207.05969.

    `h_u, h_i` are LightGCN's vectors, an item's plus its own; one linear predictor `q` makes the
    views that are compared with the other side's vectors, which get dropout and no gradient.
    `score = q(h_u)·q(h_i)`. Content is in the loss alone: every score is the COLLABORATIVE
    player's, and content players get the zero that is true of them.
    """

    content_use: ClassVar[ContentUse] = "training"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.005,
        "epochs": 100,
        "eval_every": 5,
        "patience": 3,
    }
    clicked: Tensor

    def __init__(
        self,
        config: Bm3Config,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device, dim = data.items.device, config.dim
        self.content = ContentInput(data, config.feature_dim)
        self.users = nn.Parameter(torch.randn(data.n_users, dim, device=device) * 0.02)
        self.items = nn.Parameter(torch.randn(data.n_items, dim, device=device) * 0.02)
        self.predictor = nn.Linear(dim, dim, device=device)
        self.views = nn.ModuleDict(
            {
                m: nn.Linear(width, dim, device=device)
                for m, width in ContentInput.dims(data, config.feature_dim).items()
            }
        )
        self.register_buffer("clicked", data.clicked, persistent=False)
        pairs = distinct_pairs(data.users, data.items, data.n_items)
        self.graph = symmetric(*pairs, data.n_users, data.n_items)

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        return "none"

    def loss(self, batch: Batch) -> Tensor:
        users, items = self._final()
        u, v = users[batch.users], items[batch.items]
        taught_u, taught_v = self._target(u), self._target(v)
        fit = (
            _apart(self.predictor(u), taught_v).mean() + _apart(self.predictor(v), taught_u).mean()
        )
        for slot, modality in enumerate(self.content.modalities):
            here = self.content.present[batch.items, slot].float()
            seen = self.views[modality](self.content.table(modality)[batch.items])
            guess = self.predictor(seen)
            apart = _apart(guess, taught_v) + _apart(guess, self._target(seen))
            fit = fit + self.settings.content_weight * (apart * here).sum() / here.sum().clamp_min(
                1
            )
        return fit + self.settings.l2 * l2_penalty(u, v)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        users, items = (self.predictor(side).detach() for side in self._final())
        share = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        return Embeddings(
            users=users,
            items=items * share.unsqueeze(1),
            user_bias=users.new_zeros(self.n_users),
            item_bias=items.new_zeros(self.n_items),
            offset=0.0,
        )

    def _final(self) -> tuple[Tensor, Tensor]:
        users, items = propagate(self.graph, self.users, self.items, self.settings.layers)
        return users, items + self.items

    def _target(self, vectors: Tensor) -> Tensor:
        return F.dropout(vectors.detach(), self.settings.dropout, self.training)


def _apart(one: Tensor, other: Tensor) -> Tensor:
    """f32[B]: 1 - cosine."""
    return 1 - F.cosine_similarity(one, other, dim=-1)
