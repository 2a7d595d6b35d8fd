"""Who is who in a social network, and how its graph grows: by taste first, then along itself."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from backend.data.synthetic.blueprint import Blueprint
from backend.data.synthetic.catalogue import Catalogue, draw_catalogue, numbered
from backend.data.synthetic.choices import (
    DAY,
    GROUP,
    START,
    Choices,
    gumbel,
    history_lengths,
    random_splits,
    top,
    utilities,
)
from backend.data.synthetic.truth import Truth

ROUNDS: Final = 6
ROUND_SECONDS: Final = 15 * DAY
_APART: Final = 0.5
"""Standard deviation within a circle, against 1 between them."""

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Row of the user, row of the profile, round."""


def draw_profiles(plan: Blueprint, groups: int, circles: int) -> Catalogue:
    """Groups first, then people; each profile belongs to one circle."""
    catalogue = draw_catalogue(plan)
    rng = np.random.default_rng([plan.seed, 9])
    width = max(plan.items, plan.users)
    centres = rng.standard_normal((circles, catalogue.hidden.shape[1]))
    circle = rng.permutation(np.arange(plan.items) % circles)
    hidden = centres[circle] + _APART * catalogue.hidden
    return replace(
        catalogue,
        item_ids=np.concatenate(
            [numbered("G", width)[:groups], person_ids(plan)[: plan.items - groups]]
        ),
        category=(np.arange(plan.items) < groups).astype(np.int8),
        hidden=(hidden / hidden.std()).astype(np.float32),
    )


def person_ids(plan: Blueprint) -> NDArray[np.str_]:
    """Identifiers of as many people as there can be, as users and as profiles alike."""
    return numbered("P", max(plan.items, plan.users))


def own_profiles(plan: Blueprint, groups: int) -> NDArray[np.int64]:
    """i64[U]: the row of each user's own profile, -1 for who has none."""
    rows = groups + np.arange(plan.users)
    return np.where(rows < plan.items, rows, -1)


def grow(truth: Truth, own: NDArray[np.int64], closure: float) -> Iterator[Choices]:
    """Follows in groups of users in order.

    In each of six rounds everybody sees the graph as it was at the end of the round before. Nobody
    follows the own profile.
    """
    users = len(truth.user_ids)
    rng = np.random.default_rng([truth.plan.seed, 3])
    wanted = history_lengths(rng, truth.plan.interactions_per_user, users, len(truth.item_ids))
    shares = (wanted[:, None] + np.arange(ROUNDS)) // ROUNDS
    graph = sparse.csr_array((users, len(truth.item_ids)), dtype=np.float32)
    parts: list[Pairs] = []
    for number in range(ROUNDS):
        fresh = [
            _follow(truth, own, graph, closure, rows, shares[rows, number], number)
            for rows in _groups(users)
        ]
        parts += fresh
        rows, columns = (np.concatenate([part[k] for part in fresh]) for k in (0, 1))
        ones = np.ones(len(rows), dtype=np.float32)
        graph = graph + sparse.csr_array((ones, (rows, columns)), shape=graph.shape)
    whole = tuple(np.concatenate([part[k] for part in parts]) for k in range(3))
    yield from _told(truth, (whole[0], whole[1], whole[2]))


def acquainted(
    graph: "sparse.csr_array", own: NDArray[np.int64], users: NDArray[np.int64]
) -> NDArray[np.float32]:
    """f32[N, I]: how many of those whom each of N users follows follow each profile."""
    has_profile = np.flatnonzero(own >= 0)
    people = graph[users][:, own[has_profile]]
    return np.asarray((people @ graph[has_profile]).toarray(), dtype=np.float32)


def _groups(users: int) -> Iterator[NDArray[np.int64]]:
    for first in range(0, users, GROUP):
        yield np.arange(first, min(first + GROUP, users))


def _follow(
    truth: Truth,
    own: NDArray[np.int64],
    graph: "sparse.csr_array",
    closure: float,
    users: NDArray[np.int64],
    wanted: NDArray[np.int64],
    number: int,
) -> Pairs:
    rng = np.random.default_rng([truth.plan.seed, 3, number, int(users[0])])
    appeal = utilities(truth, users, np.arange(len(truth.item_ids)))
    appeal += np.float32(closure) * np.log2(1 + acquainted(graph, own, users))
    appeal += np.float32(truth.plan.noise) * gumbel(rng, appeal.shape)
    known = graph[users].toarray() > 0
    known[np.flatnonzero(own[users] >= 0), own[users][own[users] >= 0]] = True
    appeal[known] = -np.inf
    rows, columns = top(appeal, wanted)
    return users[rows], columns, np.full(len(rows), number)


def _told(truth: Truth, pairs: Pairs) -> Iterator[Choices]:
    """The follows of 64 users at a time, in order of time, with their splits."""
    users, items, rounds = pairs
    for group in _groups(len(truth.user_ids)):
        mine = np.flatnonzero((users >= group[0]) & (users <= group[-1]))
        rng = np.random.default_rng([truth.plan.seed, 10, int(group[0])])
        seconds = rounds[mine] * ROUND_SECONDS + rng.integers(ROUND_SECONDS, size=len(mine))
        order = np.lexsort((items[mine], seconds, users[mine]))
        sorted_users, sorted_items = users[mine[order]], items[mine[order]]
        cold = truth.catalogue.cold[sorted_items]
        yield Choices(
            users=sorted_users,
            items=sorted_items,
            ratings=None,
            timestamps=START + seconds[order],
            splits=random_splits(rng, sorted_users - group[0], cold),
        )
