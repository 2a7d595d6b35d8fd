"""What a generated world is drawn from, and the settings that every scenario has."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from backend.data.synthetic.vocabulary import Vocabulary
from models.config import Config, setting
from models.errors import ConfigError
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """The numbers behind a world. Shares lie in 0 to 1; tuples are in order of the modalities."""

    vocabulary: Vocabulary
    seed: int
    items: int
    users: int
    interactions_per_user: int
    weights: tuple[float, ...]
    """Mean over users of each modality's weight; they add to 1."""
    revealed: float
    """Share of the single-modality taste that content reveals; the rest shows in clicks only."""
    missing: tuple[float, ...]
    """Share of items that lack each modality; nobody lacks two."""
    noise: float
    popularity_skew: float
    redundancy: float = 0.0
    synergy: float = 0.0
    cold_items: float = 0.0
    candidates: int = 100_000
    undrawn: frozenset[Modality] = frozenset()
    """Modalities that are not made at all, as in load tests."""
    rated: bool = False
    item_prefix: str = "I"
    user_prefix: str = "U"


@dataclass(frozen=True, kw_only=True)
class ScenarioConfig(Config):
    """Base of the settings of a scenario."""

    scenario: ClassVar[str]
    """The name it is registered under."""
    modalities: ClassVar[tuple[Modality, ...]]
    everything: ClassVar[str] = "both"
    """What `unique` is called where every modality carries taste."""

    items: int = setting(1200, low=20, high=1_000_000, help="Number of items in the catalogue.")
    users: int = setting(600, low=10, high=1_000_000, help="Number of simulated users.")
    interactions_per_user: int = setting(
        25, low=8, high=200, help="Mean number of items that a user chooses (8 at least)."
    )
    seed: int = setting(2026, low=0, high=2**31 - 1, help="Equal seeds give equal bytes.")
    unique: str = setting(
        "both",
        help=(
            "Which modality carries taste of its own: every one, or only the one that is named; "
            "or a share from 0 to 1 such as '0.6' for all, the rest being taste for something "
            "that no content shows and only clicks reveal."
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self._revealed()

    @abstractmethod
    def blueprint(self) -> Blueprint:
        """The world that these settings describe."""

    @property
    def unique_share(self) -> float:
        """Share of the single-modality taste that content reveals, 0 to 1."""
        return self._revealed()

    def mean_weights(self, *usual: float) -> tuple[float, ...]:
        """`usual` weights of the modalities, unless `unique` names one that has all of it."""
        if self.unique in self.modalities:
            return tuple(float(m == self.unique) for m in self.modalities)
        return usual

    def _revealed(self) -> float:
        words = (self.everything, *self.modalities)
        if self.unique in words:
            return 1.0
        try:
            share = float(self.unique)
        except ValueError:
            share = -1.0
        if not 0.0 <= share <= 1.0:
            raise ConfigError(
                f"'unique' must be {', '.join(words)} or a share from 0 to 1, not '{self.unique}'."
            )
        return share
