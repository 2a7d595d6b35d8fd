"""Is fusion worth it? One rule for the page, the command line and the report."""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from backend.errors import InvalidInput
from backend.evaluation.significance import Difference, holm, seeded_difference

Decision = Literal["worth_it", "not_shown", "harmful"]
ALPHA: Final = 0.05
_QUANTILE: Final = 1.959964
_POWER: Final = 0.841621
"""Standard normal quantiles of 0.975 and 0.8: a two-sided test of 5 % that finds four in five."""

Values = NDArray[np.float64]
"""f64[S, U]: the metric of every user under each of S seeds."""


@dataclass(frozen=True)
class Gain:
    """The fusion against one rival.

    `difference` is absolute, over users and seeds; `relative`, `low`, `high` are shares of the
    rival's mean (NaN where that is 0); `adjusted_p` is Holm-corrected over the rivals.
    """

    rival: str
    difference: Difference
    relative: float
    low: float
    high: float
    adjusted_p: float

    @property
    def shown(self) -> bool:
        """Better beyond chance: the interval lies above zero and the corrected p below 0.05."""
        return self.difference.low > 0 and self.adjusted_p < ALPHA

    @property
    def reversed(self) -> bool:
        """Worse beyond chance."""
        return self.difference.high < 0 and self.adjusted_p < ALPHA


@dataclass(frozen=True)
class Worth:
    """The decision and what it rests on; `toughest` is the rival with the smallest sure gain."""

    decision: Decision
    gains: tuple[Gain, ...]
    toughest: Gain
    more_users: int | None
    """About how many more users would show the gain over the toughest rival with a chance of 80 %,
    if it is what it seems and seeds agreed; 0 where these users suffice, so that a gain that is
    not shown wants more seeds. None where there is no gain."""


def judge(fusion: Values, rivals: dict[str, Values], seed: int = 0) -> Worth:
    """Compare a fusion with every rival (best single modality, best click-only model).

    All values are such that more is better, of the same U users in the same order. Worth it: the
    gain over *every* rival is shown. Harmful: some rival is better beyond chance. Else not shown.
    Whoever chose the fusion and the rivals must have done so on other data than these.

    The same rule says whether one modality is worth having: its rivals are the best click-only
    model and the same kind of model over shuffled content, which may gain by mere numbers.
    """
    if not rivals:
        raise InvalidInput("A verdict needs a single-modality or a click-only run to compare with.")
    found = {name: seeded_difference(fusion, values, seed=seed) for name, values in rivals.items()}
    adjusted = holm([difference.p_value for difference in found.values()])
    gains = tuple(
        _gain(name, difference, float(rivals[name].mean()), p)
        for (name, difference), p in zip(found.items(), adjusted, strict=True)
    )
    toughest = min(gains, key=lambda gain: gain.difference.low)
    if all(gain.shown for gain in gains):
        decision: Decision = "worth_it"
    else:
        decision = "harmful" if any(gain.reversed for gain in gains) else "not_shown"
    return Worth(decision, gains, toughest, _more_users(toughest.difference))


def _gain(rival: str, difference: Difference, base: float, p: float) -> Gain:
    scale = 1 / abs(base) if base else math.nan
    return Gain(
        rival,
        difference,
        difference.value * scale,
        difference.low * scale,
        difference.high * scale,
        p,
    )


def _more_users(difference: Difference) -> int | None:
    if difference.value <= 0:
        return None
    if difference.effect_size <= 0:  # the same gain for everybody
        return 0
    needed = ((_QUANTILE + _POWER) / difference.effect_size) ** 2
    return max(0, math.ceil(needed) - difference.n)
