"""What the users of a generated world choose, when, how they rate it, and which split it is in."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.synthetic.truth import Truth
from backend.schema import Col, SplitName

GROUP = 64
"""Users handled at once; in a huge catalogue also those who choose from one sample of items."""

START = 1_767_225_600
"""2026-01-01 00:00 UTC, the first second of every world."""

DAY = 86_400
FEWEST = 8


@dataclass(frozen=True)
class Choices:
    """Chosen pairs of some users, in order of user and then of time; rows of Truth; all [N]."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    ratings: NDArray[np.float32] | None
    timestamps: NDArray[np.int64]
    splits: NDArray[np.str_]

    def table(self, truth: Truth) -> pd.DataFrame:
        """The rows as they are written to `interactions`."""
        columns: dict[str, NDArray[np.generic]] = {
            Col.USER_ID: truth.user_ids[self.users],
            Col.ITEM_ID: truth.item_ids[self.items],
        }
        if self.ratings is not None:
            columns[Col.RATING] = self.ratings
        return pd.DataFrame(
            columns | {Col.TIMESTAMP: self.timestamps, Col.SPLIT: self.splits},
        )


class Season(ABC):
    """The time during which users choose: equal periods, and what changes from one to the next."""

    periods: int
    seconds: int
    """Length of a period."""

    @property
    def changes(self) -> bool:
        """False: one draw serves all periods."""
        return True

    @abstractmethod
    def shift(self, period: int, items: NDArray[np.int64]) -> NDArray[np.float32]:
        """f32[J] that is added to everybody's utility; -inf: cannot be chosen in this period."""

    def shares(self, rng: np.random.Generator, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """i64[U, periods]: how many of the `wanted` choices of each user fall into each period."""
        return (wanted[:, None] + np.arange(self.periods)) // self.periods

    def splits(
        self,
        rng: np.random.Generator,
        rows: NDArray[np.int64],
        cold: NDArray[np.bool_],
        seconds: NDArray[np.int64],
    ) -> NDArray[np.str_]:
        """The part of each choice of user `rows`, made `seconds` after the start."""
        return random_splits(rng, rows, cold)


class Steady(Season):
    """Nothing changes over these days."""

    periods = 1

    def __init__(self, days: int) -> None:
        self.seconds = days * DAY

    @property
    def changes(self) -> bool:
        return False

    def shift(self, period: int, items: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.zeros(len(items), dtype=np.float32)


def choose(truth: Truth, season: Season) -> Iterator[Choices]:
    """Groups of users in order; each user's items are a draw from softmax(utility / noise).

    The draw is without replacement (Gumbel top-k, Kool et al. 2019, https://arxiv.org/abs/1903.06059).
    In a catalogue larger than `candidates` a group sees a uniform sample of the items: the
    probabilities relative to each other stay right within the sample, but the very best items of
    the whole catalogue are often not in it.
    """
    for group, first in enumerate(range(0, len(truth.user_ids), GROUP)):
        users = np.arange(first, min(first + GROUP, len(truth.user_ids)))
        rng = np.random.default_rng([truth.plan.seed, 3, group])
        yield _choose(truth, season, users, rng)


def utilities(
    truth: Truth, users: NDArray[np.int64], items: NDArray[np.int64]
) -> NDArray[np.float32]:
    """f32[U, I]: `Truth.utility` of every pair, as products of small matrices."""
    tastes, catalogue, words = truth.tastes, truth.catalogue, truth.vocabulary
    strength, values = tastes.strength[users], tastes.values[users]
    factors = [
        *(values[:, words.block_of(m)] * strength[:, [p]] for p, m in enumerate(words.modalities)),
        tastes.combinations[users] * strength[:, [-2]],
        tastes.hidden[users] * strength[:, [-1]],
        tastes.categories[users],
        np.full((len(users), 1), truth.plan.popularity_skew, dtype=np.float32),
    ]
    codes = catalogue.codes[items]
    features = [
        *(codes[:, [c]] == np.arange(len(p.values)) for c, p in enumerate(words.properties)),
        catalogue.combinations[items],
        catalogue.hidden[items],
        catalogue.category[items][:, None] == np.arange(len(words.categories)),
        catalogue.popularity[items][:, None],
    ]
    seen = np.concatenate([f.astype(np.float32) for f in features], axis=1)
    return np.asarray(np.concatenate(factors, axis=1) @ seen.T)


def history_lengths(
    rng: np.random.Generator, mean: int, users: int, items: int
) -> NDArray[np.int64]:
    """At least 8, so that every user is in all three splits; at most half of the items."""
    extra = rng.gamma(2.0, max(mean - FEWEST, 0) / 2.0, users)
    return np.minimum(FEWEST + np.rint(extra).astype(np.int64), items // 2)


def gumbel(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Standard Gumbel noise f32 of `shape`."""
    # A 32-bit exponential is exactly 0 about once in 10^8 draws, and its logarithm infinite.
    drawn = np.maximum(rng.standard_exponential(shape, dtype=np.float32), np.float32(1e-12))
    return np.asarray(-np.log(drawn))


def top(
    scores: NDArray[np.float32], wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the `wanted[row]` largest scores of each row, never of a -inf."""
    most = int(wanted.max(initial=0))
    if most == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    best = np.argpartition(-scores, most - 1, axis=1)[:, :most]
    best = np.take_along_axis(
        best, np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1, kind="stable"), axis=1
    )
    kept = np.arange(most) < wanted[:, None]
    kept &= np.isfinite(np.take_along_axis(scores, best, axis=1))
    return np.nonzero(kept)[0], best[kept]


def random_splits(
    rng: np.random.Generator, rows: NDArray[np.int64], cold: NDArray[np.bool_]
) -> NDArray[np.str_]:
    """80/10/10 per user at random; cold items fill validation and test first, and may exceed."""
    count = np.bincount(rows)
    held = 2 * np.maximum(1, np.rint(0.1 * count)).astype(np.int64)
    order = np.lexsort((rng.random(len(rows)), ~cold, rows))
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = np.arange(len(rows)) - (np.cumsum(count) - count)[rows[order]]
    held_out = cold | (rank < held[rows])
    # Ranks among the held-out are random within the cold and within the rest, not across them.
    shuffled = np.lexsort((rng.random(len(rows)), ~held_out, rows))
    place = np.empty(len(rows), dtype=np.int64)
    place[shuffled] = np.arange(len(rows)) - (np.cumsum(count) - count)[rows[shuffled]]
    names = np.where(place % 2 == 0, SplitName.VALIDATION, SplitName.TEST)
    return np.where(held_out, names, str(SplitName.TRAIN)).astype(np.str_)


def _choose(
    truth: Truth, season: Season, users: NDArray[np.int64], rng: np.random.Generator
) -> Choices:
    plan, catalogue = truth.plan, len(truth.item_ids)
    if catalogue > plan.candidates:
        items = np.sort(rng.choice(catalogue, plan.candidates, replace=False, shuffle=False))
    else:
        items = np.arange(catalogue)
    utility = utilities(truth, users, items)
    wanted = history_lengths(rng, plan.interactions_per_user, len(users), len(items))
    rows, columns, periods = _drawn(plan.noise, season, rng, utility, items, wanted)
    seconds = periods * season.seconds + rng.integers(season.seconds, size=len(rows))
    order = np.lexsort((columns, seconds, rows))
    rows, columns, seconds = rows[order], columns[order], seconds[order]
    chosen = items[columns]
    return Choices(
        users=users[rows],
        items=chosen,
        ratings=_ratings(rng, rows, utility[rows, columns]) if plan.rated else None,
        timestamps=START + seconds.astype(np.int64),
        splits=season.splits(rng, rows, truth.catalogue.cold[chosen], seconds),
    )


def _drawn(
    noise: float,
    season: Season,
    rng: np.random.Generator,
    utility: NDArray[np.float32],
    items: NDArray[np.int64],
    wanted: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row, column and period of each choice."""
    scale = np.float32(noise)
    if not season.changes:
        rows, columns = top(utility + scale * gumbel(rng, utility.shape), wanted)
        return rows, columns, rng.integers(season.periods, size=len(rows))
    left = utility.copy()
    shares = season.shares(rng, wanted)
    parts = []
    for period in range(season.periods):
        moved = left + season.shift(period, items)
        rows, columns = top(moved + scale * gumbel(rng, left.shape), shares[:, period])
        left[rows, columns] = -np.inf
        parts.append((rows, columns, np.full(len(rows), period)))
    row, column, when = (np.concatenate(part) for part in zip(*parts, strict=True))
    return row, column, when


def _ratings(
    rng: np.random.Generator, rows: NDArray[np.int64], utility: NDArray[np.float32]
) -> NDArray[np.float32]:
    """1 to 5 stars around each user's mean; people like most of what they choose."""
    count = np.maximum(np.bincount(rows), 1)
    mean = np.bincount(rows, utility) / count
    centred = utility - mean[rows]
    deviation = np.sqrt(np.bincount(rows, centred**2) / count)[rows]
    liked = centred / np.maximum(deviation, 1e-6) + 0.5 * rng.standard_normal(len(rows))
    return np.asarray(np.clip(np.rint(4.2 + 0.8 * liked), 1, 5), dtype=np.float32)
