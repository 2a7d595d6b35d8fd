"""Settings to try: the same number of trials for every strategy, the first of them the defaults."""

import math
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from models.config import Setting, Value

_REACH: Final = 4.0
"""A trial lies between a quarter and four times the default, evenly on a log scale."""
_ZERO_REACH: Final = 0.5
"""Shares whose default is zero are drawn evenly from zero to this, or to their upper bound."""


def trial_settings(specs: Iterable[Setting], trial: int, seed: int) -> dict[str, Value]:
    """The settings of trial 0, 1, 2, ...; empty for trial 0, which is the defaults.

    Random search (Bergstra & Bengio 2012) over settings with a decimal value that are not for
    experts: step size, regularisation, dropout. Whole numbers are widths and lengths; changing
    them would change the parameter budget that strategies share. Equal arguments, equal settings.
    """
    if trial == 0:
        return {}
    rng = np.random.default_rng([seed, trial])
    return {
        spec.name: _drawn(spec, rng) for spec in specs if spec.type is float and not spec.expert
    }


def tunable(specs: Iterable[Setting]) -> bool:
    """Whether trials would differ at all."""
    return bool(trial_settings(specs, 1, 0))


def best_trial(validation: Mapping[int, float], higher_is_better: bool) -> int:
    """The trial with the best validation figure, the earliest of equal ones."""
    sign = -1.0 if higher_is_better else 1.0
    return min(validation, key=lambda trial: (sign * validation[trial], trial))


def _drawn(spec: Setting, rng: np.random.Generator) -> float:
    default = float(spec.default)
    low = -math.inf if spec.low is None else spec.low
    high = math.inf if spec.high is None else spec.high
    if default <= 0:
        return float(rng.uniform(max(low, 0.0), min(high, _ZERO_REACH)))
    drawn = default * _REACH ** rng.uniform(-1, 1)
    return float(np.clip(drawn, low, high))
