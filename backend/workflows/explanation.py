"""What the Explain page shows: how much each modality contributed, and how far to trust that."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.data.synthetic.generate import load_truth
from backend.explain.gate import Check, Judgement
from backend.explain.modality_shapley import CoalitionTables, run_profile, user_profile
from backend.explain.recovery import recovery
from backend.schema import Col, Modality
from backend.workflows.additions import added_for
from backend.workflows.cards import ItemCard
from backend.workflows.importing import TRUTH_FILE
from backend.workflows.labels import run_label
from backend.workflows.loading import LoadedRun, coalition_tables, load_run
from backend.workflows.recommendation import (
    attribute,
    cards_of,
    item_number,
    rank_for,
    user_number,
)
from backend.workflows.trust import gate_of, judge, measuring
from backend.workflows.workspace import Workspace
from models.recommenders import FeatureTable

LIST_LENGTH: Final = 10
USERS_SAMPLED: Final = 1000
ITEMS_SAMPLED: Final = 500
NEW_ITEM: Final = (
    "A new item has no clicks: its score comes from its content alone, and the parts add up."
)
PLAIN: Final = {
    "image": "its picture",
    "text": "its description",
    "audio": "its sound",
    "video": "its video",
    "attributes": "its properties",
    "reviews": "what people wrote about it",
    "collaborative": "what similar people chose",
}
"""How a stakeholder calls the players."""


@dataclass(frozen=True)
class Explanation:
    """One recommendation taken apart: baseline + sum of attributions = score."""

    run_id: str
    label: str
    user_id: str
    card: ItemCard
    rank: int | None
    """Place in the person's list; None where the item is in the person's history."""
    score: float
    baseline: float
    attributions: Mapping[str, float]
    interactions: Mapping[str, float]
    """"image+text" -> interaction index; positive: worth more together than apart."""
    faithful: bool
    reason: str
    """Why to trust it, or why not."""
    sentence: str
    """For stakeholders, from the numbers alone."""
    imputed: frozenset[str] = frozenset()
    """Modalities that the item lacks and the run filled in."""
    checks: tuple[Check, ...] = ()
    """What was measured to judge it."""
    judged: bool = True
    """False: the verdict is still being measured, and nothing says yet whether to trust it."""


@dataclass(frozen=True)
class UserExplanation:
    """What moves one person's list."""

    user_id: str
    shares: Mapping[str, float]
    """Player -> share of what re-orders this person's list, sums to 1."""
    planted: Mapping[str, float] | None
    """The true weights on generated data."""
    list_items: tuple[str, ...]
    """Titles of the top ten."""
    list_attributions: Mapping[str, NDArray[np.float64]]
    """Player -> contribution per item of `list_items`."""


@dataclass(frozen=True)
class Recovery:
    """Recovered against planted truth (generated data only)."""

    spearman_users: float | None
    spearman_pairs: float | None
    planted: NDArray[np.float64]
    """Planted weight of the first of `compared` within `compared` per sampled user, f[U]."""
    recovered: NDArray[np.float64]
    """Its recovered share within `compared` per sampled user, f[U]."""
    first_share: float | None
    """Where only one modality matters: share of users for whom it ranks first."""
    compared: tuple[str, ...] = ("image", "text")
    """The modalities that the truth and the run share."""


@dataclass(frozen=True)
class RunExplanation:
    """What moves the lists of a whole run."""

    run_id: str
    label: str
    players: tuple[str, ...]
    mean_absolute: Mapping[str, float]
    """Mean absolute contribution over sampled items, centred per user, in units of the score."""
    shares: Mapping[str, NDArray[np.float64]]
    """Player -> share per sampled user, f[U]; sums to 1 over players."""
    recovery: Recovery | None
    sentence: str


