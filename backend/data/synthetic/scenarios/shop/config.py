"""Settings of the generated shop: how large it is, and which modality carries how much taste."""

from dataclasses import dataclass
from typing import ClassVar

from backend.data.synthetic.blueprint import Blueprint, ScenarioConfig
from backend.data.synthetic.scenarios.shop.vocabulary import VOCABULARY
from models.config import setting
from models.modality import Modality

PICTURES_UP_TO = 50_000
"""Larger catalogues are load tests: a million pictures would take hours and 10 GB."""


@dataclass(frozen=True, kw_only=True)
class ShopConfig(ScenarioConfig):
    """A shop of garments, shoes and bags whose customers' tastes are known.

    The taste of a user is a sum of what pictures show, what texts say, what only the combination
    of both gives, and what neither shows; `unique`, `image_share` and `synergy` set their shares
    (of the variance of utility over items, before popularity and habit). By default an
    item has ten training clicks in the mean: too few for clicks alone to tell what content tells.
    """

    scenario: ClassVar[str] = "shop"
    modalities: ClassVar[tuple[Modality, ...]] = VOCABULARY.modalities

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
        help=(
            "Probability that what the picture shows (colour, pattern, cut) is also said in the "
            "text, and that the material named in the text can also be seen."
        ),
    )
    synergy: float = setting(
        0.1,
        low=0.0,
        high=1.0,
        help="Share of taste for combinations of picture and text; neither alone hints at it.",
    )
    image_share: float = setting(
        0.5,
        low=0.0,
        high=1.0,
        help=(
            "Mean weight of the picture over the users: 1 means only pictures matter, "
            "0 only texts; between, weights differ widely from user to user."
        ),
    )
    missing_image: float = setting(
        0.03, low=0.0, high=0.5, help="Share of items without a picture."
    )
    missing_text: float = setting(
        0.03, low=0.0, high=0.5, help="Share of items without title and description."
    )
    cold_items: float = setting(
        0.05, low=0.0, high=0.5, help="Share of items that are never in the training split."
    )
    popularity_skew: float = setting(
        0.3, low=0.0, high=3.0, help="How strongly some items are chosen more by everybody."
    )
    drift: float = setting(
        0.0, low=0.0, high=2.0, help="How strongly fashions change over the 90 days."
    )
    noise: float = setting(
        0.2, low=0.01, high=5.0, help="Randomness of choices; small means taste decides."
    )
    impressions: int = setting(
        0,
        low=0,
        high=100_000,
        help=(
            "Above 0, the data are no purchases but a log of what users were shown, this many "
            "items each in the mean, with click 0 or 1; the chance of every click is known."
        ),
    )
    pictures: bool = setting(
        True, help="Draw product pictures (never above 50,000 items).", expert=True
    )
    candidates: int = setting(
        5000,
        low=100,
        high=100_000,
        help=(
            "In a catalogue larger than this, users choose among a random sample of this many "
            "items, drawn anew for every 64 users."
        ),
        expert=True,
    )

    @property
    def draws_pictures(self) -> bool:
        return self.pictures and self.items <= PICTURES_UP_TO

    def blueprint(self) -> Blueprint:
        return Blueprint(
            vocabulary=VOCABULARY,
            seed=self.seed,
            items=self.items,
            users=self.users,
            interactions_per_user=self.impressions or self.interactions_per_user,
            weights=self.mean_weights(self.image_share, 1 - self.image_share),
            revealed=self.unique_share,
            missing=(self.missing_image, self.missing_text),
            noise=self.noise,
            popularity_skew=self.popularity_skew,
            redundancy=self.redundancy,
            synergy=self.synergy,
            cold_items=self.cold_items,
            candidates=self.candidates,
            undrawn=frozenset() if self.draws_pictures else frozenset({Modality.IMAGE}),
            rated=True,
            item_prefix="A",
        )
