"""Where two modalities complete each other, say the same or disagree, by category."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from backend.explain.modality_shapley import CoalitionTables
from backend.schema import COLLABORATIVE, Col
from backend.workflows.labels import run_label
from backend.workflows.loading import coalition_tables, load_run
from backend.workflows.workspace import Workspace

Relation = Literal["complementary", "redundant", "conflict", "independent"]
_PEOPLE: Final = 200
_ITEMS: Final = 400
_CATEGORIES: Final = 12
_FEWEST: Final = 5
_SEED: Final = 2026
_CLEAR: Final = 0.05
"""Below this share of what the two do alone, their interaction counts as none."""
_AGAINST: Final = -0.1


@dataclass(frozen=True)
class PairSynergy:
    """Two modalities within one category.

    `interaction`: what the two are worth together beyond what each is worth alone (Grabisch &
    Roubens 1999), as a share of what they are worth alone; above zero they complete each other,
    below they say the same. `agreement`: correlation, over people and items, of what each says;
    below zero they disagree.
    """

    category: str
    items: int
    pair: tuple[str, str]
    interaction: float
    agreement: float
    relation: Relation


@dataclass(frozen=True)
class Synergy:
    """All pairs of modalities of a run by category; empty where it reads fewer than two."""

    label: str
    pairs: tuple[PairSynergy, ...]


@lru_cache(maxsize=16)
def synergy(workspace: Workspace, run_id: str) -> Synergy:
    """Over a sample of people and items, from the scores of every coalition."""
    run = load_run(workspace, run_id)
    tables = coalition_tables(workspace, run_id)
    modalities = [p for p in tables.players if p != COLLABORATIVE]
    rng = np.random.default_rng(_SEED)
    people = np.sort(rng.permutation(np.unique(run.split.test.users))[:_PEOPLE])
    items = np.sort(rng.permutation(run.dataset.n_items)[:_ITEMS])
    if len(modalities) < 2 or not len(people):
        return Synergy(run_label(run.record), ())
    alone, together = _parts(tables, people, items)
    first = run.dataset.items[Col.CATEGORY].str.split("|").str[0].to_numpy()[items]
    names, counts = np.unique(first[first != ""], return_counts=True)
    chosen = names[counts >= _FEWEST][np.argsort(-counts[counts >= _FEWEST], kind="stable")]
    groups = [("All items", np.ones(len(items), np.bool_))]
    groups += [(str(name), first == name) for name in chosen[:_CATEGORIES]]
    return Synergy(
        run_label(run.record),
        tuple(
            _pair(name, mask, (a, b), tables.players, alone, together)
            for a, b in combinations(modalities, 2)
            for name, mask in groups
        ),
    )


def _parts(
    tables: CoalitionTables, people: NDArray[np.int64], items: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(attributions f64[U, J, P], interactions f64[U, J, P, P]), each around its mean over all
    items of a person: what is equal for all items orders nothing."""
    users = torch.from_numpy(people).unsqueeze(1).expand(-1, len(items))
    which = torch.from_numpy(items).unsqueeze(0).expand(len(people), -1)
    alone = tables.attribute(users, which).values.numpy()
    together = tables.interactions(users, which).numpy()
    return alone - alone.mean(1, keepdims=True), together - together.mean(1, keepdims=True)


def _pair(
    category: str,
    mask: NDArray[np.bool_],
    pair: tuple[str, str],
    players: tuple[str, ...],
    alone: NDArray[np.float64],
    together: NDArray[np.float64],
) -> PairSynergy:
    a, b = (players.index(name) for name in pair)
    one, other = alone[:, mask, a].ravel(), alone[:, mask, b].ravel()
    joint = together[:, mask, a, b].ravel()
    # In the direction in which the two push: more than the sum of both counts as a gain.
    push = np.sign(one + other)
    scale = float((np.abs(one) + np.abs(other)).mean())
    interaction = float((joint * push).mean()) / scale if scale else 0.0
    spread = float(one.std() * other.std())
    agreement = (
        float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread else 0
    )
    return PairSynergy(
        category, int(mask.sum()), pair, interaction, agreement, _relation(interaction, agreement)
    )


def _relation(interaction: float, agreement: float) -> Relation:
    if agreement < _AGAINST:
        return "conflict"
    if interaction > _CLEAR:
        return "complementary"
    return "redundant" if interaction < -_CLEAR else "independent"
