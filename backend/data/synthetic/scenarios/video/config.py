"""Settings of the generated clips."""

from dataclasses import dataclass
from typing import ClassVar

from backend.data.synthetic.blueprint import Blueprint, ScenarioConfig
from backend.data.synthetic.scenarios.video.vocabulary import VOCABULARY
from models.config import setting
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class VideoConfig(ScenarioConfig):
    """Short clips with sound, as on a phone: new ones all the time, few clicks on each.

    A quarter of the clips is never in the training split by default and the others have few clicks,
    so that clicks alone cannot tell what sound and picture tell.
    """

    scenario: ClassVar[str] = "video"
    modalities: ClassVar[tuple[Modality, ...]] = VOCABULARY.modalities
    everything: ClassVar[str] = "all"

    items: int = setting(320, low=20, high=20_000, help="Number of clips; 100 take some 5 seconds.")
    users: int = setting(320, low=10, high=1_000_000, help="Number of simulated viewers.")
    interactions_per_user: int = setting(
        12, low=8, high=200, help="Mean number of clips that a viewer watches to the end."
    )
    unique: str = setting(
        "all",
        help=(
            "Which modality carries taste of its own: 'all', only 'audio', 'video' or 'text'; "
            "or a share from 0 to 1 such as '0.6' for all, the rest being taste for "
            "something that no content shows and only clicks reveal."
        ),
    )
    redundancy: float = setting(
        0.1,
        low=0.0,
        high=1.0,
        help="Probability that the caption names a property that is heard or seen.",
    )
    synergy: float = setting(
        0.1,
        low=0.0,
        high=1.0,
        help="Share of taste for combinations of two modalities; neither alone hints at it.",
    )
    text_share: float = setting(
        0.2,
        low=0.0,
        high=1.0,
        help="Mean weight of title and caption; sound and moving picture share the rest equally.",
    )
    muted: float = setting(0.04, low=0.0, high=0.5, help="Share of clips without sound.")
    missing_text: float = setting(
        0.04, low=0.0, high=0.5, help="Share of clips without title and caption."
    )
    cold_items: float = setting(
        0.25, low=0.0, high=0.5, help="Share of clips that are never in the training split."
    )
    popularity_skew: float = setting(
        0.2, low=0.0, high=3.0, help="How strongly some clips are watched more by everybody."
    )
    noise: float = setting(
        0.15, low=0.01, high=5.0, help="Randomness of choices; small means taste decides."
    )

    def blueprint(self) -> Blueprint:
        half = (1 - self.text_share) / 2
        return Blueprint(
            vocabulary=VOCABULARY,
            seed=self.seed,
            items=self.items,
            users=self.users,
            interactions_per_user=self.interactions_per_user,
            weights=self.mean_weights(half, half, self.text_share),
            revealed=self.unique_share,
            missing=(self.muted, 0.0, self.missing_text),
            noise=self.noise,
            popularity_skew=self.popularity_skew,
            redundancy=self.redundancy,
            synergy=self.synergy,
            cold_items=self.cold_items,
            item_prefix="V",
        )
