"""Choices of words for one item, which do not depend on what else is asked for."""

from collections.abc import Sequence
from typing import Self, TypeVar

import numpy as np

_DRAWS = 24

T = TypeVar("T")


class Dice:
    """Ready-made random numbers, one after the other: a generator per item would be slow."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = iter(numbers)

    @classmethod
    def of_item(cls, seed: int, row: int) -> Self:
        """24 numbers of this item of this world."""
        # SeedSequence mixes (seed, row) well and costs a tenth of a full Generator.
        state = np.random.SeedSequence([seed, 4, row]).generate_state(_DRAWS)
        return cls([int(number) for number in state])

    def one_of(self, options: Sequence[T]) -> T:
        """Any of them; uses one number."""
        return options[next(self._numbers) % len(options)]

    def shuffled(self, parts: Sequence[str]) -> list[str]:
        """All of them in any order; uses one number for each."""
        keys = [next(self._numbers) for _ in parts]
        return [part for _, part in sorted(zip(keys, parts, strict=True))]
