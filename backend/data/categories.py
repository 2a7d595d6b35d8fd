"""What kinds of items there are, as shares."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.schema import Col

_MOST: Final = 200
"""A catalogue with more kinds than this tells identifiers, not kinds; the rarest are left out."""


def category_shares(items: pd.DataFrame) -> NDArray[np.float32] | None:
    """f32[I, C], C at most 200: an item of `a|b` is half an `a`; a row of zeros has no category.

    None where no item has one.
    """
    parts = items[Col.CATEGORY].reset_index(drop=True).str.split("|").explode().str.strip()
    parts = parts[parts != ""]
    names = parts.value_counts().index[:_MOST]
    if not len(names):
        return None
    kept = parts[parts.isin(names)]
    shares = np.zeros((len(items), len(names)), np.float32)
    shares[kept.index.to_numpy(), names.get_indexer(pd.Index(kept))] = 1
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1)
    return shares
