"""What the Recommend page does: lists for a person, side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.dataset import Dataset, Interactions
from backend.errors import InvalidInput, NotFound
from backend.retrieval.index import EXACT_LIMIT, ItemIndex
from backend.retrieval.recommender import Recommendations, similar_items
from backend.retrieval.recommender import recommend as retrieve
from backend.schema import HEADLINE_METRIC, Col
from backend.workflows.additions import added_for, content_for, encode_loose, list_added
from backend.workflows.cards import ItemCard, added_card, catalogue_cards
from backend.workflows.labels import run_label
from backend.workflows.loading import (
    LoadedRun,
    coalition_tables,
    find_dataset,
    item_index,
    likeness_index,
    load_run,
    open_dataset,
)
from backend.workflows.reranking import Wishes, arrange, pool_size
from backend.workflows.workspace import Workspace
from db.records import RunState
from db.repositories import Runs
from models.recommenders import RECOMMENDERS

HISTORY_SHOWN: Final = 60
_DEEPEST: Final = 5_000
"""Candidates that an index is asked for where a list is filtered."""


@dataclass(frozen=True)
class UserOption:
    """A person to choose."""

    user_id: str
    interactions: int


@dataclass(frozen=True)
class RunOption:
    """A finished run to choose."""

    run_id: str
    label: str
    reads_content: bool
    modalities: tuple[str, ...]
    """What it reads of an item."""
    score: float | None
    """Test NDCG@20."""


@dataclass(frozen=True)
class Recommended:
    """One recommended item."""

    card: ItemCard
    rank: int
    score: float
    attributions: Mapping[str, float]
    """Player -> share of the score (with the baseline they sum to it)."""
    in_test: bool
    """The person really chose it in the held-out test split."""
    reason: str = ""
    """Why it stands where it does, where not the model alone put it there."""


@dataclass(frozen=True)
class RecommendationList:
    """One run's list."""

    run_id: str
    label: str
    players: tuple[str, ...]
    items: tuple[Recommended, ...]
    note: str
    """Empty, or what a reader must know ("reads clicks only: added items cannot appear")."""


@dataclass(frozen=True)
class Person:
    """A user with what he or she did."""

    user_id: str
    history: tuple[ItemCard, ...]
    """Training interactions, most recent first, at most 60."""
    history_total: int
    held_out: tuple[ItemCard, ...]
    """Test interactions."""
    categories: Mapping[str, int]


def runs(workspace: Workspace, dataset_id: str) -> tuple[RunOption, ...]:
    """Finished ranking runs, best first."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        done = Runs(session).list(dataset_id=record.id, state=RunState.DONE)
    ranking = [run for run in done if run.objective == "ranking"]
    ranking.sort(key=lambda run: -run.metrics.get(HEADLINE_METRIC, 0.0))
    return tuple(
        RunOption(
            run.id,
            run_label(run),
            RECOMMENDERS[run.model].cls.reads_content and bool(run.encoders),
            tuple(run.encoders),
            run.metrics.get(HEADLINE_METRIC),
        )
        for run in ranking
    )


def users(
    workspace: Workspace, dataset_id: str, search: str = "", limit: int = 50
) -> tuple[UserOption, ...]:
    """People whose id contains `search`, the most active first."""
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    counts = np.bincount(dataset.interactions[Col.USER_NUM], minlength=dataset.n_users)
    order = np.argsort(-counts, kind="stable")
    ids = dataset.user_ids[order]
    if search:
        order = order[np.char.find(ids, search) >= 0]
    return tuple(UserOption(str(dataset.user_ids[u]), int(counts[u])) for u in order[:limit])


def person(workspace: Workspace, run_id: str, user_id: str) -> Person:
    """History under the run's split."""
    loaded = load_run(workspace, run_id)
    user = user_number(loaded, user_id)
    history = items_of(loaded.split.train, user)
    last_seen = _last_seen(loaded.dataset, user)
    recent = sorted(history.tolist(), key=lambda item: -last_seen.get(item, 0))
    categories = Counter(
        part
        for category in loaded.dataset.items[Col.CATEGORY].iloc[history]
        for part in str(category).split("|")
        if part
    )
    return Person(
        user_id=user_id,
        history=catalogue_cards(loaded.dataset, recent[:HISTORY_SHOWN]),
        history_total=len(history),
        held_out=catalogue_cards(loaded.dataset, items_of(loaded.split.test, user)),
        categories=dict(categories.most_common(8)),
    )


