"""What users did while a data set is being made: compact columns, no Python object per row."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from backend.schema import Col, SplitName

SPLITS = tuple(SplitName)


@dataclass(frozen=True)
class Events:
    """One entry per good row, in the order of the source.

    `users` i32[N] into `user_ids`, of which some may be unused; `items` i32[N] rows of the
    catalogue; `ratings` f32[N], `timestamps` i64[N] as in `Dataset`; `splits` i8[N] places in
    SPLITS and `reviews` text[N], None where the source has none. `lines` i64[N] and `origins`
    i16[N] into `files` say where a row stood.
    """

    users: NDArray[np.int32]
    items: NDArray[np.int32]
    ratings: NDArray[np.float32]
    timestamps: NDArray[np.int64]
    splits: NDArray[np.int8] | None
    reviews: "pd.Series[str] | None"
    lines: NDArray[np.int64]
    origins: NDArray[np.int16]
    files: tuple[str, ...]
    user_ids: pa.Array

    def __len__(self) -> int:
        return len(self.users)

    def kept(self, mask: NDArray[np.bool_]) -> "Events":
        """Only the rows of bool[N] `mask`."""
        if mask.all():
            return self
        return replace(
            self,
            users=self.users[mask],
            items=self.items[mask],
            ratings=self.ratings[mask],
            timestamps=self.timestamps[mask],
            splits=None if self.splits is None else self.splits[mask],
            reviews=None if self.reviews is None else self.reviews[mask].reset_index(drop=True),
            lines=self.lines[mask],
            origins=self.origins[mask],
        )

    def numbered(self) -> tuple[pd.DataFrame, NDArray[np.str_]]:
        """(interactions and user_ids as in `Dataset`): users in order of appearance."""
        users, used = pd.factorize(self.users)
        columns: dict[str, object] = {
            Col.USER_NUM: users.astype(np.int64),
            Col.ITEM_NUM: self.items.astype(np.int64),
            Col.RATING: self.ratings,
            Col.TIMESTAMP: self.timestamps,
        }
        if self.reviews is not None:
            columns[Col.REVIEW] = self.reviews
        if self.splits is not None:
            names = pa.array([str(name) for name in SPLITS], pa.large_string())
            columns[Col.SPLIT] = pd.Series(names.take(pa.array(self.splits)).to_pandas(), dtype=str)
        user_ids = np.asarray(self.user_ids.take(pa.array(used)).to_pylist(), dtype=np.str_)
        return pd.DataFrame(columns), user_ids
