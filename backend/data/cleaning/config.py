"""What may be done to a data set on its way in; the defaults change nothing but exact doubles."""

from dataclasses import dataclass
from datetime import UTC, datetime

from models.config import Config, setting
from models.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class CleaningConfig(Config):
    """Settings of the chain, in the order in which its steps are taken."""

    since: str = setting(
        "", help="Leave out interactions before this day, e.g. 2023-01-31; unknown times stay."
    )
    duplicates: str = setting(
        "exact",
        help="Several interactions of one user with one item: exact leaves out those of equal "
        "time; first, last and max_rating keep one of each pair; keep leaves them all.",
        choices=("exact", "first", "last", "max_rating", "keep"),
    )
    positives_only: bool = setting(
        False, help="Leave out interactions whose rating is below 'positive_from'."
    )
    positive_from: float = setting(4.0, help="The lowest rating that counts as positive.")
    implicit: bool = setting(
        False, help="Forget the ratings: every interaction that is left counts the same."
    )
    kcore: int = setting(
        0,
        help="Leave out users and items with fewer interactions, over and over until all that "
        "are left have as many; 0 leaves it out.",
        low=0,
        high=1000,
    )
    drop_unseen: bool = setting(False, help="Leave out items that nobody interacted with.")
    strip_tags: bool = setting(False, help="Take HTML tags, scripts and comments out of texts.")
    unescape_html: bool = setting(False, help="Turn &amp;amp; into &amp; and the like in texts.")
    drop_control: bool = setting(
        False, help="Take invisible control and writing-direction marks out of texts."
    )
    compose_unicode: bool = setting(
        False, help="Write equal letters in one way (Unicode NFC) in texts."
    )
    tidy_spaces: bool = setting(False, help="Make runs of blanks one blank in texts.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.since_seconds()

    def since_seconds(self) -> int | None:
        """`since` as seconds since 1970 UTC; None where it is empty."""
        if not self.since.strip():
            return None
        try:
            day = datetime.fromisoformat(self.since.strip())
        except ValueError:
            raise ConfigError(
                f"'since' must be a day such as 2023-01-31, not '{self.since}'."
            ) from None
        return int((day if day.tzinfo else day.replace(tzinfo=UTC)).timestamp())
