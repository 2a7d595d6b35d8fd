"""Lists by what a person wants to count: contributions turned up and down, and what moves."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.errors import InvalidInput
from backend.workflows.additions import list_added
from backend.workflows.cards import ItemCard
from backend.workflows.loading import load_run
from backend.workflows.recommendation import (
    RecommendationList,
    Recommended,
    attribute,
    candidates_of,
    cards_of,
    items_of,
    rank_for,
    user_number,
)
from backend.workflows.workspace import Workspace

LOUDEST: Final = 3.0
"""The largest weight; 1 leaves a contribution as the model has it, 0 takes it out."""
_POOL: Final = 5000
"""Items of a user that are weighed again: the best of the plain list."""


@dataclass(frozen=True)
class Move:
    """Where an item stands now and stood before, and whose weight moved it.

    `before` is its place in the plain list, from 1. `player` is the one whose changed weight gave
    the item the most against the average of those shown (took the most, where it fell); "" where
    the place is the same.
    """

    card: ItemCard
    rank: int
    before: int
    player: str


@dataclass(frozen=True)
class Reweighed:
    """A list after its contributions were weighed anew."""

    found: RecommendationList
    """Its attributions are the weighed ones: with the baseline they sum to the new score."""
    moves: tuple[Move, ...]
    """For each item of the list, in its order."""
    gone: tuple[ItemCard, ...]
    """What stood in a list of the same length before and does not now, best first."""


@dataclass(frozen=True)
class _Pool:
    """The plain list of one person, best first: `items` i64[N]; `scores` f64[N]; `parts` f64[N, P],
    each player's contribution."""

    items: NDArray[np.int64]
    scores: NDArray[np.float64]
    parts: NDArray[np.float64]


def reweigh(
    workspace: Workspace, plain: RecommendationList, user_id: str, weights: Mapping[str, float]
) -> Reweighed:
    """`score + sum over players of (w_p - 1) * contribution_p`, ranked again.

    Nothing is trained or solved: contributions are exact Shapley values, so with all weights at 1
    the list is the plain one. Players not named keep 1. Raises InvalidInput for a weight out of
    range.
    """
    loaded = load_run(workspace, plain.run_id)
    change = np.array([_weight(weights, player) - 1.0 for player in plain.players])
    added = len(list_added(workspace, loaded.record.dataset_id))
    user = user_number(loaded, user_id)
    pool = _pool(workspace, loaded.record.id, user, added)
    gains = pool.parts * change
    scores = pool.scores + gains.sum(1)
    places = np.lexsort((np.arange(len(scores)), -scores))[: len(plain.items)]
    items = pool.items[places].tolist()
    cards = cards_of(workspace, loaded, items)
    held_out = set(items_of(loaded.split.test, user).tolist())
    shown = tuple(
        Recommended(
            card,
            rank,
            float(scores[place]),
            dict(zip(plain.players, (pool.parts[place] * (change + 1)).tolist(), strict=True)),
            pool.items[place] in held_out,
        )
        for rank, (card, place) in enumerate(zip(cards, places, strict=True), start=1)
    )
    usual = gains[: len(plain.items)].mean(0) if len(gains) else change
    moves = tuple(
        Move(
            item.card,
            item.rank,
            int(place) + 1,
            _mover(plain.players, gains[place] - usual, int(place) + 1 - item.rank),
        )
        for item, place in zip(shown, places, strict=True)
    )
    kept = {item.card.item_id for item in shown}
    gone = tuple(item.card for item in plain.items if item.card.item_id not in kept)
    return Reweighed(replace(plain, items=shown), moves, gone)


@lru_cache(maxsize=64)
def _pool(workspace: Workspace, run_id: str, user: int, added: int) -> _Pool:
    """Kept for the people last looked at; `added` items by hand are part of the key."""
    loaded = load_run(workspace, run_id)
    ranked = rank_for(workspace, loaded, user, min(_POOL, candidates_of(workspace, loaded)))
    shares = attribute(workspace, loaded, user, ranked.items.tolist())
    players = loaded.model.players
    parts = np.array([[share[player] for player in players] for share in shares])
    return _Pool(
        ranked.items, ranked.scores.astype(np.float64), parts.reshape(len(shares), len(players))
    )


def _weight(weights: Mapping[str, float], player: str) -> float:
    weight = weights.get(player, 1.0)
    if not 0.0 <= weight <= LOUDEST:
        raise InvalidInput(f"A weight lies between 0 and {LOUDEST:g}, not {weight:g}.")
    return weight


def _mover(players: tuple[str, ...], gains: NDArray[np.float64], climbed: int) -> str:
    if not climbed:
        return ""
    return players[int(np.argmax(gains if climbed > 0 else -gains))]
