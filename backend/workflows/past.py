"""Which past choices drove a recommendation, and what would take it out of the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from torch import Tensor

from backend.explain.past import Without, past, without_choices, without_players
from backend.workflows.cards import ItemCard, catalogue_cards
from backend.workflows.loading import LoadedRun, build_model, coalition_tables, load_run, members_in
from backend.workflows.recommendation import item_number, items_of, user_number
from backend.workflows.workspace import Workspace
from models.recommenders import Embeddings

LIST_LENGTH: Final = 10
MOST_PAST: Final = 200
"""Past choices that are judged, of a longer history the first in the catalogue's order."""


@dataclass(frozen=True)
class PastChoice:
    """A past choice and its part of one score."""

    card: ItemCard
    share: float


@dataclass(frozen=True)
class Driven:
    """What of the past drove one recommendation, and what would take it out of the first ten."""

    choices: tuple[PastChoice, ...]
    """Largest part first; empty where the run keeps a vector per person and no history."""
    exact: bool
    """The parts are terms of the score; else each is what the score loses without that choice."""
    rank: int
    players: tuple[str, ...] | None
    """The fewest modalities (or clicks) of the item without which it is out; None: nothing is
    enough, or it is not in the first ten."""
    players_rank: int
    removed: tuple[ItemCard, ...] | None
    """The past choices without which it is out; None likewise."""
    removed_rank: int


@lru_cache(maxsize=64)
def driven(workspace: Workspace, run_id: str, user_id: str, item_id: str) -> Driven:
    """For a person and an item of the catalogue; NotFound for one added by hand."""
    loaded = load_run(workspace, run_id)
    user, item = user_number(loaded, user_id), item_number(loaded, item_id)
    known = items_of(loaded.split.train, user).tolist()
    without = _without(loaded, user)
    found = past(loaded.embeddings, user, item, known[:MOST_PAST], without)
    rank = _rank(loaded, user, item, known)
    tables = coalition_tables(workspace, loaded.record.id)
    inside = rank <= LIST_LENGTH
    less = without_players(tables, user, item, LIST_LENGTH, known) if inside else None
    fewer = without_choices(found, item, LIST_LENGTH, known, without) if inside else None
    return Driven(
        choices=_choices(loaded, found.shares),
        exact=found.exact,
        rank=rank,
        players=tuple(str(name) for name in less.removed) if less else None,
        players_rank=less.rank if less else rank,
        removed=_cards(loaded, fewer.removed) if fewer else None,
        removed_rank=fewer.rank if fewer else rank,
    )


def _without(loaded: LoadedRun, user: int) -> Without:
    """The trained weights, asked for further people: copies of one who lack some choices."""

    def answer(sets: Sequence[frozenset[int]]) -> Embeddings | None:
        data, count = loaded.data, loaded.data.n_users
        own = data.users == user
        kept = [_kept(data.items[own], gone) for gone in sets]
        people = [torch.full((int(keep.sum()),), count + n) for n, keep in enumerate(kept)]
        more = replace(
            data,
            n_users=count + len(sets),
            users=torch.cat([data.users, *people]),
            items=torch.cat([data.items, *(data.items[own][keep] for keep in kept)]),
            ratings=torch.cat([data.ratings, *(data.ratings[own][keep] for keep in kept)]),
        )
        model = build_model(loaded.record, more, members_in(loaded.model))
        try:
            model.load_state_dict(loaded.model.state_dict())
        except RuntimeError:  # a learned vector per user has no row for these
            return None
        model.eval()
        with torch.no_grad():
            found = model.embed()
        rows = torch.arange(count, count + len(sets))
        return replace(found, users=found.user_rows(rows), user_bias=found.user_bias[rows])

    return answer


def _kept(items: Tensor, gone: frozenset[int]) -> Tensor:
    return ~torch.isin(items, torch.tensor(sorted(gone), dtype=torch.long))


def _rank(loaded: LoadedRun, user: int, item: int, known: list[int]) -> int:
    scores = loaded.embeddings.score(torch.tensor([user]))[0].clone()
    own = float(scores[item])
    scores[torch.tensor(known, dtype=torch.long)] = -torch.inf
    return 1 + int((scores > own).sum())


def _choices(loaded: LoadedRun, shares: Mapping[int, float]) -> tuple[PastChoice, ...]:
    sizes = np.abs(list(shares.values()))
    if not len(sizes) or sizes.max() == 0:
        return ()
    cards = catalogue_cards(loaded.dataset, shares)
    return tuple(PastChoice(c, s) for c, s in zip(cards, shares.values(), strict=True))


def _cards(loaded: LoadedRun, items: tuple[str, ...] | tuple[int, ...]) -> tuple[ItemCard, ...]:
    return catalogue_cards(loaded.dataset, [int(item) for item in items])
