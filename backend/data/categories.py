"""What kinds of items there are, as shares."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.dataset import Interactions
from backend.schema import Col

_MOST: Final = 200
"""A catalogue with more kinds than this tells identifiers, not kinds; the rarest are left out."""


def category_shares(items: pd.DataFrame) -> NDArray[np.float32] | None:
    """f32[I, C], C at most 200: an item of `a|b` is half an `a`; a row of zeros has no category.

    None where no item has one.
    """
    named = _named_shares(items)
    return None if named is None else named[1]


def favourite_categories(
    items: pd.DataFrame, history: Interactions, n_users: int
) -> tuple[tuple[str, ...], NDArray[np.int64]] | None:
    """(names, i64[U] the category that takes most of each user's history, -1 where unknown).

    None where no item has a category.
    """
    named = _named_shares(items)
    if named is None:
        return None
    names, shares = named
    total = np.zeros((n_users, len(names)), np.float32)
    np.add.at(total, history.users, shares[history.items])
    return names, np.where(total.any(axis=1), total.argmax(axis=1), -1)


def _named_shares(items: pd.DataFrame) -> tuple[tuple[str, ...], NDArray[np.float32]] | None:
    parts = items[Col.CATEGORY].reset_index(drop=True).str.split("|").explode().str.strip()
    parts = parts[parts != ""]
    names = parts.value_counts().index[:_MOST]
    if not len(names):
        return None
    kept = parts[parts.isin(names)]
    shares = np.zeros((len(items), len(names)), np.float32)
    shares[kept.index.to_numpy(), names.get_indexer(pd.Index(kept))] = 1
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return tuple(map(str, names)), shares
