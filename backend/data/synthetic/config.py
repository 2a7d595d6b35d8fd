"""Settings of the generated shop: how large it is, and which modality carries how much taste."""

from dataclasses import dataclass

from models.config import Config, setting
from models.errors import ConfigError

PICTURES_UP_TO = 50_000
"""Larger catalogues are load tests: a million pictures would take hours and 10 GB."""


@dataclass(frozen=True, kw_only=True)
class ShopConfig(Config):
    """A shop of garments, shoes and bags whose customers' tastes are known.

    The taste of a user is a sum of what pictures show, what texts say, what only the combination
    of both gives, and what neither shows; `unique`, `image_share` and `synergy` set their shares
    (of the variance of utility over items, before popularity and habit). By default an
    item has ten training clicks in the mean: too few for clicks alone to tell what content tells.
    """

    items: int = setting(1200, low=20, high=1_000_000, help="Number of items in the catalogue.")
    users: int = setting(600, low=10, high=1_000_000, help="Number of simulated users.")
    interactions_per_user: int = setting(
        25, low=8, high=200, help="Mean number of items that a user chooses (8 at least)."
    )
    seed: int = setting(2026, low=0, high=2**31 - 1, help="Equal seeds give equal bytes.")
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

    def __post_init__(self) -> None:
        super().__post_init__()
        self._unique_share()

    @property
    def unique_share(self) -> float:
        """Share of the single-modality taste that pictures or texts reveal, 0 to 1."""
        return self._unique_share()

    @property
    def mean_image_weight(self) -> float:
        """Mean over users of the picture's weight; `unique` overrules `image_share`."""
        return {"image": 1.0, "text": 0.0}.get(self.unique, self.image_share)

    @property
    def draws_pictures(self) -> bool:
        return self.pictures and self.items <= PICTURES_UP_TO

    def _unique_share(self) -> float:
        if self.unique in ("both", "image", "text"):
            return 1.0
        try:
            share = float(self.unique)
        except ValueError:
            share = -1.0
        if not 0.0 <= share <= 1.0:
            raise ConfigError(
                f"'unique' must be both, image, text or a share from 0 to 1, not '{self.unique}'."
            )
        return share
