"""Gaussian process: ratings in closed form, from how alike items are in content and in ratings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from models.config import Config, setting
from models.graph import csr
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
    RECOMMENDERS,
    ClosedFormRecommender,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    Objective,
    TrainingData,
)
from models.recommenders._dense import refuse_large_catalogue
from models.recommenders._likeness import Likeness
from models.recommenders._rating_process import RatedItems, learn

MOST_ITEMS = 15_000


@dataclass(frozen=True, kw_only=True)
class GaussianProcessConfig(Config):
    """Settings of the Gaussian process; variances are shares of that of the ratings."""

    content: float = setting(
        0.8,
        help="How much of the likeness of items is expected from content before ratings are seen; "
        "0 leaves content out.",
        low=0.0,
        high=0.99,
        search=(0.6, 0.95),
    )
    taste: float = setting(
        0.2,
        help="How much of the variance of ratings is a person's taste for particular items.",
        low=0.001,
        high=10.0,
        search=(0.1, 0.4),
    )
    noise: float = setting(
        0.5,
        help="How much of the variance of ratings nothing explains.",
        low=0.01,
        high=10.0,
        search=(0.4, 0.7),
    )
    level: float = setting(
        0.1,
        help="How much of it is that some people rate everything higher than others.",
        low=0.0,
        high=10.0,
        search=False,
        expert=True,
    )
    quality: float = setting(
        0.2,
        help="How much of it is that some items are rated higher by everybody.",
        low=0.001,
        high=10.0,
        search=False,
        expert=True,
    )
    quality_content: float = setting(
        0.2,
        help="How much of that is expected from content.",
        low=0.0,
        high=0.99,
        search=False,
        expert=True,
    )
    steps: int = setting(
        5,
        help="How often likeness is learned anew from the ratings; 0 believes content alone.",
        low=0,
        high=100,
        search=False,
    )
    trust: float = setting(
        20.0,
        help="As how many people's ratings the expected likeness counts.",
        low=0.0,
        high=1e6,
        search=(5.0, 200.0),
        expert=True,
    )


@RECOMMENDERS.register(
    "gaussian_process",
    config=GaussianProcessConfig,
    title="Gaussian process",
    summary="Predicts ratings from content and from what was rated alike, in closed form.",
)
class GaussianProcess(ClosedFormRecommender):
    """`r_ui = mu + m(i) + f_u(i) + e`: every taste f_u is a draw from one Gaussian process over
    items with the covariance K, the means m a draw from another.

    Schwaighofer, Tresp & Yu 2005, "Learning Gaussian Process Kernels via Hierarchical Bayes"
    (https://papers.nips.cc/paper/2595): K has an inverse Wishart prior around
    `K_0 = taste (content k + (1 - content) [same item]) + level`, with k the mean of the
    modalities' cosines (0 where an item lacks one), and is learned from everybody's ratings by
    expectation maximisation. With G_u the covariance of u's ratings, noise included, and
    `a_u = G_u^-1 (r_u - mu - m)`,

        K <- (trust K_0 + U K + K B K) / (trust + U),  B = sum over u of a_u a_u' - G_u^-1.

    m has a covariance like that of K_0. Throughout `K = K_0 W` with a square W, so that
    `f_u(i) = K_0(i, .) W a_u` is linear in the likeness of item i to all items. A coalition keeps
    the likeness that its players see: [same item] is COLLABORATIVE, which items that are new or
    cold do not have. Several ratings of one item by one person count as their mean.
    """

    objectives: ClassVar[frozenset[Objective]] = frozenset({"rating"})
    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    embeds_by_item: ClassVar[bool] = True
    warp: Tensor
    """f32[I, I]: W."""
    means: Tensor
    """f32[I]: what the likeness of an item to each item adds to its own mean rating."""
    duals: Tensor
    """f32[N]: a_u of every distinct pair."""
    offset: Tensor
    keys: Tensor
    clicked: Tensor

    def __init__(
        self,
        config: GaussianProcessConfig,
        data: TrainingData,
        objective: Objective = "rating",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        refuse_large_catalogue("gaussian_process", data.n_items, MOST_ITEMS, "'mf' or 'fused'")
        self.settings = config
        device = data.items.device
        self.likeness = Likeness(data, 1).to(device)
        keys: Tensor = torch.unique(data.users * data.n_items + data.items)
        self.register_buffer("keys", keys, persistent=False)
        self.register_buffer("clicked", data.clicked, persistent=False)
        self.register_buffer("warp", torch.eye(data.n_items, device=device))
        self.register_buffer("means", torch.zeros(data.n_items, device=device))
        self.register_buffer("duals", torch.zeros(len(keys), device=device))
        self.register_buffer("offset", torch.zeros((), device=device))

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.likeness.modalities, COLLABORATIVE)

    def solve(self, data: TrainingData) -> None:
        settings = self.settings
        rated, offset, scale = self._rated(data)
        items = torch.arange(self.n_items, device=self.keys.device)
        alike = self._alike(frozenset(self.players), items)
        prior = settings.taste * _mixed(alike, settings.content) + settings.level
        of_means = settings.quality * _mixed(alike, settings.quality_content)
        warp, means, duals = learn(
            rated, prior, of_means, settings.noise, settings.trust, settings.steps
        )
        self.offset.copy_(offset)
        self.warp.copy_(warp)
        self.means.copy_(means * scale)
        self.duals.copy_(duals * scale)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        items = torch.arange(self.n_items, device=self.keys.device)
        return self.embed_for(items, frozenset(self.players) if coalition is None else coalition)

    def embed_for(self, items: Tensor, coalition: Coalition) -> Embeddings:
        own = self.clicked[items] * float(COLLABORATIVE in coalition)
        rows, bias = self._seen(self._alike(coalition, items), items, own)
        users, taken = self.keys // self.n_items, self.keys % self.n_items
        level = (self.settings.level * self.warp.sum(0))[taken] * self.duals
        return Embeddings(
            users=csr(users, taken, self.duals, (self.n_users, self.n_items)),
            items=rows,
            user_bias=rows.new_zeros(self.n_users).index_add(0, users, level),
            item_bias=bias,
            offset=float(self.offset),
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        everything = torch.arange(self.n_items, device=self.keys.device)
        count = len(next(iter(features.values())).present)
        alike = self.warp.new_zeros(count, self.n_items)
        for modality in self.likeness.modalities:
            if modality in features:
                alike += self.likeness.of_new((modality,), features, everything)
        alike /= len(self.likeness.modalities)
        return self._seen(alike, everything[:1].expand(count), alike.new_zeros(count))

    def _seen(self, alike: Tensor, items: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """(vectors f32[N, I], biases f32[N]) of items i64[N] whose content is as much `alike`
        f32[N, I] to that of all, and which are the very ones that were rated where `own` f32[N]."""
        settings = self.settings
        rows = settings.content * alike @ self.warp
        rows += (1 - settings.content) * own.unsqueeze(1) * self.warp[items]
        bias = settings.quality_content * alike @ self.means
        bias = bias + (1 - settings.quality_content) * own * self.means[items]
        return settings.taste * rows, settings.quality * bias

    def _alike(self, coalition: Coalition, items: Tensor) -> Tensor:
        """f32[N, I]: what the coalition's modalities say of these items and all."""
        everything = torch.arange(self.n_items, device=self.keys.device)
        total = self.warp.new_zeros(len(items), self.n_items)
        for modality in self.likeness.modalities:
            if modality in coalition:
                total += self.likeness.between((modality,), items, everything)
        return total / len(self.likeness.modalities)

    def _rated(self, data: TrainingData) -> tuple[RatedItems, Tensor, Tensor]:
        """Distinct pairs with mean 0 and variance 1; that mean and the deviation before."""
        place = torch.searchsorted(self.keys, data.users * self.n_items + data.items)
        offset = data.ratings.mean()
        scale = data.ratings.std(correction=0).clamp_min(1e-6)
        total = torch.zeros_like(self.duals).index_add(0, place, (data.ratings - offset) / scale)
        values = total / torch.bincount(place, minlength=len(self.keys))
        _, counts = torch.unique_consecutive(self.keys // self.n_items, return_counts=True)
        items = self.keys % self.n_items
        return RatedItems(items, values, counts.tolist()), offset, scale


def _mixed(alike: Tensor, content: float) -> Tensor:
    """f32[I, I] with the likeness of every item to itself."""
    mixed = content * alike
    mixed.diagonal().add_(1.0 - content)
    return mixed
