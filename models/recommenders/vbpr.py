"""VBPR: BPR whose items are also seen through their content."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.losses import (
    bpr_loss,
    candidate_softmax_loss,
    l2_penalty,
    own_scores,
    places_in,
)
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
from models.recommenders._ranking import LOSSES, sampling_of


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
        0.3, help="Pull of click vectors and users towards zero.", low=0.0, high=10.0
    )
    content_l2: float = setting(
        0.3, help="Pull of content vectors and tastes towards zero.", low=0.0, high=10.0
    )
    loss: str = setting(
        "softmax",
        help="softmax: each click against many items; bpr: against one, as in the paper.",
        choices=LOSSES,
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
        "epochs": 60,
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
        self.view = nn.Parameter(torch.randn(width, dim, device=device) * 0.1 / width**0.5)
        self.item_bias = nn.Parameter(torch.zeros(data.n_items, device=device))
        self.register_buffer("clicked", data.clicked, persistent=False)
        self.content_bias = nn.Parameter(torch.zeros(width, device=device))

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        return sampling_of(self.settings.loss)

    def loss(self, batch: Batch) -> Tensor:
        u, t = self.users[batch.users], self.tastes[batch.users]
        # The constant meets the items' biases, which makes the score one dot product.
        taste = torch.cat([u, t, u.new_ones(len(u), 1)], dim=1)
        positives, negatives = self._rows(batch.items), self._rows(batch.negatives)
        penalty = self.settings.l2 * l2_penalty(u) + self.settings.content_l2 * l2_penalty(t)
        penalty = penalty + self._pull(positives)
        if self.settings.loss == "softmax":
            places = places_in(batch.negatives, batch.items)
            fit = candidate_softmax_loss(taste, positives, negatives, places, batch.rarity)
            return fit + penalty
        against = own_scores(taste, negatives)
        fit = bpr_loss((positives * taste).sum(1), against)
        return fit + penalty + self._pull(negatives.flatten(0, 1))

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
        seen = joint @ self.view
        unknown = seen.new_zeros(len(seen), self.settings.dim)
        return torch.cat([unknown, seen], dim=1), joint @ self.content_bias

    def _rows(self, items: Tensor) -> Tensor:
        """f32[..., 2 dim + 1]: click vector, content and bias of items i64[...]."""
        heard = self.clicked[items].unsqueeze(-1)
        f = torch.cat([self.content.table(m)[items] for m in self.content.modalities], dim=-1)
        bias = self.item_bias[items].unsqueeze(-1) * heard + (f @ self.content_bias).unsqueeze(-1)
        return torch.cat([self.items[items] * heard, f @ self.view, bias], dim=-1)

    def _pull(self, rows: Tensor) -> Tensor:
        dim = self.settings.dim
        clicks, seen, bias = rows[:, :dim], rows[:, dim:-1], rows[:, -1]
        penalty = self.settings.l2 * l2_penalty(clicks, bias)
        return penalty + self.settings.content_l2 * l2_penalty(seen)

    def _content(self, coalition: Coalition | None) -> tuple[Tensor, Tensor]:
        """(f32[I, dim], f32[I]): the catalogue through the content view, and its bias."""
        here = self.content.select(coalition).unbind(1)
        slices = [
            torch.where(mask.unsqueeze(1), self.content.table(m), 0.0)
            for m, mask in zip(self.content.modalities, here, strict=True)
        ]
        joint = torch.cat(slices, dim=1)
        return joint @ self.view, joint @ self.content_bias
