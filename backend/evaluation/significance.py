"""How sure a mean or a difference is, with users as the unit of chance.

Bootstrap and randomisation, not Wilcoxon or sign tests, whose false alarms at this scale are
known (Ihemelandu & Ekstrand 2023). Every function takes its seed: same input, same answer.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtrit

from backend.errors import InvalidInput

F = TypeVar("F", np.float32, np.float64)
_CELLS = 1 << 22
"""Resampled values held at once."""
_NORMAL = 1.959964
"""Standard deviations on either side of a normal mean that hold 95 %."""
_EXACT = 12
"""Up to so many users that differ, all sign patterns are tried instead of drawn."""


@dataclass(frozen=True)
class Interval:
    """A mean and its confidence interval; NaN in all three without values."""

    value: float
    low: float
    high: float

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two ranges share a point."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Difference:
    """Mean of a - b over the same users.

    `low`, `high` bootstrap interval; `p_value` two-sided, in (0, 1]; `effect_size` Cohen's d_z,
    the mean in standard deviations of the differences (0 where these do not vary); `n` users.
    """

    value: float
    low: float
    high: float
    p_value: float
    effect_size: float
    n: int


def bootstrap_interval(
    values: ArrayLike, *, seed: int = 0, resamples: int = 2000, level: float = 0.95
) -> Interval:
    """Expanded percentile bootstrap of the mean of N values (Efron 1979; Hesterberg 2015).

    The plain percentiles are too narrow for few values, as normal quantiles are beside Student's;
    they are widened by as much. One value has no spread to learn from: its interval is the value
    itself. What is nearly always zero (one hit in twenty users) wants 300 values and more.
    """
    column = np.asarray(values, dtype=np.float64).reshape(-1)
    return bootstrap_intervals({"": column}, seed=seed, resamples=resamples, level=level)[""]


def bootstrap_intervals(
    columns: Mapping[str, ArrayLike],
    *,
    seed: int = 0,
    resamples: int = 2000,
    level: float = 0.95,
) -> dict[str, Interval]:
    """An interval for each of several metrics of the same users, from one set of resamples.

    Far cheaper than one call per metric: the draws are shared, the means are one matrix product.
    """
    if not 0 < level < 1 or resamples < 1:
        raise InvalidInput("Give a level between 0 and 1 and at least one resample.")
    if not columns:
        return {}
    table = np.stack([np.asarray(c, dtype=np.float64).reshape(-1) for c in columns.values()], 1)
    n = len(table)
    if n == 0:
        return dict.fromkeys(columns, Interval(math.nan, math.nan, math.nan))
    # Centred sums keep the digits that a large common offset would cost.
    centre = table.mean(0)
    residual = table - centre
    means = np.concatenate(
        [weights @ residual / n for weights in _draws(n, resamples, np.random.default_rng(seed))]
    )
    low, high = np.quantile(means, _tails(n, level), axis=0)
    return {
        name: Interval(float(centre[j]), float(centre[j] + low[j]), float(centre[j] + high[j]))
        for j, name in enumerate(columns)
    }


def share_interval(count: float, whole: float) -> Interval:
    """The share count / whole with its 95 % interval (Wilson 1927), which stays within 0 and 1."""
    share, z2 = count / whole, _NORMAL**2
    middle = (share + z2 / (2 * whole)) / (1 + z2 / whole)
    reach = _NORMAL * math.sqrt(share * (1 - share) / whole + z2 / (4 * whole**2))
    reach /= 1 + z2 / whole
    # rounding must not put the share itself outside
    return Interval(
        share, max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))
    )


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    *,
    seed: int = 0,
    resamples: int = 2000,
    flips: int = 10_000,
    level: float = 0.95,
) -> Difference:
    """Compare two runs on the same users, `a[n]` and `b[n]` of one user.

    The p-value is a paired randomisation test (Fisher 1935): under no difference each user's
    sign is a coin toss. Exact for few users, else from `flips` draws and so never below
    1 / (flips + 1). Without users everything is NaN and p = 1.
    """
    (found,) = paired_differences([a], b, seed=seed, resamples=resamples, flips=flips, level=level)
    return found


def paired_differences(
    several: Sequence[ArrayLike],
    b: ArrayLike,
    *,
    seed: int = 0,
    resamples: int = 2000,
    flips: int = 10_000,
    level: float = 0.95,
) -> tuple[Difference, ...]:
    """Several runs against one on the same users: as `paired_difference` of each, up to
    rounding, in little more time than one takes, for resamples and signs are drawn once."""
    left, right = [np.asarray(a, dtype=np.float64) for a in several], np.asarray(b, np.float64)
    if any(a.shape != right.shape or a.ndim != 1 for a in left):
        raise InvalidInput("A paired comparison needs the same users, in the same order, twice.")
    gaps = [a - right for a in left]
    intervals = bootstrap_intervals(
        {str(n): gap for n, gap in enumerate(gaps)}, seed=seed, resamples=resamples, level=level
    )
    chances = _sign_flips(gaps, flips, np.random.default_rng([seed, 1]))
    return tuple(
        Difference(i.value, i.low, i.high, p, _effect_size(gap, i.value), len(gap))
        for gap, i, p in zip(gaps, intervals.values(), chances, strict=True)
    )


def seeded_difference(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    *,
    seed: int = 0,
    resamples: int = 2000,
    flips: int = 10_000,
    level: float = 0.95,
) -> Difference:
    """As `paired_difference`, for models trained with several seeds: `a` f64[S, U], `b` f64[T, U].

    Users are resampled or flipped; the seeds, too few for that, add noise with the variance that
    the means of the seeds show, and the sum is as wide as Student's t. What users do under single
    seeds is in that variance and is taken out of the users' own. A model without randomness has
    one seed and adds none; of one that has randomness and one seed the luck of that seed stays
    unknown.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise InvalidInput(
            "A comparison over seeds needs the same users, in the same order, twice."
        )
    noise = _seed_noise(a, b)
    plain = paired_difference(
        a.mean(0),
        b.mean(0),
        seed=seed,
        resamples=1 if noise else resamples,
        flips=1 if noise else flips,
        level=level,
    )
    if noise is None:
        return plain
    rng = np.random.default_rng([seed, 2])
    difference = a.mean(0) - b.mean(0)
    residual = difference - plain.value
    means = np.concatenate([w @ residual for w in _draws(plain.n, resamples, rng)]) / plain.n
    low, high = np.quantile(noise.added_to(means, rng), _tails(plain.n, level))
    chance = np.concatenate(list(_flipped(difference[:, None], flips, rng)))[:, 0] / plain.n
    extreme = np.abs(noise.added_to(chance, rng)) >= abs(plain.value)
    return replace(
        plain,
        low=plain.value + float(low),
        high=plain.value + float(high),
        p_value=float(1 + extreme.sum()) / (flips + 1),
    )


