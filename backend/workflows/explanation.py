"""What the Explain page shows: how much each modality contributed, and how far to trust that."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.workflows.cards import ItemCard
from backend.workflows.workspace import Workspace


@dataclass(frozen=True)
class Explanation:
    """One recommendation taken apart: baseline + sum of attributions = score."""

    run_id: str
    label: str
    user_id: str
    card: ItemCard
    rank: int | None
    """Place in the person's list; None where the item is in the person's history."""
    score: float
    baseline: float
    attributions: Mapping[str, float]
    interactions: Mapping[str, float]
    """"image+text" -> interaction index; positive: worth more together than apart."""
    faithful: bool
    reason: str
    """Why to trust it, or why not."""
    sentence: str
    """For stakeholders, from the numbers alone."""


@dataclass(frozen=True)
class UserExplanation:
    """What moves one person's list."""

    user_id: str
    shares: Mapping[str, float]
    """Player -> share of what re-orders this person's list, sums to 1."""
    planted: Mapping[str, float] | None
    """The true weights on generated data."""
    list_items: tuple[str, ...]
    """Titles of the top ten."""
    list_attributions: Mapping[str, NDArray[np.float64]]
    """Player -> contribution per item of `list_items`."""


@dataclass(frozen=True)
class Recovery:
    """Recovered against planted truth (generated data only)."""

    spearman_users: float | None
    spearman_pairs: float | None
    planted: NDArray[np.float64]
    """Planted image weight per sampled user, f[U]."""
    recovered: NDArray[np.float64]
    """Recovered image share within image + text per sampled user, f[U]."""
    first_share: float | None
    """Where only one modality matters: share of users for whom it ranks first."""


@dataclass(frozen=True)
class RunExplanation:
    """What moves the lists of a whole run."""

    run_id: str
    label: str
    players: tuple[str, ...]
    mean_absolute: Mapping[str, float]
    """Mean absolute contribution over the top-20 lists of sampled users, in units of the score."""
    shares: Mapping[str, NDArray[np.float64]]
    """Player -> share per sampled user, f[U]; sums to 1 over players."""
    recovery: Recovery | None
    sentence: str


def explain(workspace: Workspace, run_id: str, user_id: str, item_id: str) -> Explanation:
    """Exact Shapley values over the item's present modalities and the collaborative part."""
    raise NotImplementedError


def explain_user(workspace: Workspace, run_id: str, user_id: str) -> UserExplanation:
    """Shares over a sample of the catalogue, contributions over the person's top ten."""
    raise NotImplementedError


def explain_run(workspace: Workspace, run_id: str) -> RunExplanation:
    """Over a seeded sample of at most 1,000 users; cached with the run."""
    raise NotImplementedError
