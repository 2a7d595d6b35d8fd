"""A data set in the making: a judged catalogue and judged interactions."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.events import Events


@dataclass(frozen=True)
class Draft:
    """`items` as in `Dataset`, but media still by name; `lines` of them in the source; `events`."""

    items: pd.DataFrame
    lines: NDArray[np.int64]
    events: Events

    @property
    def users(self) -> int:
        """How many users have an interaction."""
        return len(np.unique(self.events.users))

    def with_events(self, mask: NDArray[np.bool_]) -> "Draft":
        """Only the interactions of bool[N] `mask`; the catalogue stays."""
        return replace(self, events=self.events.kept(mask))

    def with_items(self, mask: NDArray[np.bool_]) -> "Draft":
        """Only the items of bool[I] `mask` and their interactions."""
        if mask.all():
            return self
        rows = (np.cumsum(mask) - 1).astype(np.int32)
        events = self.events.kept(mask[self.events.items])
        return Draft(
            self.items[mask].reset_index(drop=True),
            self.lines[mask],
            replace(events, items=rows[events.items]),
        )
