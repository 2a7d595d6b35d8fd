"""What the Recommend page does: lists for a person, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.workflows.cards import ItemCard
from backend.workflows.workspace import Workspace


@dataclass(frozen=True)
class UserOption:
    """A person to choose."""

    user_id: str
    interactions: int


@dataclass(frozen=True)
class RunOption:
    """A finished run to choose."""

    run_id: str
    label: str
    reads_content: bool
    score: float | None
    """Test NDCG@20."""


@dataclass(frozen=True)
class Recommended:
    """One recommended item."""

    card: ItemCard
    rank: int
    score: float
    attributions: Mapping[str, float]
    """Player -> share of the score (with the baseline they sum to it)."""
    in_test: bool
    """The person really chose it in the held-out test split."""


@dataclass(frozen=True)
class RecommendationList:
    """One run's list."""

    run_id: str
    label: str
    players: tuple[str, ...]
    items: tuple[Recommended, ...]
    note: str
    """Empty, or what a reader must know ("reads clicks only: added items cannot appear")."""


@dataclass(frozen=True)
class Person:
    """A user with what he or she did."""

    user_id: str
    history: tuple[ItemCard, ...]
    """Training interactions, most recent first, at most 60."""
    history_total: int
    held_out: tuple[ItemCard, ...]
    """Test interactions."""
    categories: Mapping[str, int]


def runs(workspace: Workspace, dataset_id: str) -> tuple[RunOption, ...]:
    """Finished ranking runs, best first."""
    raise NotImplementedError


def users(
    workspace: Workspace, dataset_id: str, search: str = "", limit: int = 50
) -> tuple[UserOption, ...]:
    """People whose id contains `search`, the most active first."""
    raise NotImplementedError


def person(workspace: Workspace, run_id: str, user_id: str) -> Person:
    """History under the run's split."""
    raise NotImplementedError


def recommend(workspace: Workspace, run_id: str, user_id: str, k: int = 10) -> RecommendationList:
    """The best k items that the person has not had in training, items added by hand included
    where the run reads content."""
    raise NotImplementedError


def recommend_like(
    workspace: Workspace, run_id: str, item_ids: tuple[str, ...], k: int = 10
) -> RecommendationList:
    """Items nearest to the mean of the given ones in the run's item space."""
    raise NotImplementedError


def recommend_from_content(
    workspace: Workspace, run_id: str, image: bytes | None, text: str, k: int = 10
) -> RecommendationList:
    """Items nearest to what a picture or a few words describe; only for runs that read content."""
    raise NotImplementedError