def recommend(
    workspace: Workspace,
    run_id: str,
    user_id: str,
    k: int = 10,
    wishes: Wishes | None = None,
) -> RecommendationList:
    """The best k items that the person has not had in training, items added by hand included
    where the run reads content; in the order that the wishes lead to."""
    loaded = load_run(workspace, run_id)
    user = user_number(loaded, user_id)
    wanted = wishes or Wishes()
    candidates = candidates_of(workspace, loaded)
    pool = rank_for(workspace, loaded, user, pool_size(wanted, k, candidates), seen=wanted.seen)
    ranked = arrange(workspace, loaded, pool, k, wanted)
    items = ranked.items.tolist()
    shares = attribute(workspace, loaded, user, items)
    held_out = set(items_of(loaded.split.test, user).tolist())
    cards = cards_of(workspace, loaded, items)
    return RecommendationList(
        run_id=loaded.record.id,
        label=run_label(loaded.record),
        players=loaded.model.players,
        items=tuple(
            Recommended(card, place, score, share, item in held_out, reason)
            for place, (card, score, share, item, reason) in enumerate(
                zip(cards, ranked.scores.tolist(), shares, items, ranked.reasons, strict=True),
                start=1,
            )
        ),
        note=_note(workspace, loaded),
    )


def recommend_like(
    workspace: Workspace, run_id: str, item_ids: tuple[str, ...], k: int = 10
) -> RecommendationList:
    """Items nearest to the mean of the given ones in the run's item space."""
    loaded = load_run(workspace, run_id)
    seeds = np.array([item_number(loaded, item_id) for item_id in item_ids], dtype=np.int64)
    found = similar_items(
        loaded.embeddings.items, seeds, k, index=likeness_index(workspace, loaded.record.id)
    )
    return _similar(loaded, found)


def recommend_from_content(
    workspace: Workspace,
    run_id: str,
    image: bytes | None,
    text: str,
    k: int = 10,
    *,
    audio: bytes | None = None,
    video: bytes | None = None,
) -> RecommendationList:
    """Items nearest to what a picture, a few words, a sound or a video describe; only for runs that
    read such content."""
    loaded = load_run(workspace, run_id)
    if not loaded.model.scores_new_items:
        raise InvalidInput(
            f"{run_label(loaded.record)} reads clicks only. Choose a run that reads content."
        )
    content = content_for(loaded, text, image, audio, video)
    with torch.inference_mode():
        vectors, _ = loaded.model.embed_new_items(encode_loose(workspace, loaded, content))
    catalogue = loaded.embeddings.items
    seed = np.array([len(catalogue)])
    return _similar(loaded, similar_items(torch.cat([catalogue, vectors]), seed, k))


def rank_for(
    workspace: Workspace, loaded: LoadedRun, user: int, k: int, *, seen: bool = False
) -> Recommendations:
    """The k best items outside the training history (with `seen` inside as well), added items
    included where possible; in a network never the person's own profile."""
    own = loaded.dataset.own_profile(user)
    had = items_of(loaded.split.train, user)
    return retrieve(
        loaded.embeddings,
        user,
        k,
        exclude=own if seen else np.concatenate([had, own]),
        index=item_index(workspace, loaded.record.id),
        new_items=added_for(workspace, loaded).vectors,
    )


def candidates_of(workspace: Workspace, loaded: LoadedRun) -> int:
    """How many items a filter may look through: all, where they are scored whole; those added by
    hand come on top, or they would push the last of the catalogue out."""
    whole = loaded.dataset.n_items <= EXACT_LIMIT
    added = len(list_added(workspace, loaded.record.dataset_id))
    return (loaded.dataset.n_items if whole else _DEEPEST) + added


