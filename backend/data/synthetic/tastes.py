"""The users of a generated world: how much each heeds which modality, and what each likes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.blueprint import Blueprint
from backend.data.synthetic.catalogue import HIDDEN, Catalogue
from models.modality import Modality

HABIT = 0.3
"""Standard deviation of the mild taste for categories, against 1 for all tastes for content."""

SPREAD = 0.7
"""Concentration of the distribution of weights: below 2 more users lean to one side."""

LIKENESS = 6.0
"""What the own value of a property counts among the random likings, whose mean is 1.3."""


@dataclass(frozen=True)
class Selves:
    """Where users are items as well: `rows` i64[U] names each one's own item (-1: none).

    `pull` says from 0 to 1 how much a user's taste is for what resembles that item.
    """

    rows: NDArray[np.int64]
    pull: float


@dataclass(frozen=True)
class Tastes:
    """U users. Every utility is linear in these, so that no users x items table is ever needed.

    `weights` f32[U, M]: of the modalities, adding to 1.
    `strength` f32[U, M + 2]: factors of the modalities, of combinations, and of the hidden part.
    `values` f32[U, V]: liking of each value of each property, properties side by side; the sum
    over an item's values of one modality has mean 0 and standard deviation 1 over the catalogue.
    `combinations` f32[U, K], `hidden` f32[U, H], `categories` f32[U, C].
    """

    user_ids: NDArray[np.str_]
    weights: NDArray[np.float32]
    strength: NDArray[np.float32]
    values: NDArray[np.float32]
    combinations: NDArray[np.float32]
    hidden: NDArray[np.float32]
    categories: NDArray[np.float32]


def draw_tastes(
    plan: Blueprint,
    catalogue: Catalogue,
    user_ids: NDArray[np.str_],
    selves: Selves | None = None,
) -> Tastes:
    """Independent users; each cares most for one or two properties and likes few values of each."""
    rng = np.random.default_rng([plan.seed, 2])
    count, words = len(user_ids), plan.vocabulary
    weights = _weights(rng, np.array(plan.weights), count)
    kinds = len(words.categories)
    categories = _likings(rng, count, kinds)
    categories = HABIT * _standardised(categories, _one_hot(catalogue.category, kinds))
    combinations = rng.standard_normal((count, len(words.combinations)), dtype=np.float32)
    hidden = _unit(rng.standard_normal((count, HIDDEN), dtype=np.float32))
    if selves is not None:
        own = _unit(catalogue.hidden[selves.rows]) * (selves.rows >= 0)[:, None]
        hidden = _unit((1 - selves.pull) * hidden + selves.pull * own)
    return Tastes(
        user_ids=user_ids,
        weights=weights,
        strength=_strength(plan, weights),
        values=np.concatenate(
            [_property_values(rng, plan, catalogue, m, count, selves) for m in words.modalities],
            axis=1,
        ),
        combinations=_unit(combinations),
        hidden=hidden,
        categories=categories,
    )


def _weights(
    rng: np.random.Generator, means: NDArray[np.float64], count: int
) -> NDArray[np.float32]:
    heeded = np.flatnonzero(means)
    weights = np.zeros((count, len(means)))
    if len(heeded) == 1:
        weights[:, heeded[0]] = 1.0
    elif len(means) == 2:
        first = rng.beta(2 * SPREAD * means[0], 2 * SPREAD * means[1], count)
        weights = np.stack([first, 1 - first], axis=1)
    else:
        weights[:, heeded] = rng.dirichlet(len(heeded) * SPREAD * means[heeded], count)
    return weights.astype(np.float32)


def _strength(plan: Blueprint, weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares of variance: every user is equally choosy, whatever the weights."""
    direction = weights / np.linalg.norm(weights, axis=1, keepdims=True)
    single = np.sqrt(plan.revealed * (1 - plan.synergy))
    rest = np.sqrt([plan.synergy, (1 - plan.revealed) * (1 - plan.synergy)])
    return np.concatenate(
        [single * direction, np.broadcast_to(rest, (len(weights), 2))], axis=1
    ).astype(np.float32)


def _property_values(
    rng: np.random.Generator,
    plan: Blueprint,
    catalogue: Catalogue,
    modality: Modality,
    count: int,
    selves: Selves | None,
) -> NDArray[np.float32]:
    columns = plan.vocabulary.columns_of(modality)
    care = rng.dirichlet(np.full(len(columns), 2.0), count).astype(np.float32)
    likings, one_hot = [], []
    for place, col in enumerate(columns):
        size = len(plan.vocabulary.properties[col].values)
        liking = _likings(rng, count, size)
        one_hot.append(_one_hot(catalogue.codes[:, col], size))
        if selves is not None:
            own = LIKENESS * one_hot[-1][selves.rows] * (selves.rows >= 0)[:, None]
            liking = ((1 - selves.pull) * liking + selves.pull * own).astype(np.float32)
        liking -= liking.mean(axis=1, keepdims=True)
        liking /= liking.std(axis=1, keepdims=True)
        likings.append(care[:, [place]] * liking)
    return _standardised(np.concatenate(likings, axis=1), np.concatenate(one_hot, axis=1))


def _likings(rng: np.random.Generator, count: int, size: int) -> NDArray[np.float32]:
    """Heavy-tailed, so that a few values stand out."""
    return rng.standard_exponential((count, size), dtype=np.float32) ** 1.5


def _one_hot(codes: NDArray[np.int8], size: int) -> NDArray[np.float32]:
    return np.asarray(codes[:, None] == np.arange(size), dtype=np.float32)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, np.float32(1)), dtype=np.float32)


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
