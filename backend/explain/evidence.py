"""Whether a model has learned what its contributions say: held-out choices, ignorant twins."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor

from backend.explain.modality_shapley import CoalitionTables

TWINS: Final = 3
"""Models of the same kind that know nothing, with which a run is compared."""


@dataclass(frozen=True)
class Skill:
    """How well something tells a held-out choice from another item of the catalogue: `auc` is the
    mean over users, `error` its standard error; chance is 0.5."""

    auc: float
    error: float

    @property
    def low(self) -> float:
        """Two standard errors below."""
        return self.auc - 2 * self.error


@dataclass(frozen=True)
class Sample:
    """What a run is judged on. `users` i64[U], distinct; `items` i64[J] of the catalogue;
    `held_out` i64[N, 2]: (place in `users`, item) of choices that training did not see."""

    users: Tensor
    items: Tensor
    held_out: Tensor


@dataclass(frozen=True)
class Evidence:
    """`score`, `players`: skill of the score and of each player's contributions; `ignorant`: the
    highest skill that the score of a twin that knows nothing has, 0.5 at least."""

    score: Skill
    players: Mapping[str, Skill]
    ignorant: float

    @property
    def learned(self) -> bool:
        """Whether training taught the model anything: what a model that knows nothing says as well
        explains nothing (Adebayo et al. 2018, https://arxiv.org/abs/1810.03292)."""
        return self.score.low > self.ignorant

    def supports(self, player: str) -> bool:
        """Whether this player's contributions alone tell choices from other items."""
        return self.players[player].low > 0.5


def evidence(
    tables: CoalitionTables, sample: Sample, twins: Callable[[int], CoalitionTables]
) -> Evidence | None:
    """None without held-out choices. `twins(n)`: the n-th model of this kind that knows nothing."""
    if not len(sample.held_out):
        return None
    skill, players = _skills(tables, sample)
    known = [_whole(twins(number), sample).auc for number in range(TWINS)]
    return Evidence(skill, players, max(0.5, *known))


def _skills(tables: CoalitionTables, sample: Sample) -> tuple[Skill, Mapping[str, Skill]]:
    """Of the whole score, and of each player alone."""
    everywhere = torch.cat(list(tables.grid(sample.users, sample.items)))
    places, chosen = sample.held_out[:, 0], sample.held_out[:, 1]
    found = tables.attribute(sample.users[places], chosen).values
    players = {
        player: _skill(everywhere[:, :, at], found[:, at], places)
        for at, player in enumerate(tables.players)
    }
    return _whole(tables, sample), MappingProxyType(players)


def _whole(tables: CoalitionTables, sample: Sample) -> Skill:
    """Of the score with all players."""
    table = tables.embeddings()
    places, chosen = sample.held_out[:, 0], sample.held_out[:, 1]
    everywhere = table.score(sample.users)[:, sample.items].double()
    return _skill(everywhere, table.score_pairs(sample.users[places], chosen).double(), places)


def _skill(everywhere: Tensor, at_choices: Tensor, places: Tensor) -> Skill:
    """From f64[U, J] over the catalogue and f64[N] at the choices of users i64[N]."""
    others, mine = everywhere[places], at_choices.unsqueeze(1)
    beaten = (others < mine).double().mean(1) + 0.5 * (others == mine).double().mean(1)
    users, owner = torch.unique(places, return_inverse=True)
    auc = beaten.new_zeros(len(users)).index_add(0, owner, beaten) / torch.bincount(owner)
    # One user tells nothing about how much users differ; half of the scale is the most.
    spread = float(auc.std()) if len(auc) > 1 else 0.5
    return Skill(float(auc.mean()), spread / sqrt(len(auc)))
