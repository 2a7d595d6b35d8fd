"""What users of a generated world are shown and click on, with a chance that is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.synthetic.choices import (
    DAY,
    FEWEST,
    GROUP,
    START,
    Choices,
    random_splits,
)
from backend.data.synthetic.truth import Truth
from backend.schema import Col

CLICK: Final = "click"
_HOUR: Final = 3600
_LEVEL: Final = -1.2
"""Log-odds of a click on something that leaves people cold, in the mean over a day."""
_EVENING: Final = 0.6
"""What the best hour, eight in the evening, adds to the log-odds; the worst takes as much away."""
_WEEKEND: Final = 0.4
_BUSIEST: Final = 19
"""The hour in which most is shown; seven times as much as at night."""


@dataclass(frozen=True)
class Impressions(Choices):
    """`ratings` f32[N]: 1 where what was shown was clicked, else 0."""

    def table(self, truth: Truth) -> pd.DataFrame:
        return super().table(truth).rename(columns={Col.RATING: CLICK})


def show(truth: Truth, impressions: int, days: int) -> Iterator[Impressions]:
    """Groups of users in order; each is shown that many items in the mean, drawn uniformly and with
    repetitions, at hours at which people are about."""
    for group, first in enumerate(range(0, len(truth.user_ids), GROUP)):
        users = np.arange(first, min(first + GROUP, len(truth.user_ids)))
        rng = np.random.default_rng([truth.plan.seed, 7, group])
        extra = rng.gamma(4.0, max(impressions - FEWEST, 0) / 4.0, len(users))
        rows = np.repeat(np.arange(len(users)), FEWEST + np.rint(extra).astype(np.int64))
        items = rng.integers(len(truth.item_ids), size=len(rows))
        times = START + _moments(rng, len(rows), days)
        order = np.lexsort((items, times, rows))
        rows, items, times = rows[order], items[order], times[order]
        chance = click_chance(truth, users[rows], items, times)
        yield Impressions(
            users=users[rows],
            items=items,
            ratings=(rng.random(len(rows)) < chance).astype(np.float32),
            timestamps=times,
            splits=random_splits(rng, rows, truth.catalogue.cold[items]),
        )


def click_chance(
    truth: Truth,
    users: NDArray[np.int64],
    items: NDArray[np.int64],
    timestamps: NDArray[np.int64],
) -> NDArray[np.float64]:
    """f64[N]: of rows of Truth at these seconds since 1970 UTC. The log-odds are the utility, what
    the hour adds, and a constant."""
    hour = timestamps // _HOUR % 24
    # 1970 began on a Thursday.
    weekend = (timestamps // DAY + 3) % 7 >= 5
    when = _EVENING * np.cos(2 * np.pi * (hour - 20) / 24) + _WEEKEND * weekend
    odds = _LEVEL + when + truth.utility(users, items).astype(np.float64)
    return np.asarray(1 / (1 + np.exp(-odds)))


def _moments(rng: np.random.Generator, count: int, days: int) -> NDArray[np.int64]:
    """i64[N] seconds after the start."""
    weight = 1 + 0.75 * np.cos(2 * np.pi * (np.arange(24) - _BUSIEST) / 24)
    hours = rng.choice(24, size=count, p=weight / weight.sum())
    found = rng.integers(days, size=count) * DAY + hours * _HOUR + rng.integers(_HOUR, size=count)
    return np.asarray(found, dtype=np.int64)
