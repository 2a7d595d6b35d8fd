"""Which past choices a score rests on, and how few of them carry an item's place in the list."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import torch

from backend.explain.modality_shapley import CoalitionTables
from models.graph import csr_rows
from models.recommenders import Embeddings

Without = Callable[[Sequence[frozenset[int]]], Embeddings | None]
"""The trained model for one person who has never chosen these items: row n is that person without
the n-th set. None where it keeps a vector per user, whatever that was made from."""

MOST_REMOVED: Final = 5


@dataclass(frozen=True)
class Past:
    """What each past item adds to one score, largest first. `exact`: the score is a sum over the
    history, and these are its terms; else the drop when the model is asked without that choice."""

    shares: Mapping[int, float]
    exact: bool


def past(
    embeddings: Embeddings, user: int, item: int, history: Sequence[int], without: Without
) -> Past:
    """Over `history`; without shares where the model keeps a vector per user."""
    if embeddings.users.layout == torch.sparse_csr:
        _, columns, values = csr_rows(embeddings.users, torch.tensor([user]))
        terms = (values * embeddings.items[item, columns]).tolist()
        known = dict(zip(columns.tolist(), terms, strict=True))
        return Past(_ordered({one: known.get(one, 0.0) for one in history}), True)
    changed = without([frozenset(), *(frozenset([one]) for one in history)])
    if changed is None:
        return Past({}, False)
    people = torch.arange(1 + len(history))
    scores = changed.score_pairs(people, torch.full_like(people, item)).tolist()
    return Past(
        _ordered({one: scores[0] - left for one, left in zip(history, scores[1:], strict=True)}),
        False,
    )


@dataclass(frozen=True)
class Counterfactual:
    """The smallest change found after which the item is no longer in the first `k`. `removed`:
    players, or past items; `rank`: its place then."""

    removed: tuple[str, ...] | tuple[int, ...]
    rank: int


def without_players(
    tables: CoalitionTables, user: int, item: int, k: int, known: Sequence[int]
) -> Counterfactual | None:
    """Fewest players to take from this item, all other items as they are; None where even without
    all of them it stays. `known` items are not ranked."""
    values = tables.values(torch.tensor([user]), torch.tensor([item]))[:, 0]
    others = _others(tables.embeddings(), user, item, known)
    players, full = tables.players, len(values) - 1
    for size in range(1, len(players) + 1):
        ranks = {}
        for chosen in combinations(range(len(players)), size):
            left = values[full - sum(1 << place for place in chosen)]
            ranks[chosen] = 1 + int((others > left).sum())
        lowest, rank = max(ranks.items(), key=lambda pair: pair[1])
        if rank > k:
            return Counterfactual(tuple(players[place] for place in lowest), rank)
    return None


def without_choices(
    shares: Past, item: int, k: int, known: Sequence[int], without: Without
) -> Counterfactual | None:
    """Past choices taken away from the largest on, at most `MOST_REMOVED`; None where they do not
    suffice. Everything is scored anew; `known` items are not ranked."""
    largest = [one for one, share in shares.shares.items() if share > 0][:MOST_REMOVED]
    changed = without([frozenset(largest[: n + 1]) for n in range(len(largest))])
    for row in range(len(largest) if changed is not None else 0):
        assert changed is not None
        own = changed.score_pairs(torch.tensor([row]), torch.tensor([item]))
        rank = 1 + int((_others(changed, row, item, known) > own.double()).sum())
        if rank > k:
            return Counterfactual(tuple(largest[: row + 1]), rank)
    return None


def _others(embeddings: Embeddings, user: int, item: int, known: Sequence[int]) -> torch.Tensor:
    scores = embeddings.score(torch.tensor([user]))[0].double()
    scores[torch.tensor([*known, item], dtype=torch.long)] = -torch.inf
    return scores


def _ordered(shares: Mapping[int, float]) -> dict[int, float]:
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))