def attribute(
    workspace: Workspace, loaded: LoadedRun, user: int, items: Sequence[int]
) -> list[dict[str, float]]:
    """Player -> contribution for each item, in order."""
    tables = coalition_tables(workspace, loaded.record.id)
    known = [item for item in items if item < loaded.dataset.n_items]
    who = torch.tensor([user])
    values = tables.attribute_lists(who, torch.tensor([known], dtype=torch.long)).values[0]
    found = dict(zip(known, values.tolist(), strict=True))
    if len(known) < len(items):
        added = added_for(workspace, loaded)
        fresh = tables.attribute_new_items(who, added.features).values[0].tolist()
        found |= {loaded.dataset.n_items + n: row for n, row in enumerate(fresh)}
    return [dict(zip(tables.players, found[item], strict=True)) for item in items]


def cards_of(workspace: Workspace, loaded: LoadedRun, items: Sequence[int]) -> tuple[ItemCard, ...]:
    """Cards of catalogue and added items alike."""
    n_items = loaded.dataset.n_items
    known = [item for item in items if item < n_items]
    found = dict(zip(known, catalogue_cards(loaded.dataset, known), strict=True))
    if len(known) < len(items):
        records = list_added(workspace, loaded.record.dataset_id)
        for item in items:
            if item >= n_items:
                found[item] = added_card(loaded.dataset, item - n_items, records[item - n_items])
    return tuple(found[item] for item in items)


def user_number(loaded: LoadedRun, user_id: str) -> int:
    """Dense row of a user; NotFound otherwise."""
    found = np.flatnonzero(loaded.dataset.user_ids == user_id)
    if not len(found):
        raise NotFound(f"There is no person '{user_id}' in this data set.")
    return int(found[0])


def item_number(loaded: LoadedRun, item_id: str) -> int:
    """Dense row of a catalogue item; NotFound otherwise."""
    found = np.flatnonzero((loaded.dataset.items[Col.ITEM_ID] == item_id).to_numpy())
    if not len(found):
        raise NotFound(f"There is no item '{item_id}' in this data set.")
    return int(found[0])


def items_of(part: Interactions, user: int) -> NDArray[np.int64]:
    """Distinct items of one user in one part of the split."""
    return np.unique(part.items[part.users == user])


def _similar(loaded: LoadedRun, found: Recommendations) -> RecommendationList:
    cards = catalogue_cards(loaded.dataset, found.items.tolist())
    return RecommendationList(
        run_id=loaded.record.id,
        label=run_label(loaded.record),
        players=loaded.model.players,
        items=tuple(
            Recommended(card, place, score, {}, False)
            for place, (card, score) in enumerate(
                zip(cards, found.scores.tolist(), strict=True), start=1
            )
        ),
        note="Scores are cosine similarities, from -1 to 1.",
    )


def _last_seen(dataset: Dataset, user: int) -> dict[int, int]:
    rows = dataset.interactions[dataset.interactions[Col.USER_NUM] == user]
    return dict(zip(rows[Col.ITEM_NUM].tolist(), rows[Col.TIMESTAMP].tolist(), strict=True))


def _note(workspace: Workspace, loaded: LoadedRun) -> str:
    index = item_index(workspace, loaded.record.id)
    notes = [] if index is None else [_about(index)]
    if not loaded.model.scores_new_items and list_added(workspace, loaded.record.dataset_id):
        notes.append(
            "This model sees clicks only, so items added by hand cannot appear in its list."
        )
    return " ".join(notes)


def _about(index: ItemIndex) -> str:
    """How an approximate list was found, and how far it is to be trusted."""
    if index.kind == "flat":
        return ""
    kind = "a graph" if index.kind == "hnsw" else "an inverted file"
    return (
        f"Looked up in {kind} over {index.size:,} items, which finds "
        f"{100 * index.recall:.1f} % of the true best ten (measured when it was built)."
    )
