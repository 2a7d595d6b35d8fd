"""Whether interactions of modalities find a planted taste for combinations; generated data only."""

from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.evaluation.metrics.clicks import auc
from backend.explain.modality_shapley import CoalitionTables
from models.modality import COLLABORATIVE


def found_synergy(tables: CoalitionTables, users: Tensor, items: Tensor) -> NDArray[np.float64]:
    """f64[E, J]: what the modalities of each of the items i64[J] are worth together to each of the
    users i64[E] beyond what they are worth alone, over all pairs of modalities, less the user's
    mean: what is equal for all items orders nothing."""
    modalities = [p for p, name in enumerate(tables.players) if name != COLLABORATIVE]
    total = np.zeros((len(users), len(items)))
    for place, user in enumerate(users.tolist()):
        found = tables.interactions(torch.full_like(items, user), items)
        for a, b in combinations(modalities, 2):
            total[place] += found[:, a, b].numpy()
    return np.asarray(total - total.mean(axis=1, keepdims=True))


def synergy_auc(found: NDArray[np.float64], planted: NDArray[np.float64]) -> float | None:
    """How often a pair of user and item whose combination is liked (planted above 0) has a larger
    found synergy than one whose combination is disliked; ties count half.

    Both f64[E, J]. Strict: direction and not size alone has to be right, for every pair, also where
    likes and dislikes almost cancel out. None where nothing was planted.
    """
    liked, disliked = planted > 0, planted < 0
    if not liked.any() or not disliked.any():
        return None
    told = liked | disliked
    return auc(torch.from_numpy(found[told]), torch.from_numpy(liked[told]).double())