def explain(
    workspace: Workspace, run_id: str, user_id: str, item_id: str, *, judged: bool = True
) -> Explanation:
    """Exact Shapley values over the item's present modalities and the collaborative part.

    Not `judged`, it says the parts at once and leaves the verdict open, which takes seconds the
    first time for a run.
    """
    loaded = load_run(workspace, run_id)
    user = user_number(loaded, user_id)
    item = _any_item(workspace, loaded, item_id)
    tables = coalition_tables(workspace, loaded.record.id)
    if item < loaded.dataset.n_items:
        pair = torch.tensor([user]), torch.tensor([item])
        attribution = tables.attribute(*pair)
        interactions = _pairs(tables.players, tables.interactions(*pair)[0].tolist())
        trust = judge(workspace, loaded.record.id, user, item) if judged else measuring()
        parts = attribution.values[0].tolist()
        imputed = _imputed(loaded.data.features, item)
        score, baseline = float(attribution.score[0]), float(attribution.baseline[0])
    else:
        features = added_for(workspace, loaded).features
        attribution = tables.attribute_new_items(torch.tensor([user]), features)
        place = item - loaded.dataset.n_items
        imputed = _imputed(features, place)
        parts = attribution.values[0, place].tolist()
        score = float(attribution.score[0, place])
        baseline = float(attribution.baseline[0, place])
        interactions = {}
        trust = _of_new_item(workspace, loaded.record.id) if judged else measuring()
    shares = dict(zip(tables.players, parts, strict=True))
    card = cards_of(workspace, loaded, (item,))[0]
    rank = _rank(workspace, loaded, user, item)
    return Explanation(
        run_id=loaded.record.id,
        label=run_label(loaded.record),
        user_id=user_id,
        card=card,
        rank=rank,
        score=score,
        baseline=baseline,
        attributions=shares,
        interactions=interactions,
        faithful=trust.faithful,
        reason=trust.reason,
        sentence=_pair_sentence(shares, rank, trust.faithful) if judged else _unjudged(rank),
        imputed=imputed,
        checks=trust.checks,
        judged=judged,
    )


def _of_new_item(workspace: Workspace, run_id: str) -> Judgement:
    learned = gate_of(workspace, run_id).learned()
    return Judgement(learned.passed, NEW_ITEM if learned.passed else learned.sentence, (learned,))


def _imputed(features: Mapping[Modality, FeatureTable], row: int) -> frozenset[str]:
    return frozenset(
        str(m) for m, t in features.items() if t.imputed is not None and bool(t.imputed[row])
    )


def explain_user(workspace: Workspace, run_id: str, user_id: str) -> UserExplanation:
    """Shares over a sample of the catalogue, contributions over the person's top ten."""
    loaded = load_run(workspace, run_id)
    user = user_number(loaded, user_id)
    tables = coalition_tables(workspace, loaded.record.id)
    profile = user_profile(tables, torch.tensor([user]), _item_sample(loaded))[0].tolist()
    ranked = rank_for(workspace, loaded, user, LIST_LENGTH)
    shares = attribute(workspace, loaded, user, ranked.items.tolist())
    cards = cards_of(workspace, loaded, ranked.items.tolist())
    return UserExplanation(
        user_id=user_id,
        shares=dict(zip(tables.players, profile, strict=True)),
        planted=_planted_weights(loaded, user_id),
        list_items=tuple(card.title for card in cards),
        list_attributions={p: np.array([s[p] for s in shares]) for p in tables.players},
    )


def explain_run(workspace: Workspace, run_id: str) -> RunExplanation:
    """Over a seeded sample of at most 1,000 users; cached with the run."""
    return _explain_run(workspace, load_run(workspace, run_id).record.id)


@lru_cache(maxsize=32)
def _explain_run(workspace: Workspace, run_id: str) -> RunExplanation:
    loaded = load_run(workspace, run_id)
    tables = coalition_tables(workspace, run_id)
    users, items = _user_sample(loaded), _item_sample(loaded)
    shares = user_profile(tables, users, items).numpy()
    mean = run_profile(tables, users, items)
    by_player = {player: shares[:, place] for place, player in enumerate(tables.players)}
    return RunExplanation(
        run_id=run_id,
        label=run_label(loaded.record),
        players=tables.players,
        mean_absolute=mean,
        shares=by_player,
        recovery=_recovery(loaded, tables, users, items, by_player),
        sentence=_run_sentence(by_player),
    )


