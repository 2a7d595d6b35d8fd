"""User modality: how much each person's choices hang on pictures, on words and on clicks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.graph import Bipartite, distinct_pairs
from models.losses import candidate_softmax_loss, l2_penalty, places_in
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

_STRIDE = 10.0
"""Adam moves every number by about the learning rate, and preferences have far to go."""


@dataclass(frozen=True, kw_only=True)
class UserModalityConfig(Config):
    """Settings of the model of personal modality preferences."""

    dim: int = setting(64, help="Length of a vector per modality and of clicks.", low=1, high=1024)
    shrinkage: float = setting(
        10.0,
        help="Pull of a person's weights towards everybody's; few clicks give way to it first.",
        low=0.0,
        high=1e6,
    )
    from_history: bool = setting(
        True, help="Let the weights follow how alike a history is in each source as well."
    )
    item_l2: float = setting(
        0.1,
        help="Pull of click vectors towards zero; content then explains more.",
        low=0.0,
        high=10.0,
    )
    collaborative_dropout: float = setting(
        0.2, help="How often training hides what clicks say of an item.", low=0.0, high=0.9
    )
    feature_dim: int = setting(
        128,
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )


@RECOMMENDERS.register(
    "user_modality",
    config=UserModalityConfig,
    title="Personal modalities",
    summary="Learns for each person how much pictures, words and clicks weigh.",
)
class UserModality(IterativeRecommender):
    """`score = sum over players p of w_up h_up·v_ip + c_i`, `w_u = softmax(b + g s_u + d_u)`.

    `v_im = W_m x_im`, a free vector for COLLABORATIVE; `h_up` the direction of the sum of `v_jp`
    over the history, the item to predict left out. What a person's weights rest on: everybody's
    `b`; how alike the history is in each player, `s_up` the mean cosine of its pairs (0 below
    two); and `d_u`, the person's own, with a Gaussian prior of precision `shrinkage` per person
    whatever the number of clicks, so that few clicks move it little. The attention over
    modalities is that of MAML (Liu et al. 2019, https://doi.org/10.1145/3343031.3350953) given
    to the person rather than to each pair, so that scores stay dot products.

    Weights belong to the person: a coalition hides what items have and leaves them, so that
    contributions are exactly the terms of the sum.
    """

    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.002,
        "epochs": 40,
        "patience": 4,
    }
    clicked: Tensor
    degree: Tensor

    def __init__(
        self,
        config: UserModalityConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device, dim = data.items.device, config.dim
        self.content = ContentInput(data, config.feature_dim)
        self.views = nn.ParameterDict(
            {
                m: nn.Parameter(torch.randn(width, dim, device=device) / width**0.5)
                for m, width in ContentInput.dims(data, config.feature_dim).items()
            }
        )
        self.ids = nn.Parameter(torch.randn(data.n_items, dim, device=device) * 0.05)
        self.item_bias = nn.Parameter(torch.zeros(data.n_items, device=device))
        count = len(self.players)
        self.common = nn.Parameter(torch.zeros(count, device=device))
        self.alikeness = nn.Parameter(torch.zeros(count, device=device))
        self.own = nn.Parameter(torch.zeros(data.n_users, count, device=device))
        users, items = distinct_pairs(data.users, data.items, data.n_items)
        ones = torch.ones(len(users), device=device)
        self.history = Bipartite(users, items, ones, data.n_users, data.n_items)
        degree = torch.bincount(users, minlength=data.n_users).float()
        self.register_buffer("degree", degree, persistent=False)
        self.register_buffer("clicked", data.clicked, persistent=False)

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        return "shared"

    def loss(self, batch: Batch) -> Tensor:
        chance = torch.rand(self.n_items, device=batch.items.device)
        clicks = self.clicked * (chance >= self.settings.collaborative_dropout)
        items = self._items(self.content.tables, self.content.present, clicks)
        people, place = torch.unique(batch.users, return_inverse=True)
        owner, past, _ = self.history.of_users(people)
        squares = items.pow(2).sum(2)
        sums = items.new_zeros(len(people), *items.shape[1:]).index_add(0, owner, items[past])
        sums = sums[place] - items[batch.items]
        power = squares.new_zeros(len(people), squares.shape[1]).index_add(0, owner, squares[past])
        power = power[place] - squares[batch.items]
        weights = self._weights(batch.users, sums, power, self.degree[batch.users] - 1)
        u = (F.normalize(sums, dim=2) * weights.unsqueeze(2)).flatten(1)
        # The bias is one more dimension, for which every user has a 1.
        u = torch.cat([u, u.new_ones(len(u), 1)], dim=1)
        rows = torch.cat([items.flatten(1), (clicks * self.item_bias).unsqueeze(1)], dim=1)
        places = places_in(batch.negatives, batch.items)
        fit = candidate_softmax_loss(
            u, rows[batch.items], rows[batch.negatives], places, batch.rarity
        )
        ids = l2_penalty(self.ids[batch.items], self.item_bias[batch.items])
        return fit + self.settings.item_l2 * ids + self._prior(batch.users)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        clicks = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        whole = self._items(self.content.tables, self.content.present, self.clicked)
        sums, weights = self._everybody(whole)
        shown = self._items(self.content.tables, self.content.select(coalition), clicks)
        users = F.normalize(sums, dim=2) * weights.unsqueeze(2)
        return Embeddings(
            users=users.flatten(1).detach(),
            items=shown.flatten(1).detach(),
            user_bias=users.new_zeros(self.n_users),
            item_bias=self.item_bias.detach() * clicks,
            offset=0.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        nobody = present.new_zeros(len(present)).float()
        rows = self._items(tables, present, nobody, new=True).flatten(1)
        return rows, nobody

    def user_weights(self) -> Tensor:
        whole = self._items(self.content.tables, self.content.present, self.clicked)
        return self._everybody(whole)[1].detach()

    def _items(
        self, tables: Mapping[Modality, Tensor], present: Tensor, clicks: Tensor, new: bool = False
    ) -> Tensor:
        """f32[B, P, D] in the order of the players, zero where an item has nothing."""
        slots = [
            (tables[m] @ self.views[m]) * present[:, slot : slot + 1]
            for slot, m in enumerate(self.content.modalities)
        ]
        ids = slots[0].new_zeros(slots[0].shape) if new else cast(Tensor, self.ids)
        return torch.stack([*slots, ids * clicks.unsqueeze(1)], dim=1).float()

    def _everybody(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """(f32[U, P, D] sums over the histories, f32[U, P] weights)."""
        sums = self.history.to_users(items.flatten(1)).view(self.n_users, *items.shape[1:])
        power = self.history.to_users(items.pow(2).sum(2))
        people = torch.arange(self.n_users, device=items.device)
        return sums, self._weights(people, sums, power, self.degree)

    def _weights(self, users: Tensor, sums: Tensor, power: Tensor, count: Tensor) -> Tensor:
        """f32[B, P], rows sum to 1; `power` f32[B, P] the sum of squared lengths, `count` f32[B]
        the items of the history."""
        # |sum|^2 counts every pair twice and every item once.
        pairs = (sums.pow(2).sum(2) - power) / (count - 1).clamp_min(1).unsqueeze(1)
        alike = torch.where((count > 1).unsqueeze(1), pairs / power.clamp_min(1e-12), 0.0)
        logits = self.common + self.own[users]
        if self.settings.from_history:
            logits = logits + self.alikeness * alike.detach().clamp(-1, 1)
        return (_STRIDE * logits).softmax(1)

    def _prior(self, users: Tensor) -> Tensor:
        # A person stands in a batch once per click; together they make one prior.
        own = self.own[users] * _STRIDE
        per_click = own.pow(2).sum(1) / (2 * self.degree[users].clamp_min(1))
        return self.settings.shrinkage * per_click.mean()
