"""The users of a generated shop: how much each heeds picture and text, and what each likes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.catalogue import HIDDEN, Catalogue
from backend.data.synthetic.config import ShopConfig
from backend.data.synthetic.vocabulary import (
    CATEGORIES,
    COMBINATIONS,
    PROPERTIES,
    columns_of,
)
from models.modality import Modality

HABIT = 0.3
"""Standard deviation of the mild taste for categories, against 1 for all tastes for content."""

SPREAD = 0.7
"""Concentration of the Beta distribution of weights: below 2 more users lean to one side."""


@dataclass(frozen=True)
class Tastes:
    """U users. Every utility is linear in these, so that no users x items table is ever needed.

    `weights` f32[U, 2]: of picture and text, adding to 1.
    `strength` f32[U, 4]: factors of the four parts picture, text, combination, hidden.
    `values` f32[U, V]: liking of each value of each property, properties side by side; the sum
    over an item's picture values has mean 0 and standard deviation 1 over the catalogue, and so
    has the sum over its text values. `combinations` f32[U, K], `hidden` f32[U, H],
    `categories` f32[U, C].
    """

    user_ids: NDArray[np.str_]
    weights: NDArray[np.float32]
    strength: NDArray[np.float32]
    values: NDArray[np.float32]
    combinations: NDArray[np.float32]
    hidden: NDArray[np.float32]
    categories: NDArray[np.float32]


def starts() -> NDArray[np.int64]:
    """First column of each property in `Tastes.values`."""
    return np.cumsum([0] + [len(prop.values) for prop in PROPERTIES[:-1]])


def draw_tastes(config: ShopConfig, catalogue: Catalogue, user_ids: NDArray[np.str_]) -> Tastes:
    """Independent users; each cares most for one or two properties and likes few values of each."""
    rng = np.random.default_rng([config.seed, 2])
    count = len(user_ids)
    weights = _weights(rng, config.mean_image_weight, count)
    categories = _likings(rng, count, len(CATEGORIES))
    categories = HABIT * _standardised(categories, _one_hot(catalogue.category, len(CATEGORIES)))
    combinations = rng.standard_normal((count, len(COMBINATIONS)), dtype=np.float32)
    hidden = rng.standard_normal((count, HIDDEN), dtype=np.float32)
    return Tastes(
        user_ids=user_ids,
        weights=weights,
        strength=_strength(config, weights),
        values=np.concatenate(
            [_property_values(rng, catalogue, m, count) for m in (Modality.IMAGE, Modality.TEXT)],
            axis=1,
        ),
        combinations=combinations / np.linalg.norm(combinations, axis=1, keepdims=True),
        hidden=hidden / np.linalg.norm(hidden, axis=1, keepdims=True),
        categories=categories,
    )


def _weights(rng: np.random.Generator, mean: float, count: int) -> NDArray[np.float32]:
    if mean in (0.0, 1.0):
        image = np.full(count, mean)
    else:
        image = rng.beta(2 * SPREAD * mean, 2 * SPREAD * (1 - mean), count)
    return np.stack([image, 1 - image], axis=1).astype(np.float32)


def _strength(config: ShopConfig, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares of variance: every user is equally choosy, whatever the weights."""
    direction = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    single = np.sqrt(config.unique_share * (1 - config.synergy))
    rest = np.sqrt([config.synergy, (1 - config.unique_share) * (1 - config.synergy)])
    return np.concatenate(
        [single * direction, np.broadcast_to(rest, (len(weights), 2))], axis=1
    ).astype(np.float32)


def _property_values(
    rng: np.random.Generator, catalogue: Catalogue, modality: Modality, count: int
) -> NDArray[np.float32]:
    columns = columns_of(modality)
    care = rng.dirichlet(np.full(len(columns), 2.0), count).astype(np.float32)
    likings, one_hot = [], []
    for place, col in enumerate(columns):
        size = len(PROPERTIES[col].values)
        liking = _likings(rng, count, size)
        liking -= liking.mean(axis=1, keepdims=True)
        liking /= liking.std(axis=1, keepdims=True)
        likings.append(care[:, [place]] * liking)
        one_hot.append(_one_hot(catalogue.codes[:, col], size))
    return _standardised(np.concatenate(likings, axis=1), np.concatenate(one_hot, axis=1))


def _likings(rng: np.random.Generator, count: int, size: int) -> NDArray[np.float32]:
    """Heavy-tailed, so that a few values stand out."""
    return rng.standard_exponential((count, size), dtype=np.float32) ** 1.5


def _one_hot(codes: NDArray[np.int8], size: int) -> NDArray[np.float32]:
    return np.asarray(codes[:, None] == np.arange(size), dtype=np.float32)


def _standardised(
    likings: NDArray[np.float32], one_hot: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Shift and scale so that `likings @ one_hot.T` has mean 0 and deviation 1 in every row.

    Mean and variance come from the values' (co-)occurrences: nothing of size users x items.
    """
    items = len(one_hot)
    parts = one_hot.sum(axis=1).mean()
    mean = likings @ one_hot.mean(axis=0)
    shifted = likings - mean[:, None] / parts
    together = (one_hot.T @ one_hot) / items
    variance = np.einsum("uv,vw,uw->u", shifted, together, shifted, optimize=True)
    return np.asarray(shifted / np.sqrt(np.maximum(variance, 1e-12))[:, None], dtype=np.float32)
