"""Settings of the generated news."""

from dataclasses import dataclass
from typing import ClassVar

from backend.data.synthetic.blueprint import Blueprint, ScenarioConfig
from backend.data.synthetic.scenarios.news.vocabulary import VOCABULARY
from models.config import setting
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class NewsConfig(ScenarioConfig):
    """Stories that appear all the time and lose their appeal within days.

    The split that the data carry is one of time: the last tenth of the days is the test, the tenth
    before it the validation. So most stories that are to be found were never read in training.
    """

    scenario: ClassVar[str] = "news"
    modalities: ClassVar[tuple[Modality, ...]] = VOCABULARY.modalities

    items: int = setting(900, low=20, high=200_000, help="Number of stories.")
    users: int = setting(500, low=10, high=1_000_000, help="Number of simulated readers.")
    interactions_per_user: int = setting(
        30, low=8, high=200, help="Mean number of stories that a reader opens (8 at least)."
    )
    unique: str = setting(
        "both",
        help=(
            "Which modality carries taste of its own: 'both', only 'image' or only 'text'; "
            "or a share from 0 to 1 such as '0.6' for both, the rest being taste for "
            "something that neither shows and only clicks reveal."
        ),
    )
    redundancy: float = setting(
        0.1,
        low=0.0,
        high=1.0,
        help="Probability that the text names what the picture shows (scene, light, print).",
    )
    synergy: float = setting(
        0.1,
        low=0.0,
        high=1.0,
        help="Share of taste for combinations of picture and text; neither alone hints at it.",
    )
    image_share: float = setting(
        0.4,
        low=0.0,
        high=1.0,
        help="Mean weight of the picture over the readers; the rest is that of the text.",
    )
    freshness: float = setting(
        0.8,
        low=0.0,
        high=5.0,
        help="Appeal that a story loses with every day, in standard deviations of taste.",
    )
    days: int = setting(30, low=10, high=365, help="Length of the time in which people read.")
    missing_image: float = setting(
        0.05, low=0.0, high=0.5, help="Share of stories without a picture."
    )
    missing_text: float = setting(
        0.0, low=0.0, high=0.5, help="Share of stories without headline and body."
    )
    popularity_skew: float = setting(
        0.4, low=0.0, high=3.0, help="How strongly some stories are read more by everybody."
    )
    noise: float = setting(
        0.2, low=0.01, high=5.0, help="Randomness of choices; small means taste decides."
    )
    pictures: bool = setting(True, help="Draw pictures.", expert=True)
    candidates: int = setting(
        5000,
        low=100,
        high=100_000,
        help=(
            "With more stories than this, readers choose among a random sample of this many, "
            "drawn anew for every 64 readers."
        ),
        expert=True,
    )

    def blueprint(self) -> Blueprint:
        return Blueprint(
            vocabulary=VOCABULARY,
            seed=self.seed,
            items=self.items,
            users=self.users,
            interactions_per_user=self.interactions_per_user,
            weights=self.mean_weights(self.image_share, 1 - self.image_share),
            revealed=self.unique_share,
            missing=(self.missing_image, self.missing_text),
            noise=self.noise,
            popularity_skew=self.popularity_skew,
            redundancy=self.redundancy,
            synergy=self.synergy,
            candidates=self.candidates,
            undrawn=frozenset() if self.pictures else frozenset({Modality.IMAGE}),
            item_prefix="N",
        )
