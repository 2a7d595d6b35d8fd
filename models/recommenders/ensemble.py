"""Ensemble: finished models side by side, each as loud as held-out clicks say it should be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from models.config import Config, setting
from models.errors import ConfigError
from models.graph import csr, csr_rows
from models.modality import COLLABORATIVE, Modality
from models.recommenders._base import (
    RECOMMENDERS,
    BlendingRecommender,
    Coalition,
    ContentUse,
    Embeddings,
    FeatureTable,
    Objective,
    Recommender,
    TrainingData,
)

_CELLS = 1 << 23
"""Scores held at once while they are measured."""


@dataclass(frozen=True, kw_only=True)
class EnsembleConfig(Config):
    """Settings of the ensemble."""

    runs: str = setting(
        "", help="The finished runs to blend, separated by commas; two or more of one split."
    )


@RECOMMENDERS.register(
    "ensemble",
    config=EnsembleConfig,
    title="Ensemble",
    summary="Blends finished runs; how much each counts is chosen on the validation part.",
)
class Ensemble(BlendingRecommender):
    """`score(u, i) = sum over members r of w_r (s_r(u, i) - mean_u s_r) / std_u s_r`.

    Scores of different models live on different scales, and for one model on another scale for
    every user; standardised over the catalogue they can be added. Mean and deviation are those of
    the whole member, also in a coalition: the score stays linear in the members, so that
    attributions are their weighted sum. `weights` are chosen outside, on validation.

    A member that sees clicks only says nothing of an item without clicks, new or of the catalogue:
    0, which is the mean of its scores for that user.
    """

    reads_content: ClassVar[bool] = True
    content_use: ClassVar[ContentUse] = "inference"
    clicked: Tensor

    def __init__(
        self,
        config: EnsembleConfig,
        data: TrainingData,
        objective: Objective = "ranking",
        members: Sequence[Recommender] = (),
    ) -> None:
        super().__init__(config, data, objective)
        if len(members) < 2:
            raise ConfigError("An ensemble needs two or more finished runs: name them in 'runs'.")
        # A tuple, not a ModuleList: members are stored with their own runs.
        self.members = tuple(members)
        count = len(self.members)
        self.register_buffer("weights", torch.full((count,), 1.0 / count))
        self.register_buffer("means", torch.zeros(count, data.n_users))
        self.register_buffer("scales", torch.zeros(count, data.n_users))
        self.register_buffer("clicked", data.clicked, persistent=False)

    @property
    def players(self) -> tuple[str, ...]:
        known = set().union(*(member.players for member in self.members))
        return (*(m for m in Modality if m in known), COLLABORATIVE)

    @property
    def scores_new_items(self) -> bool:
        return any(member.scores_new_items for member in self.members)

    def solve(self, data: TrainingData) -> None:
        for place, member in enumerate(self.members):
            means, deviations = _moments(member.embed())
            self.means[place] = means
            # Below rounding of the scores themselves there is no order to be heard.
            heard = deviations > 1e-6 * means.abs().clamp_min(1e-6)
            self.scales[place] = torch.where(heard, 1 / deviations.clamp_min(1e-30), 0.0)

    def embed(self, coalition: Coalition | None = None) -> Embeddings:
        heard = self.clicked * float(coalition is None or COLLABORATIVE in coalition)
        users, items = [], []
        constant = torch.zeros(self.n_users)
        for place, member in enumerate(self.members):
            part = member.embed(None if coalition is None else coalition & {*member.players})
            loud = self.weights[place] * self.scales[place]
            rest = loud * (part.user_bias + part.offset - self.means[place])
            users += [_scaled(part.users, loud), loud.unsqueeze(1)]
            if member.scores_new_items:
                constant = constant + rest
                items += [part.items, part.item_bias.unsqueeze(1)]
            else:
                users.append(rest.unsqueeze(1))
                rows = [part.items, part.item_bias.unsqueeze(1), torch.ones(self.n_items, 1)]
                items += [row * heard.unsqueeze(1) for row in rows]
        return Embeddings(
            users=_side_by_side(users),
            items=torch.cat(items, dim=1),
            user_bias=constant,
            item_bias=torch.zeros(self.n_items),
            offset=0.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        count = len(next(iter(features.values())).present)
        rows = []
        for member in self.members:
            read = {m: table for m, table in features.items() if m in member.players}
            if member.scores_new_items and read:
                vectors, bias = member.embed_new_items(read)
                rows += [vectors, bias.unsqueeze(1)]
            else:
                width = member.embed(frozenset()).items.shape[1]
                rows.append(torch.zeros(count, width + (1 if member.scores_new_items else 2)))
        return torch.cat(rows, dim=1), torch.zeros(count)


def _moments(embeddings: Embeddings) -> tuple[Tensor, Tensor]:
    """(mean f32[U], standard deviation f32[U]) of every user's scores over the catalogue."""
    size = max(1, _CELLS // max(len(embeddings.items), 1))
    everybody = torch.arange(len(embeddings.user_bias))
    parts = []
    for users in torch.split(everybody, size):
        scores = embeddings.score(users)
        parts.append(torch.stack([scores.mean(1), scores.std(1, correction=0)]))
    means, deviations = torch.cat(parts, dim=1)
    return means, deviations


def _scaled(users: Tensor, factors: Tensor) -> Tensor:
    """Row u of f32[U, D], dense or sparse CSR, times factors[u]."""
    if users.layout != torch.sparse_csr:
        return users * factors.unsqueeze(1)
    owner, columns, values = csr_rows(users, torch.arange(users.shape[0]))
    return csr(owner, columns, values * factors[owner], (users.shape[0], users.shape[1]))


def _side_by_side(parts: Sequence[Tensor]) -> Tensor:
    """Columns of all parts, f32[U, D]; sparse CSR as soon as one of them is."""
    if all(part.layout != torch.sparse_csr for part in parts):
        return torch.cat(list(parts), dim=1)
    rows, columns, values, width = [], [], [], 0
    for part in parts:
        owner, column, value = _entries(part)
        rows.append(owner)
        columns.append(column + width)
        values.append(value)
        width += part.shape[1]
    shape = (parts[0].shape[0], width)
    return csr(torch.cat(rows), torch.cat(columns), torch.cat(values), shape)


def _entries(part: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    count, width = part.shape[0], part.shape[1]
    if part.layout == torch.sparse_csr:
        return csr_rows(part, torch.arange(count))
    rows = torch.arange(count).repeat_interleave(width)
    return rows, torch.arange(width).repeat(count), part.reshape(-1)
