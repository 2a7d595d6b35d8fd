"""Factorisation machine: the chance of a click, from person, content, clicks and the hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models.config import Config, setting
from models.losses import l2_penalty
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
    HOURS_A_WEEK,
    RECOMMENDERS,
    Batch,
    ClickRecommender,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    Moments,
    Objective,
    TrainingData,
    hour_of_week,
)
from models.recommenders._content import ContentInput
from models.recommenders._platt import platt

_START = 0.05
"""Deviation of fresh weights."""


@dataclass(frozen=True, kw_only=True)
class FactorisationMachineConfig(Config):
    """Settings of the factorisation machine."""

    dim: int = setting(64, help="Length of the vector of every feature.", low=1, high=1024)
    l2: float = setting(
        0.003,
        help="Pull of the vectors of people and items towards zero.",
        low=0.0,
        high=10.0,
        search=(0.0005, 0.05),
    )
    bias_l2: float = setting(
        0.002,
        help="Pull of the biases of people and items towards zero.",
        low=0.0,
        high=10.0,
        search=(0.0002, 0.02),
        expert=True,
    )
    feature_dim: int = setting(
        64,
        help="Principal directions kept of each modality; 0 keeps the features as they are.",
        low=0,
        high=4096,
        expert=True,
    )


@RECOMMENDERS.register(
    "factorisation_machine",
    config=FactorisationMachineConfig,
    title="Factorisation machine",
    summary="Predicts the chance of a click from person, content, clicks and the hour.",
)
class FactorisationMachine(ClickRecommender):
    """Rendle 2010 (https://doi.org/10.1109/ICDM.2010.127), of second order: a bias per feature and
    `x·y` for pairs of features. The features are those of the person (who), of the item (which, and
    the principal directions of each modality) and of the moment (hour of the day, day of the week);
    as in field-aware machines (Juan et al. 2016, https://doi.org/10.1145/2959100.2959134) they meet
    only across these three, since within one they tell nothing that its bias cannot learn:

        log-odds = offset + b_u + c_i + d_t + u·v_i + u·m_t + m_t·v_i,  v_i = e_i + sum of W_m f_im

    Loss: mean log loss over impressions. It is trained to stop early and with decay, which makes
    chances too timid or too bold, in one direction for all; so the log-odds are stretched and moved
    by two numbers (Platt 1999) that fit the validation part, on which nothing was trained. Two
    numbers cannot overfit it, as isotonic regression can, and order and the sums that explanations
    are made of stay as they are.

    Players are the modalities and COLLABORATIVE (`e_i` and its bias), which items that are new or
    cold do not have. `embed` is that of the average moment of the training, `moments` what every
    hour of the week adds to it.
    """

    objectives: ClassVar[frozenset[Objective]] = frozenset({"ctr"})
    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    training_defaults: ClassVar[Mapping[str, int | float | str]] = {
        "learning_rate": 0.003,
        "batch_size": 4096,
        "epochs": 60,
        "patience": 4,
    }
    offset: Tensor
    clicked: Tensor
    usual: Tensor
    """f32[168]: the share of the training impressions in each hour of the week."""
    stretch: Tensor
    shift: Tensor

    def __init__(
        self,
        config: FactorisationMachineConfig,
        data: TrainingData,
        objective: Objective = "ctr",
        fusion: None = None,
    ) -> None:
        super().__init__(config, data, objective)
        self.settings = config
        device = data.items.device
        self.content = ContentInput(data, config.feature_dim)
        self.users = _vectors(data.n_users, config.dim, device)
        self.items = _vectors(data.n_items, config.dim, device)
        self.hours = _vectors(24, config.dim, device)
        self.days = _vectors(7, config.dim, device)
        self.user_bias = _biases(data.n_users, device)
        self.item_bias = _biases(data.n_items, device)
        self.hour_bias, self.day_bias = _biases(24, device), _biases(7, device)
        widths = {m: self.content.table(m).shape[1] for m in self.content.modalities}
        # The last column is the bias of the content.
        self.views = nn.ParameterDict(
            {m: _vectors(width, config.dim + 1, device) for m, width in widths.items()}
        )
        share = data.ratings.mean().clamp(0.001, 0.999) if len(data.ratings) else torch.tensor(0.5)
        self.register_buffer("offset", torch.logit(share).detach().to(device))
        self.register_buffer("clicked", data.clicked, persistent=False)
        self.register_buffer("usual", _usual(data), persistent=False)
        self.register_buffer("stretch", torch.ones((), device=device))
        self.register_buffer("shift", torch.zeros((), device=device))

    @property
    def players(self) -> tuple[str, ...]:
        return (*self.content.modalities, COLLABORATIVE)

    def loss(self, batch: Batch) -> Tensor:
        u, b_u = self.users[batch.users], self.user_bias[batch.users]
        e, c_i = self.items[batch.items], self.item_bias[batch.items]
        seen = self._seen_by(batch.items)
        v = e + seen[:, :-1]
        score = self.offset + b_u + c_i + seen[:, -1] + (u * v).sum(1)
        if batch.times is not None:
            m, d = self._moments()
            hour = hour_of_week(batch.times)
            score = score + d[hour] + (m[hour] * (u + v)).sum(1)
        penalty = self.settings.l2 * l2_penalty(
            u, e, seen[:, :-1]
        ) + self.settings.bias_l2 * l2_penalty(b_u, c_i)
        return F.binary_cross_entropy_with_logits(score, batch.ratings) + penalty

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        own = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        seen = self._seen(self.content.tables, self.content.select(coalition))
        items = self.items * own.unsqueeze(1) + seen[:, :-1]
        m, d = self._moments()
        usual, level = self.usual @ m, self.usual @ d
        m, d = m - usual, d - level
        stretch = self.stretch
        return Embeddings(
            users=(self.users + usual).detach(),
            items=(stretch * items).detach(),
            user_bias=(stretch * (self.user_bias + self.users @ usual + level)).detach(),
            item_bias=(stretch * (self.item_bias * own + seen[:, -1])).detach(),
            offset=float(stretch * self.offset + self.shift),
            # Users carry the average moment, which must not meet another one.
            moments=Moments(
                m.detach(), (stretch * m).detach(), (stretch * (d - m @ usual)).detach()
            ),
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        tables, present = self.content.projected(features)
        seen = self.stretch * self._seen(tables, present)
        return seen[:, :-1], seen[:, -1]

    def calibrate(self, scores: Tensor, clicks: Tensor) -> None:
        stretch, shift = platt(scores, clicks)
        self.shift.copy_(stretch * self.shift + shift)
        self.stretch.copy_(stretch * self.stretch)

    def _seen_by(self, items: Tensor) -> Tensor:
        """`_seen` of the items i64[B] of a batch; a small catalogue is looked at once."""
        if self.n_items > len(items):
            return self._seen(self.content.tables, self.content.present, items)
        return self._seen(self.content.tables, self.content.present)[items]

    def _seen(
        self, tables: Mapping[Modality, Tensor], present: Tensor, rows: Tensor | None = None
    ) -> Tensor:
        """f32[N, dim + 1]: vectors and bias that content gives items, all or those of `rows`."""
        if rows is not None:
            tables, present = {m: t[rows] for m, t in tables.items()}, present[rows]
        total = self.users.new_zeros(len(present), self.settings.dim + 1)
        for slot, modality in enumerate(self.content.modalities):
            # Rows of length about 1: otherwise a step moves items the more, the wider a modality.
            table = tables[modality] / tables[modality].shape[1] ** 0.5
            total = total + (table @ self.views[modality]) * present[:, slot, None]
        return total

    def _moments(self) -> tuple[Tensor, Tensor]:
        """(vectors f32[168, D], biases f32[168]) of the hours of a week."""
        hours = torch.arange(HOURS_A_WEEK, device=self.usual.device)
        hour, day = hours % 24, hours // 24
        return self.hours[hour] + self.days[day], self.hour_bias[hour] + self.day_bias[day]


def _vectors(count: int, dim: int, device: torch.device) -> nn.Parameter:
    return nn.Parameter(torch.randn(count, dim, device=device) * _START)


def _biases(count: int, device: torch.device) -> nn.Parameter:
    return nn.Parameter(torch.zeros(count, device=device))


def _usual(data: TrainingData) -> Tensor:
    """All the same where no time is known."""
    if data.times is None or not len(data.times):
        return torch.full((HOURS_A_WEEK,), 1 / HOURS_A_WEEK, device=data.items.device)
    counts = torch.bincount(hour_of_week(data.times), minlength=HOURS_A_WEEK).float()
    return counts / counts.sum()
