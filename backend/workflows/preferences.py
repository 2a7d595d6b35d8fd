"""The personal weights that a model learned: how much each source counts in whose choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from backend.workflows.loading import load_run
from backend.workflows.recommendation import user_number
from backend.workflows.workspace import Workspace


@dataclass(frozen=True)
class Preferences:
    """Of everybody with a history. `weights`: player -> f[U], summing to 1 over the players."""

    weights: Mapping[str, NDArray[np.float64]]

    @property
    def means(self) -> dict[str, float]:
        """Player -> the mean over people."""
        return {player: float(values.mean()) for player, values in self.weights.items()}


@dataclass(frozen=True)
class PersonalPreference:
    """One person's `weights` beside the `means` of all people; both sum to 1."""

    weights: Mapping[str, float]
    means: Mapping[str, float]
    history: int
    """Choices that the weights rest on."""


def preferences(workspace: Workspace, run_id: str) -> Preferences | None:
    """None where the model learns no weights of its own, or nobody has a history."""
    known = _weights(workspace, load_run(workspace, run_id).record.id)
    if known is None:
        return None
    players, table, counts = known
    active = counts > 0
    if not active.any():
        return None
    return Preferences(dict(zip(players, table[active].T, strict=True)))


def preference(workspace: Workspace, run_id: str, user_id: str) -> PersonalPreference | None:
    """None where `preferences` is."""
    loaded = load_run(workspace, run_id)
    everybody = preferences(workspace, run_id)
    known = _weights(workspace, loaded.record.id)
    if everybody is None or known is None:
        return None
    players, table, counts = known
    user = user_number(loaded, user_id)
    own = dict(zip(players, table[user].tolist(), strict=True))
    return PersonalPreference(own, everybody.means, int(counts[user]))


@lru_cache(maxsize=6)
def _weights(
    workspace: Workspace, run_id: str
) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.int64]] | None:
    """(players, f[U, P], choices of each person i64[U])."""
    loaded = load_run(workspace, run_id)
    with torch.inference_mode():
        table = loaded.model.user_weights()
    if table is None:
        return None
    counts = np.bincount(loaded.split.train.users, minlength=loaded.dataset.n_users)
    return loaded.model.players, table.double().numpy(), counts
