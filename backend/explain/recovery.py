"""How much of a planted truth the attributions find again; on generated data only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata
from torch import Tensor

from backend.explain.modality_shapley import CoalitionTables, user_profile

_PAIR_USERS = 400
"""Users whose pairs are compared; more only cost time."""
_LEVEL = 1e-6
"""Planted values that differ by less are the same."""


class PlantedTruth(Protocol):
    """What a generator knows: which modality matters how much to whom, and in which pair."""

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the columns of `weights`."""

    @property
    def weights(self) -> NDArray[np.float32]:
        """f32[U, M], not negative."""

    def contributions(
        self, users: NDArray[np.int64], items: NDArray[np.int64]
    ) -> Mapping[str, NDArray[np.float32]]:
        """Part of the utility of N pairs by modality, each f32[N]; further keys are ignored."""


@dataclass(frozen=True)
class Recovery:
    """Rank correlations in [-1, 1] between what was planted and what was found.

    `spearman_users`: over users, of each modality's share among the modalities, averaged over the
    modalities. `spearman_pairs`: over (user, item) pairs, of the contribution less its mean over
    the user's sampled items, averaged likewise; `by_modality` has the parts of it. None where the
    planted side does not vary (only one modality matters, say) or a model gives everybody the
    same. `first_share`: share of users whose most important planted modality is also first in
    what was found; None where no user has one that leads.
    """

    spearman_users: float | None
    spearman_pairs: float | None
    first_share: float | None
    by_modality: Mapping[str, float | None]


def recovery(
    tables: CoalitionTables,
    truth: PlantedTruth,
    users: Tensor,
    items: Tensor,
    *,
    truth_users: NDArray[np.int64] | None = None,
    truth_items: NDArray[np.int64] | None = None,
) -> Recovery | None:
    """Compare over `users` i64[E] and a sample `items` i64[J] of the catalogue.

    `truth_users`, `truth_items` are the same users and items in the truth's own row numbers
    (None: the numbers agree). None where the run shares no modality with the truth.
    """
    shared = [m for m in truth.modalities if m in tables.players]
    if not shared or not len(users):
        return None
    rows = users.numpy() if truth_users is None else truth_users
    columns = items.numpy() if truth_items is None else truth_items
    found = user_profile(tables, users, items)[:, [tables.players.index(m) for m in shared]]
    planted = truth.weights[rows][:, [truth.modalities.index(m) for m in shared]]
    by_modality = _pairs(tables, truth, shared, users[:_PAIR_USERS], items, rows, columns)
    return Recovery(
        spearman_users=_users(found.numpy(), planted.astype(np.float64)),
        spearman_pairs=_mean(list(by_modality.values())),
        first_share=_first(found.numpy(), planted.astype(np.float64)),
        by_modality=by_modality,
    )


def spearman(a: NDArray[np.float64], b: NDArray[np.float64]) -> float | None:
    """Rank correlation with ties at their mean rank; None where one side does not vary."""
    if len(a) < 2 or np.ptp(a) <= _LEVEL * _size(a) or np.ptp(b) <= _LEVEL * _size(b):
        return None
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])


def _users(found: NDArray[np.float64], planted: NDArray[np.float64]) -> float | None:
    found, planted = _shares(found), _shares(planted)
    return _mean([spearman(found[:, m], planted[:, m]) for m in range(found.shape[1])])


def _first(found: NDArray[np.float64], planted: NDArray[np.float64]) -> float | None:
    if found.shape[1] < 2:
        return None
    ordered = np.sort(planted, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > _LEVEL * _size(planted)
    if not clear.any():
        return None
    # A user without any spread has no first modality, and so does not count as found.
    right = (found.argmax(1) == planted.argmax(1)) & (found.max(1) > 0)
    return float(right[clear].mean())


def _pairs(
    tables: CoalitionTables,
    truth: PlantedTruth,
    shared: list[str],
    users: Tensor,
    items: Tensor,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
) -> dict[str, float | None]:
    phi = torch.cat(list(tables.grid(users, items))).numpy()
    shape = phi.shape[:2]
    planted = truth.contributions(
        np.repeat(rows[: len(users)], len(columns)), np.tile(columns, len(users))
    )
    return {
        str(m): spearman(
            _centred(phi[:, :, tables.players.index(m)]),
            _centred(np.asarray(planted[m], dtype=np.float64).reshape(shape)),
        )
        for m in shared
    }


def _centred(table: NDArray[np.float64]) -> NDArray[np.float64]:
    # What is constant for a user cannot be seen in a ranking, planted or found.
    return np.asarray((table - table.mean(axis=1, keepdims=True)).ravel())


def _shares(table: NDArray[np.float64]) -> NDArray[np.float64]:
    total = table.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(table, total, out=np.zeros_like(table), where=total > 0))


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _size(values: NDArray[np.float64]) -> float:
    return max(float(np.abs(values).max(initial=0.0)), 1e-300)
