"""Do intervals hold the truth as often as they say, and are p-values uniform without an effect?

    python -m bench.coverage [--simulations 1000] > bench/results/coverage.md

Every row is a world whose true mean (or difference) is known. Coverage: share of the 95 % intervals
that contain it. False alarms: share of p-values of at most 0.05 where the truth is no difference;
KS: p-value of the Kolmogorov-Smirnov test of all p-values against the uniform distribution.
"""

import argparse
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kstest

from backend.evaluation.significance import (
    bootstrap_interval,
    paired_difference,
    seeded_difference,
)

Values = NDArray[np.float64]
RESAMPLES: Final = 2000
FLIPS: Final = 2000


@dataclass(frozen=True)
class Outcome:
    """What a row of the table says; `alarms` and `uniform` only where there is a p-value."""

    world: str
    users: int
    coverage: float
    alarms: float | None = None
    uniform: float | None = None


def ndcg(rng: np.random.Generator, users: int, hits: float = 0.25) -> Values:
    """Like NDCG: zero for most users, anything from 0 to 1 for the others."""
    return np.where(rng.random(users) < hits, rng.beta(1.2, 2.5, users), 0.0)


def rare(rng: np.random.Generator, users: int) -> Values:
    """As on sparse data: one user in sixteen has a hit."""
    return ndcg(rng, users, 1 / 16)


def pair(rng: np.random.Generator, users: int) -> tuple[Values, Values]:
    """Two models of equal worth, whose lists are the same for half of the users."""
    one = ndcg(rng, users)
    return one, np.where(rng.random(users) < 0.5, one, ndcg(rng, users))


def trained(
    rng: np.random.Generator, users: int, seeds: int, luck: float, moods: float
) -> tuple[Values, Values]:
    """Two models of equal worth under some seeds each: users differ, a seed lifts or lowers all
    users by `luck`, and single users under single seeds by `moods` (deviations)."""
    taste = rng.normal(0.0, 0.2, users)

    def model(own: float) -> Values:
        own_taste = taste + rng.normal(0.0, own, users)
        shift = rng.normal(0.0, luck, (seeds, 1))
        return own_taste + shift + rng.normal(0.0, moods, (seeds, users))

    return model(0.05), model(0.05)


MEANS: Final[Mapping[str, tuple[Callable[[np.random.Generator, int], Values], float]]] = {
    "normal": (lambda rng, users: rng.normal(0.0, 1.0, users), 0.0),
    "NDCG, a hit for 1 user in 4": (ndcg, 0.25 * 1.2 / 3.7),
    "NDCG, a hit for 1 user in 16": (rare, 1.2 / 3.7 / 16),
}
SEEDED: Final[Mapping[str, tuple[int, float, float]]] = {
    "3 seeds, no luck of the seed": (3, 0.0, 0.1),
    "3 seeds, some luck": (3, 0.005, 0.1),
    "3 seeds, luck rules": (3, 0.03, 0.02),
    "5 seeds, some luck": (5, 0.005, 0.1),
}


def rows(simulations: int) -> Iterator[Outcome]:
    """All worlds."""
    for world, (draw, truth) in MEANS.items():
        for users in (20, 50, 100, 300, 1000):
            yield mean_of(world, draw, truth, users, simulations)
    for users in (20, 50, 100, 300, 1000):
        yield difference_of(users, simulations)
    for world, (seeds, luck, moods) in SEEDED.items():
        for users in (100, 500):
            yield seeded_of(world, users, seeds, luck, moods, simulations)


def mean_of(
    world: str,
    draw: Callable[[np.random.Generator, int], Values],
    truth: float,
    users: int,
    simulations: int,
) -> Outcome:
    """Intervals of a mean."""
    inside = 0
    for trial in range(simulations):
        values = draw(_chance(world, users, trial), users)
        found = bootstrap_interval(values, seed=trial, resamples=RESAMPLES)
        inside += found.low <= truth <= found.high
    return Outcome(f"mean: {world}", users, inside / simulations)


def difference_of(users: int, simulations: int) -> Outcome:
    """Two models of equal worth on the same users."""
    inside, chances = 0, []
    for trial in range(simulations):
        a, b = pair(_chance("pair", users, trial), users)
        found = paired_difference(a, b, seed=trial, resamples=RESAMPLES, flips=FLIPS)
        inside += found.low <= 0 <= found.high
        chances.append(found.p_value)
    return _with_chances("difference: NDCG, half of the lists equal", users, inside, chances)


def seeded_of(
    world: str, users: int, seeds: int, luck: float, moods: float, simulations: int
) -> Outcome:
    """Two models of equal worth, trained several times each."""
    inside, chances = 0, []
    for trial in range(simulations):
        a, b = trained(_chance(world, users, trial), users, seeds, luck, moods)
        found = seeded_difference(a, b, seed=trial, resamples=RESAMPLES, flips=FLIPS)
        inside += found.low <= 0 <= found.high
        chances.append(found.p_value)
    return _with_chances(f"over seeds: {world}", users, inside, chances)


def _with_chances(world: str, users: int, inside: int, chances: list[float]) -> Outcome:
    p = np.array(chances)
    return Outcome(
        world,
        users,
        inside / len(p),
        float((p <= 0.05).mean()),
        float(kstest(p, "uniform").pvalue),
    )


def _chance(world: str, users: int, trial: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(world.encode()), users, trial])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulations", type=int, default=1000)
    given = parser.parse_args()
    print(f"`python -m bench.coverage --simulations {given.simulations}`\n")
    print("| world | users | coverage of 95 % intervals | p at most 0.05 | KS |")
    print("|---|---|---|---|---|")
    for row in rows(given.simulations):
        alarms = "" if row.alarms is None else f"{row.alarms:.1%}"
        uniform = "" if row.uniform is None else f"{row.uniform:.3f}"
        cells = [row.world, str(row.users), f"{row.coverage:.1%}", alarms, uniform]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
