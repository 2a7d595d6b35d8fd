"""Settings of the generated social network."""

from dataclasses import dataclass
from typing import ClassVar

from backend.data.synthetic.blueprint import Blueprint, ScenarioConfig
from backend.data.synthetic.scenarios.social.vocabulary import VOCABULARY
from models.config import setting
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class SocialConfig(ScenarioConfig):
    """People who follow people and groups.

    The items are groups and people; the people are the users as well, under the same identifier.
    Half of the taste is for what avatars and bios show, the other half for circles of acquaintances
    that only the graph reveals; people are drawn to who resembles themselves (`homophily`) and to
    whom those they follow are following already (`closure`).
    """

    scenario: ClassVar[str] = "social"
    modalities: ClassVar[tuple[Modality, ...]] = VOCABULARY.modalities

    items: int = setting(
        560, low=20, high=50_000, help="Number of profiles that can be followed: people and groups."
    )
    users: int = setting(
        500,
        low=10,
        high=50_000,
        help=(
            "Number of people who follow; those beyond the number of profiles of people have none "
            "themselves."
        ),
    )
    interactions_per_user: int = setting(
        22, low=8, high=200, help="Mean number of profiles that a person follows (8 at least)."
    )
    unique: str = setting(
        "0.5",
        help=(
            "Which modality carries taste of its own: 'both', only 'image' or only 'text'; "
            "or a share from 0 to 1 such as '0.5' for both, the rest being taste for "
            "circles of people that only the graph reveals."
        ),
    )
    redundancy: float = setting(
        0.1,
        low=0.0,
        high=1.0,
        help="Probability that the bio names what the avatar shows (motif, backdrop, frame).",
    )
    image_share: float = setting(
        0.4,
        low=0.0,
        high=1.0,
        help="Mean weight of the avatar over the people; the rest is that of the bio.",
    )
    group_share: float = setting(
        0.11, low=0.0, high=0.9, help="Share of the profiles that are groups."
    )
    homophily: float = setting(
        0.6, low=0.0, high=0.9, help="How much people like who resembles themselves."
    )
    closure: float = setting(
        0.5,
        low=0.0,
        high=3.0,
        help=(
            "What it adds to the appeal of a profile, in standard deviations of taste, that one "
            "of those whom a person follows follows it; doubled for three, tripled for seven."
        ),
    )
    circles: int = setting(10, low=2, high=200, help="Number of circles of acquaintances.")
    missing_image: float = setting(
        0.05, low=0.0, high=0.5, help="Share of profiles without an avatar."
    )
    missing_text: float = setting(0.05, low=0.0, high=0.5, help="Share of profiles without a bio.")
    cold_items: float = setting(
        0.03, low=0.0, high=0.5, help="Share of profiles that are never in the training split."
    )
    popularity_skew: float = setting(
        0.3, low=0.0, high=3.0, help="How strongly some profiles are followed more by everybody."
    )
    noise: float = setting(
        0.2, low=0.01, high=5.0, help="Randomness of choices; small means taste decides."
    )
    pictures: bool = setting(True, help="Draw avatars.", expert=True)

    @property
    def groups(self) -> int:
        return round(self.group_share * self.items)

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
            cold_items=self.cold_items,
            undrawn=frozenset() if self.pictures else frozenset({Modality.IMAGE}),
            item_prefix="P",
            user_prefix="P",
        )
