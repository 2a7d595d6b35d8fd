"""What every recommender is: something whose score is a dot product plus biases.

That one shape lets a single evaluator, FAISS index and explainer serve all of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from models.config import Config
from models.fusion import Fusion
from models.graph import csr, csr_rows
from models.modality import COLLABORATIVE, Modality
from models.registry import Registry

Objective = Literal["ranking", "rating", "ctr"]
Sampling = Literal["pairwise", "shared", "none"]
"""How a loss wants its negatives: own ones for each positive, one set for the whole batch, none."""
ContentUse = Literal["none", "training", "graph", "inference"]
"""Where item content matters: nowhere; in training alone, so that scores no longer depend on it;
through a graph of alike items; through a learned view of it in every score."""
Coalition = frozenset[str]
"""The players that take part in a score: modality names and COLLABORATIVE."""


@dataclass(frozen=True)
class FeatureTable:
    """Content of every item. `values` f32[I, D], zero where absent; `present` bool[I].

    `imputed` bool[I]: present, but filled in from other modalities; None where nothing was.
    Raw content stands in whole numbers, for models that learn to read it (`raw_readers`): pictures
    as u8[I, 3 S S], red before green before blue; texts as i32[I, L], numbers of words below
    `words`, 0 where the text has ended.
    """

    values: Tensor
    present: Tensor
    imputed: Tensor | None = None
    words: int = 0

    @property
    def raw(self) -> bool:
        """Whether a network still has to read it."""
        return not self.values.is_floating_point()

    def to(self, device: torch.device) -> "FeatureTable":
        imputed = None if self.imputed is None else self.imputed.to(device)
        values, present = self.values.to(device), self.present.to(device)
        return replace(self, values=values, present=present, imputed=imputed)


@dataclass(frozen=True)
class TrainingData:
    """All that a model may learn from: the training split and the items' content.

    `users`, `items` i64[N] are dense rows; `ratings` f32[N]. For ranking these are the positives
    (each pair once); for rating every rated pair; for ctr every impression, `ratings` 1 where it
    was clicked and 0 where not. `times` i64[N]: seconds since 1970, equal where the order is not
    known; None: the rows stand in their order.
    """

    n_users: int
    n_items: int
    users: Tensor
    items: Tensor
    ratings: Tensor
    features: Mapping[Modality, FeatureTable]
    times: Tensor | None = None

    @property
    def clicked(self) -> Tensor:
        """f32[I]: 1 for items with a training interaction, 0 for those that are cold."""
        return (torch.bincount(self.items, minlength=self.n_items) > 0).float()

    def to(self, device: torch.device) -> "TrainingData":
        return replace(
            self,
            users=self.users.to(device),
            items=self.items.to(device),
            ratings=self.ratings.to(device),
            features={m: table.to(device) for m, table in self.features.items()},
            times=None if self.times is None else self.times.to(device),
        )


HOURS_A_WEEK = 168


@dataclass(frozen=True)
class Moments:
    """What the hour of the week adds to a score: `to_items` f32[168, D]·items[i] +
    `to_users` f32[168, D]·users[u] + `bias` f32[168]."""

    to_items: Tensor
    to_users: Tensor
    bias: Tensor


def hour_of_week(times: Tensor) -> Tensor:
    """i64[N], 0 to 167, of seconds since 1970 UTC; 0 is the first hour of a Thursday."""
    return times.div(3600, rounding_mode="floor") % HOURS_A_WEEK


@dataclass(frozen=True)
class Embeddings:
    """A trained model's answer for one coalition: score(u, i) = users[u]·items[i] + biases.

    `users` f32[U, D], dense or sparse CSR (neighbourhood models keep the history there);
    `items` f32[I, D]; `user_bias` f32[U]; `item_bias` f32[I]; `offset` a number.
    """

    users: Tensor
    items: Tensor
    user_bias: Tensor
    item_bias: Tensor
    offset: float
    moments: Moments | None = None
    """Where the score depends on when: `score` is that of the average moment."""

    def user_rows(self, users: Tensor) -> Tensor:
        """f32[B, D], dense."""
        if self.users.layout == torch.sparse_csr:
            return _sparse_rows(self.users, users).to_dense()
        return self.users[users]

    def score(self, users: Tensor) -> Tensor:
        """f32[B, I]: every item for each user of i64[B]."""
        biases = self.user_bias[users].unsqueeze(1) + self.item_bias.unsqueeze(0) + self.offset
        if self.users.layout == torch.sparse_csr:
            return _sparse_rows(self.users, users) @ self.items.T + biases
        return self.users[users] @ self.items.T + biases

    def score_pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """f32[B]: item `items[b]` for user `users[b]`."""
        biases = self.user_bias[users] + self.item_bias[items] + self.offset
        if self.users.layout == torch.sparse_csr:
            owner, columns, values = csr_rows(self.users, users)
            return biases.index_add(0, owner, values * self.items[items[owner], columns])
        return (self.users[users] * self.items[items]).sum(1) + biases

    def score_at(self, users: Tensor, items: Tensor, times: Tensor) -> Tensor:
        """f32[B]: the same at these seconds since 1970, i64[B]."""
        score = self.score_pairs(users, items)
        if self.moments is None:
            return score
        hour = hour_of_week(times)
        score = score + (self.moments.to_items[hour] * self.items[items]).sum(1)
        score = score + (self.moments.to_users[hour] * self.user_rows(users)).sum(1)
        return score + self.moments.bias[hour]


def _sparse_rows(matrix: Tensor, rows: Tensor) -> Tensor:
    owner, columns, values = csr_rows(matrix, rows)
    return csr(owner, columns, values, (len(rows), matrix.shape[1]))


@dataclass(frozen=True)
class Batch:
    """One training step. `users`, `items` i64[B]; `ratings` f32[B]; `negatives` as the model's
    `sampling` says: pairwise i64[B, N], none of them a training item of the row's user; shared
    i64[N], distinct items for the whole batch; none i64[0]. `times` i64[B] as in `TrainingData`.
    `log_q` f32[I]: log of each item's chance to be among shared ones; None where all have the
    same."""

    users: Tensor
    items: Tensor
    negatives: Tensor
    ratings: Tensor
    times: Tensor | None = None
    log_q: Tensor | None = None

    @property
    def rarity(self) -> Tensor | None:
        """-log q f32[N] of shared `negatives`: added to their scores, a softmax over them estimates
        the one over all items (log-q correction, Yi et al. 2019,
        https://doi.org/10.1145/3298689.3346996; not for the row's own positive, which is always
        there)."""
        return None if self.log_q is None else -self.log_q[self.negatives]


class Recommender(nn.Module, ABC):
    """Base of every model.

    Built from its config and the training data (which fix all shapes), then either solved or
    trained, then asked for `embed()`. `state_dict()` holds everything learned: a model built from
    the same config and data and loaded with it gives the same scores.
    """

    objectives: ClassVar[frozenset[Objective]] = frozenset({"ranking"})
    reads_content: ClassVar[bool] = False
    """True where item features enter the score, so that new items can be scored at once."""
    content_use: ClassVar[ContentUse] = "none"
    embeds_by_item: ClassVar[bool] = False
    """True where a coalition costs by the item, so that `embed_for` is asked in place of `embed`
    for what few items are looked at."""
    takes_fusion: ClassVar[bool] = False
    takes_members: ClassVar[bool] = False
    """True where finished models go in: a `BlendingRecommender`."""
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {}
    """Where this model wants other training settings than TrainingConfig's defaults."""

    def __init__(
        self,
        config: Config,
        data: TrainingData,
        objective: Objective = "ranking",
        fusion: Fusion | None = None,
    ) -> None:
        """`fusion` is given exactly where `takes_fusion`. Initial weights come from torch's
        global generator, which the trainer seeds."""
        super().__init__()
        self.config = config
        self.objective = objective
        self.n_users, self.n_items = data.n_users, data.n_items

    @classmethod
    def uses_content(cls) -> bool:
        """Whether the model has to be given encoded content at all."""
        return cls.content_use != "none"

    @classmethod
    def raw_readers(cls, config: Config) -> Mapping[Modality, str]:
        """Modality -> the encoder that gives its raw content, in place of any other, for a model
        that learns to read it; empty for one that takes vectors as they are."""
        return {}

    @classmethod
    def fusion_shape(cls, config: Config, data: TrainingData) -> tuple[Mapping[Modality, int], int]:
        """(in_dims, out_dim) of the fusion this model wants; only where `takes_fusion`."""
        raise NotImplementedError(f"{cls.__name__} takes no fusion")

    @property
    def players(self) -> tuple[str, ...]:
        """Who shares the score in an attribution, modalities first."""
        return (COLLABORATIVE,)

    @property
    def found_settings(self) -> Mapping[str, str]:
        """Settings that the config leaves open and the trained model found by itself."""
        return {}

    @property
    def scores_new_items(self) -> bool:
        """Whether `embed_new_items` can be asked."""
        return self.reads_content

    @abstractmethod
    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        """The model with only these players present (None: all), through its own path for
        missing modalities. The empty coalition is the baseline of every attribution. Called
        without gradients in eval mode."""

    def embed_for(self, items: Tensor, coalition: Coalition) -> Embeddings:
        """`embed` with rows and biases of the items i64[N] alone, in their order."""
        whole = self.embed(coalition)
        return replace(whole, items=whole.items[items], item_bias=whole.item_bias[items])

    def embed_users(self, coalition: Coalition | None = None) -> Embeddings:
        """`embed` as far as users go: users, their biases and the offset are right, items need not
        be. Where items are what costs, a model overrides it."""
        return self.embed(coalition)

    def user_weights(self) -> Tensor | None:
        """f32[U, P] in the order of `players`, rows sum to 1: how much each weighs in a person's
        choices, where a model learns that by itself; else None."""
        return None

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        """(f32[B, D], bias f32[B]) for items that were not there in training, from content alone.

        Only where `scores_new_items`; rows match `embed().items`. Where they follow from `features`
        step by step the gradient is kept, for those who look into content.
        """
        raise NotImplementedError(f"{type(self).__name__} does not read content")