@dataclass(frozen=True)
class _SeedNoise:
    """What seeds add to a difference of means: its deviation, the degrees of freedom of the whole,
    and the factor from 0 to 1 that keeps of the users' deviation what is not of single seeds."""

    deviation: float
    freedom: float
    users: float

    def added_to(self, means: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """Draws of the users' part, f64[N], made draws of the whole, as wide as Student's t."""
        whole = self.users * means + self.deviation * rng.standard_normal(len(means))
        return whole * np.sqrt(self.freedom / rng.chisquare(self.freedom, len(means)))


def _seed_noise(a: NDArray[np.float64], b: NDArray[np.float64]) -> _SeedNoise | None:
    """None where no seeds differ."""
    torn = [values for values in (a, b) if len(values) > 1 and values.shape[1] > 1]
    parts = [float(values.mean(1).var(ddof=1)) / len(values) for values in torn]
    if not sum(parts):
        return None
    users = a.shape[1]
    spread = float((a.mean(0) - b.mean(0)).var(ddof=1))
    own = max(0.0, spread - sum(map(_single_seeds, torn)))
    parts, counts = [*parts, own / users], [*map(len, torn), users]
    # Welch 1947, Satterthwaite 1946
    freedom = sum(parts) ** 2 / sum(p * p / (n - 1) for p, n in zip(parts, counts, strict=True))
    return _SeedNoise(
        math.sqrt(sum(parts[:-1])), freedom, math.sqrt(own / spread) if spread > 0 else 0.0
    )


def _single_seeds(values: NDArray[np.float64]) -> float:
    """Variance that users' means over S seeds owe to single seeds, from f64[S, U]."""
    seeds, users = values.shape
    rest = values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()
    return float((rest**2).sum() / max(1, (seeds - 1) * (users - 1)) / seeds)


def align(
    users_a: NDArray[np.int64],
    a: NDArray[F],
    users_b: NDArray[np.int64],
    b: NDArray[F],
) -> tuple[NDArray[np.int64], NDArray[F], NDArray[F]]:
    """(users, values of a, values of b) for the users that both evaluated, ready for
    `paired_difference`."""
    both, in_a, in_b = np.intersect1d(users_a, users_b, assume_unique=True, return_indices=True)
    return both, a[in_a], b[in_b]


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the given order: below alpha means significant among all of them.

    Holm 1979; keeps the chance of any false alarm at alpha whatever the dependence.
    """
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def _draws(n: int, resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """How often each of n users is drawn, f64[chunk, n]."""
    chunk = max(1, _CELLS // n)
    for start in range(0, resamples, chunk):
        rows = min(chunk, resamples - start)
        drawn = rng.integers(0, n, (rows, n)) + np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _tails(n: int, level: float) -> tuple[float, float]:
    """Which quantiles of the resampled means of n values bound the interval."""
    if n < 2:
        return (1 - level) / 2, (1 + level) / 2
    edge = stdtrit(n - 1, (1 - level) / 2) * math.sqrt(n / (n - 1))
    return float(ndtr(edge)), float(ndtr(-edge))


def _effect_size(gap: NDArray[np.float64], mean: float) -> float:
    spread = float(gap.std(ddof=1)) if len(gap) > 1 else 0.0
    return mean / spread if spread > 0 else 0.0


def _sign_flips(
    gaps: Sequence[NDArray[np.float64]], flips: int, rng: np.random.Generator
) -> list[float]:
    """The p-value of each, from one set of signs."""
    found = [_exact(gap[gap != 0]) for gap in gaps]
    drawn = [place for place, p in enumerate(found) if p is None]
    if drawn:
        table = np.stack([gaps[place] for place in drawn], axis=1)
        thresholds = np.abs(table.sum(0)) - 1e-12 * np.abs(table).sum(0)
        extreme = np.zeros(len(drawn), np.int64)
        for sums in _flipped(table, flips, rng):
            extreme += (np.abs(sums) >= thresholds).sum(0)
        for place, count in zip(drawn, extreme.tolist(), strict=True):
            found[place] = (1 + count) / (flips + 1)
    return [1.0 if p is None else p for p in found]


def _exact(moving: NDArray[np.float64]) -> float | None:
    """Of all patterns of signs of few values; None where there are too many."""
    if not len(moving):
        return 1.0
    if len(moving) > _EXACT:
        return None
    threshold = abs(float(moving.sum())) - 1e-12 * float(np.abs(moving).sum())
    patterns = np.arange(2 ** len(moving))[:, None] >> np.arange(len(moving)) & 1
    return float((np.abs((1 - 2 * patterns) @ moving) >= threshold).mean())


def _flipped(
    table: NDArray[np.float64], flips: int, rng: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Sums over the rows of f64[N, R], each row with a random sign; f64[chunk, R], `flips` in all.

    A sign is drawn for every row, so that it is the same whatever other columns there are.
    """
    moving = np.flatnonzero(table.any(axis=1))  # flipping a zero changes nothing
    values = table[moving]
    chunk = max(1, _CELLS // len(table))
    for start in range(0, flips, chunk):
        rows = min(chunk, flips - start)
        raw = np.frombuffer(rng.bytes(rows * -(-len(table) // 8)), np.uint8)
        bits = np.unpackbits(raw.reshape(rows, -1), axis=1, count=len(table))
        yield 2 * (bits[:, moving].astype(np.float64) @ values) - values.sum(0)
