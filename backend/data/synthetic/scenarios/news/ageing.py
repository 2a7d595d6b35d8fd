"""When stories appear, and how they lose their appeal."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.choices import DAY, Season
from backend.schema import SplitName

BEFORE: Final = 2
"""Days before the first choice from which stories are still about."""

PERIODS_A_DAY: Final = 2


def published(seed: int, items: int, days: int) -> NDArray[np.int64]:
    """i64[I]: second, counted from the start, at which each story appears; evenly spread."""
    rng = np.random.default_rng([seed, 8])
    moments = (rng.permutation(items) + rng.uniform(0, 1, items)) / items
    return np.floor((moments * (days + BEFORE) - BEFORE) * DAY).astype(np.int64)


class Ageing(Season):
    """Half days in which only what has appeared can be read, and what is new is liked best."""

    seconds = DAY // PERIODS_A_DAY

    def __init__(self, appeared: NDArray[np.int64], days: int, freshness: float) -> None:
        self.periods = PERIODS_A_DAY * days
        self._appeared = appeared
        self._loss = np.float32(freshness / DAY)

    def shift(self, period: int, items: NDArray[np.int64]) -> NDArray[np.float32]:
        age = period * self.seconds - self._appeared[items]
        fading = -self._loss * age.astype(np.float32)
        return np.where(age < 0, np.float32(-np.inf), fading).astype(np.float32)

    def shares(self, rng: np.random.Generator, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """At any time alike."""
        return rng.multinomial(wanted, np.full(self.periods, 1 / self.periods))

    def splits(
        self,
        rng: np.random.Generator,
        rows: NDArray[np.int64],
        cold: NDArray[np.bool_],
        seconds: NDArray[np.int64],
    ) -> NDArray[np.str_]:
        """By time, the same moments for everybody."""
        part = seconds / (self.periods * self.seconds)
        late = np.where(part < 0.9, str(SplitName.VALIDATION), str(SplitName.TEST))
        return np.where(part < 0.8, str(SplitName.TRAIN), late).astype(np.str_)