class ClosedFormRecommender(Recommender):
    """Solved in one go."""

    @abstractmethod
    def solve(self, data: TrainingData) -> None:
        """Fill the buffers from the training data."""

    def solve_beside(self, data: TrainingData, other: "ClosedFormRecommender") -> None:
        """`solve`, where `other`, of the same settings, was solved on the same content and other
        clicks: what does not depend on clicks may be taken from it, with equal results."""
        self.solve(data)


class BlendingRecommender(ClosedFormRecommender):
    """Built from finished models, which it neither changes nor stores."""

    takes_members: ClassVar[bool] = True
    members: tuple[Recommender, ...]
    weights: Tensor
    """f32[R]: how much each of the R members counts."""
    means: Tensor
    """f32[R, U]: of every user's scores, by which they are standardised; made by `solve`."""
    scales: Tensor
    """f32[R, U]: 1 / deviation; 0 where a member says the same of every item."""

    def __init__(
        self,
        config: Config,
        data: TrainingData,
        objective: Objective = "ranking",
        members: Sequence[Recommender] = (),
    ) -> None:
        super().__init__(config, data, objective)


class IterativeRecommender(Recommender):
    """Trained by gradient steps."""

    whole_users: ClassVar[bool] = False
    """True where a step is cheaper with all interactions of few people than with a few of many."""

    @abstractmethod
    def loss(self, batch: Batch) -> Tensor:
        """Scalar, differentiable; regularisation included."""

    @property
    def sampling(self) -> Sampling:
        """Which negatives `loss` expects."""
        return "pairwise" if self.objective == "ranking" else "none"

    def begin_epoch(self, epoch: int) -> None:
        """Hook before each epoch (graph models drop edges here)."""


class ClickRecommender(IterativeRecommender):
    """Its scores are log-odds of a click; objective ctr."""

    @abstractmethod
    def calibrate(self, scores: Tensor, clicks: Tensor) -> None:
        """Make the odds right on impressions that were not trained on: `scores` f32[N] as `embed()`
        gave them, `clicks` f32[N] 0 or 1. Part of `state_dict` from then on."""


RECOMMENDERS: Registry[Recommender] = Registry("model", "models.recommenders")