def _recovery(
    loaded: LoadedRun,
    tables: CoalitionTables,
    users: Tensor,
    items: Tensor,
    shares: Mapping[str, NDArray[np.float64]],
) -> Recovery | None:
    if not (loaded.dataset.root / TRUTH_FILE).exists():
        return None
    truth = load_truth(loaded.dataset.root)
    user_rows = truth.user_rows(loaded.dataset.user_ids[users.numpy()])
    item_ids = loaded.dataset.items[Col.ITEM_ID].to_numpy(dtype=np.str_)[items.numpy()]
    found = recovery(
        tables,
        truth,
        users,
        items,
        truth_users=user_rows,
        truth_items=truth.item_rows(item_ids),
    )
    if found is None:
        return None
    compared = tuple(str(m) for m in truth.modalities if m in shares)
    weights = dict(zip(map(str, truth.modalities), truth.weights[user_rows].T, strict=True))
    return Recovery(
        spearman_users=found.spearman_users,
        spearman_pairs=found.spearman_pairs,
        planted=_share_of_first([weights[m].astype(float) for m in compared]),
        recovered=_share_of_first([shares[m] for m in compared]),
        first_share=found.first_share,
        compared=compared,
    )


def _share_of_first(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The first within the sum of all, f[U]; an equal part where none plays a part."""
    total = np.sum(parts, axis=0)
    share: NDArray[np.float64] = np.full(len(total), 1 / len(parts))
    np.divide(parts[0], total, out=share, where=total > 0)
    return share


def _planted_weights(loaded: LoadedRun, user_id: str) -> dict[str, float] | None:
    if not (loaded.dataset.root / TRUTH_FILE).exists():
        return None
    truth = load_truth(loaded.dataset.root)
    row = truth.user_rows(np.array([user_id]))
    weights = truth.weights[row][0].tolist()
    return {str(m): w for m, w in zip(truth.modalities, weights, strict=True)}


def _user_sample(loaded: LoadedRun) -> Tensor:
    """At most 1,000 users who have training interactions, i64, the same at every call."""
    active = np.unique(loaded.split.train.users)
    chosen = np.random.default_rng(0).permutation(active)[:USERS_SAMPLED]
    return torch.from_numpy(np.sort(chosen))


def _item_sample(loaded: LoadedRun) -> Tensor:
    """At most 500 catalogue items, i64, the same at every call."""
    chosen = np.random.default_rng(0).permutation(loaded.dataset.n_items)[:ITEMS_SAMPLED]
    return torch.from_numpy(np.sort(chosen).astype(np.int64))


def _any_item(workspace: Workspace, loaded: LoadedRun, item_id: str) -> int:
    for place, record in enumerate(added_for(workspace, loaded).records):
        if record.item_id == item_id:
            return loaded.dataset.n_items + place
    return item_number(loaded, item_id)


def _rank(workspace: Workspace, loaded: LoadedRun, user: int, item: int) -> int | None:
    everything = loaded.dataset.n_items + len(added_for(workspace, loaded).records)
    found = np.flatnonzero(rank_for(workspace, loaded, user, everything).items == item)
    return int(found[0]) + 1 if len(found) else None


def _pairs(players: tuple[str, ...], table: list[list[float]]) -> dict[str, float]:
    return {
        f"{players[a]}+{players[b]}": table[a][b] for a, b in combinations(range(len(players)), 2)
    }


def _pair_sentence(shares: Mapping[str, float], rank: int | None, faithful: bool) -> str:
    """In words that need no training; withheld where the parts must not be trusted."""
    if not faithful:
        return "What this score comes from cannot be told reliably, so no reason is given."
    place = _place(rank)
    total = sum(abs(value) for value in shares.values())
    ordered = sorted(shares.items(), key=lambda pair: -pair[1])
    best, value = ordered[0]
    if total == 0 or value <= 0:
        return f"{place}, although nothing known about it speaks for it."
    text = f"{place}, mostly because of {PLAIN[best]} ({value / total:.0%} of what moves the score)"
    worst, low = ordered[-1]
    if low < -0.1 * total:
        return f"{text}; {PLAIN[worst]} speaks against it."
    return f"{text}."


def _unjudged(rank: int | None) -> str:
    return f"{_place(rank)}; whether its reasons can be told is being measured."


def _place(rank: int | None) -> str:
    return "It is in this person's history" if rank is None else f"It is number {rank} here"


def _run_sentence(shares: Mapping[str, NDArray[np.float64]]) -> str:
    means = {player: float(values.mean()) for player, values in shares.items()}
    if not means or sum(means.values()) == 0:
        return "This model gives everybody the same list, so nothing moves it."
    first = max(means, key=lambda player: means[player])
    leads = float(np.mean(np.argmax(np.stack(list(shares.values())), 0) == [*shares].index(first)))
    return (
        f"What orders the lists most is {PLAIN[first]}: {means[first]:.0%} on average, "
        f"and the largest part for {leads:.0%} of the people."
    )
