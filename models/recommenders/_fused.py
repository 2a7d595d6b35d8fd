"""One backbone, any fusion strategy, clicks as one more modality; what content is, is left open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from models.config import Config, setting
from models.errors import ConfigError
from models.fusion import Fusion
from models.graph import Bipartite, distinct_pairs, propagate, symmetric
from models.losses import bpr_loss, l2_penalty, own_scores, sampled_softmax_loss, squared_error
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
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
from models.recommenders._content import ContentInput, ItemContent


@dataclass(frozen=True, kw_only=True)
class FusedConfig(Config):
    """Settings of the fused recommender; the same for every fusion strategy."""

    backbone: str = setting(
        "mf",
        help="mf: a user is what they took; lightgcn: vectors also spread along the graph.",
        choices=("mf", "lightgcn"),
    )
    dim: int = setting(64, help="Length of an item's fused content vector.", low=4, high=1024)
    id_dim: int = setting(
        64, help="Length of an item's click vector, beside the content.", low=1, high=1024
    )
    loss: str = setting(
        "softmax",
        help="softmax: each click against many items; bpr: against one at a time.",
        choices=("softmax", "bpr"),
    )
    modality_dropout: float = setting(
        0.1, help="How often training hides a modality of an item.", low=0.0, high=0.9
    )
    collaborative_dropout: float = setting(
        0.2, help="How often training hides what clicks say of an item.", low=0.0, high=0.9
    )
    item_l2: float = setting(
        0.1,
        help="Pull of click vectors towards zero; content then explains more.",
        low=0.0,
        high=10.0,
    )
    user_vectors: bool = setting(
        False, help="A vector per user beside the history; without it new users need no training."
    )
    user_l2: float = setting(0.5, help="Pull of user vectors towards zero.", low=0.0, high=10.0)
    layers: int = setting(
        2,
        help="lightgcn only: how far a click reaches along the graph.",
        low=1,
        high=6,
        expert=True,
    )
    history_power: float = setting(
        0.5,
        help="A history of n items is summed and divided by n to this power.",
        low=0.0,
        high=1.0,
        expert=True,
    )
    feature_dim: int = setting(
        128,
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )


class FusedRecommender(IterativeRecommender):
    """`v_i = [fusion(content of i); e_i]`, `u = sum of v_j over the history / n^power`,
    `score = u·v_i + c_i`. With `user_vectors`, and for ratings, a vector `p_u` is added to `u`;
    for ratings the score has an offset and a user bias, and `r - offset` weighs the history.

    A user is the mean of what they took, as in FISM (Kabbur et al. 2013,
    https://doi.org/10.1145/2487575.2487589), so taste for a modality shows in how alike the
    history is in it, also for users with few clicks. As there, the item to predict is left out
    of the history in training; otherwise an item would learn to predict itself.

    Players are the modalities and COLLABORATIVE (`e_i` and `c_i`). Training hides each at random
    per item, and a coalition hides the others for the whole catalogue: the same path, also for
    new items; a cold item, which has no clicks, stands for itself by content alone. With none,
    every `v_i` is zero. backbone lightgcn spreads `v` over the graph
    (users start from zero, so that without players nothing spreads).
    """

    objectives: ClassVar[frozenset[Objective]] = frozenset({"ranking", "rating"})
    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    takes_fusion: ClassVar[bool] = True
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.002,
        "epochs": 40,
        "patience": 4,
        "weight_decay": 1.0,
    }
    offset: Tensor
    degree: Tensor
    clicked: Tensor

    def __init__(
        self,
        config: FusedConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: Fusion | None = None,
    ) -> None:
        super().__init__(config, data, objective)
        if fusion is None:
            raise ConfigError("This model needs a fusion strategy; choose one.")
        self.settings = config
        device = data.items.device
        self.content = self.read_content(config, data)
        self.fusion = fusion.to(device)
        width = config.dim + config.id_dim
        self.ids = nn.Parameter(torch.randn(data.n_items, config.id_dim, device=device) * 0.05)
        self.item_bias = nn.Parameter(torch.zeros(data.n_items, device=device))
        self.register_buffer("clicked", data.clicked, persistent=False)
        rated = objective == "rating"
        own = data.n_users if config.user_vectors or rated else 0
        self.users = nn.Parameter(torch.randn(own, width, device=device) * 0.01)
        self.user_bias = nn.Parameter(torch.zeros(data.n_users if rated else 0, device=device))
        mean = data.ratings.mean() if rated and len(data.ratings) else torch.zeros(())
        self.register_buffer("offset", mean.detach().clone().to(device))
        users, items, weights = self._history(data)
        degree = torch.bincount(users, minlength=data.n_users).float()
        self.register_buffer("degree", degree, persistent=False)
        self.history = Bipartite(users, items, weights, data.n_users, data.n_items)
        self.graph = symmetric(users, items, data.n_users, data.n_items)

    @classmethod
    def fusion_shape(cls, config: Config, data: TrainingData) -> tuple[Mapping[Modality, int], int]:
        settings = cast(FusedConfig, config)
        return ContentInput.dims(data, settings.feature_dim), settings.dim

    @classmethod
    def read_content(cls, config: FusedConfig, data: TrainingData) -> ItemContent:
        """What `fusion` joins, in lengths as `fusion_shape` says."""
        return ContentInput(data, config.feature_dim)

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    @property
    def sampling(self) -> Sampling:
        if self.objective == "rating":
            return "none"
        return "shared" if self.settings.loss == "softmax" else "pairwise"

    def loss(self, batch: Batch) -> Tensor:
        rows = self._rows(batch)
        present = self.content.present if rows is None else self.content.present[rows]
        kept = torch.rand(present.shape, device=present.device) >= self.settings.modality_dropout
        chance = torch.rand(len(present), device=present.device)
        heard = self.clicked if rows is None else self.clicked[rows]
        clicks = heard * (chance >= self.settings.collaborative_dropout)
        start, asked = self._start(present & kept, clicks, rows)
        bias = clicks * (self.item_bias if rows is None else self.item_bias[rows])
        positives, negatives = _places(batch.items, rows), _places(batch.negatives, rows)
        u, items = self._training_users(batch, start, positives, rows)
        positive = (u * items[positives]).sum(1) + bias[positives]
        if self.objective == "rating":
            fit = squared_error(positive + self.user_bias[batch.users] + self.offset, batch.ratings)
        elif self.settings.loss == "softmax":
            against = u @ items[negatives].T + bias[negatives]
            if batch.rarity is not None:
                against = against + batch.rarity
            hit = positives.unsqueeze(1) == negatives.unsqueeze(0)
            fit = sampled_softmax_loss(positive, against, hit)
        else:
            against = own_scores(u, items[negatives])
            fit = bpr_loss(positive, against + bias[negatives])
        penalty = self._penalty(batch)
        return fit + (penalty if asked is None else penalty + asked)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        clicks = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        start, _ = self._start(self.content.select(coalition), clicks)
        users, items = self._spread(start)
        rated = self.objective == "rating"
        return Embeddings(
            users=(users + self.users if len(self.users) else users).detach(),
            items=items.detach(),
            user_bias=self.user_bias.detach() if rated else users.new_zeros(self.n_users),
            item_bias=self.item_bias.detach() * clicks,
            offset=float(self.offset),
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        content = self.fusion(tables, present).embedding
        unknown = content.new_zeros(len(content), self.settings.id_dim)
        rows = torch.cat([content, unknown], dim=1)
        if self.settings.backbone == "lightgcn":
            # A node without edges keeps its own layer only.
            rows = rows / (self.settings.layers + 1)
        return rows, rows.new_zeros(len(rows))

    def _rows(self, batch: Batch) -> Tensor | None:
        """Sorted i64[R]: the items that a step touches; None where that is most of them."""
        if self.settings.backbone == "lightgcn":
            return None
        reach = int(self.degree[batch.users].sum()) + batch.items.numel() + batch.negatives.numel()
        if 2 * reach >= self.n_items:
            return None
        _, past, _ = self.history.of_users(batch.users)
        reached = torch.cat([past, batch.items, batch.negatives.flatten()])
        distinct: Tensor = torch.unique(reached)
        return distinct

    def _start(
        self, present: Tensor, clicks: Tensor, rows: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """(f32[I or R, dim + id_dim]: items before any spreading, what the fusion asks of the
        loss); `clicks` f32 is 0 or 1."""
        tables, ids = self.content.tables, cast(Tensor, self.ids)
        if rows is not None:
            tables, ids = {m: table[rows] for m, table in tables.items()}, ids[rows]
        fused = self.fusion(tables, present)
        content = fused.embedding.float()
        return torch.cat([content, ids * clicks.unsqueeze(1)], dim=1), fused.penalty

    def _spread(self, start: Tensor) -> tuple[Tensor, Tensor]:
        """(what the graph or the history says of all users, all items)."""
        if self.settings.backbone == "lightgcn":
            nobody = start.new_zeros(self.n_users, start.shape[1])
            return propagate(self.graph, nobody, start, self.settings.layers)
        return self.history.to_users(start) * self._length(self.degree), start

    def _training_users(
        self, batch: Batch, start: Tensor, positives: Tensor, rows: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """(f32[B, D] users who do not know the item of their row, f32[I or R, D] items)."""
        items = start
        if self.settings.backbone == "lightgcn":
            users, items = self._spread(start)
            u = users[batch.users]
        else:
            if rows is None:
                sums = self.history.to_users(start)[batch.users]
            else:
                owner, past, weights = self.history.of_users(batch.users)
                taken = start[_places(past, rows)] * weights.unsqueeze(1)
                sums = start.new_zeros(len(batch.users), start.shape[1])
                sums = sums.index_add(0, owner, taken)
            own = start[positives] * self._weights(batch.ratings).unsqueeze(1)
            u = (sums - own) * self._length(self.degree[batch.users] - 1)
        return (u + self.users[batch.users] if len(self.users) else u), items

    def _length(self, count: Tensor) -> Tensor:
        return count.clamp_min(1).pow(-self.settings.history_power).unsqueeze(1)

    def _weights(self, ratings: Tensor) -> Tensor:
        if self.objective == "rating":
            return ratings - self.offset
        return torch.ones_like(ratings)

    def _history(self, data: TrainingData) -> tuple[Tensor, Tensor, Tensor]:
        if self.objective == "rating":
            return data.users, data.items, self._weights(data.ratings)
        users, items = distinct_pairs(data.users, data.items, data.n_items)
        return users, items, torch.ones(len(users), device=users.device)

    def _penalty(self, batch: Batch) -> Tensor:
        ids = l2_penalty(self.ids[batch.items], self.item_bias[batch.items])
        penalty = self.settings.item_l2 * ids
        if len(self.users):
            penalty = penalty + self.settings.user_l2 * l2_penalty(self.users[batch.users])
        return penalty


def _places(items: Tensor, rows: Tensor | None) -> Tensor:
    """Where items stand in `rows`; themselves where all rows are there."""
    return items if rows is None else torch.searchsorted(rows, items)
