"""A data set as every later stage sees it: immutable, dense row numbers, a content fingerprint."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Interactions:
    """Pairs in dense rows. `users`, `items` i64[N]; `ratings` f32[N]."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    ratings: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True)
class SplitData:
    """Three disjoint parts of a data set's interactions (positives only for ranking)."""

    train: Interactions
    validation: Interactions
    test: Interactions


@dataclass(frozen=True)
class Dataset:
    """A catalogue and what users did with it.

    `items`: row number = `item_num`; columns `item_id, title, text, category, price, image`
    (missing: "" for strings, NaN for price; `image` is the SHA-256 of the stored picture or ""),
    then one column per attribute. `interactions`: `user_num, item_num, rating` (f32, 1.0 where the
    source has none), `timestamp` (i64 seconds since 1970 UTC, 0 where unknown) and, if the source
    had it, `split`. `user_ids[user_num]` is the external identifier.
    """

    fingerprint: str
    root: Path
    items: pd.DataFrame
    interactions: pd.DataFrame
    user_ids: NDArray[np.str_]

    @property
    def n_users(self) -> int:
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        return len(self.items)
