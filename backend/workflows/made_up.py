"""Recommendations for a person who does not exist: some items, a picture, a wish in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.data.media import decode_picture
from backend.errors import InvalidInput
from backend.explain.modality_shapley import Coalition
from backend.retrieval.fold_in import FoldIn, learn_fold_in
from backend.retrieval.recommender import Recommendations
from backend.workflows.additions import content_for, encode_loose
from backend.workflows.cards import ItemCard, catalogue_cards
from backend.workflows.labels import run_label
from backend.workflows.loading import LoadedRun, coalition_tables, load_run
from backend.workflows.recommendation import RecommendationList, Recommended, item_number
from backend.workflows.reranking import Wishes, arrange, pool_size
from backend.workflows.searching import SearchQuery, search
from backend.workflows.workspace import Workspace
from models.modality import Modality
from models.recommenders import FeatureTable

STAND_INS: Final = 5
"""Items of the catalogue that stand for words and pictures which a model cannot read."""


@dataclass(frozen=True)
class MadeUp:
    """What is known of a person who was made up; at least one part."""

    items: tuple[str, ...] = ()
    words: str = ""
    picture: bytes | None = None
    audio: bytes | None = None
    video: bytes | None = None

    @property
    def brings_content(self) -> bool:
        return bool(self.words.strip() or self.picture or self.audio or self.video)


def recommend_made_up(
    workspace: Workspace, run_id: str, who: MadeUp, k: int = 10, wishes: Wishes | None = None
) -> RecommendationList:
    """What the model would recommend to somebody with this history, folded in without training.

    What was chosen stands not in the list. A model that takes nothing from outside the catalogue
    gets the items that come nearest to words and picture in their place; the note says so.
    """
    loaded = load_run(workspace, run_id)
    wanted = wishes or Wishes()
    ways = fold_ins(workspace, loaded.record.id)
    whole = ways[frozenset(loaded.model.players)]
    items, features, note = _history(workspace, loaded, whole, who)
    loose = _loose(loaded, features)
    everybody = frozenset(loaded.model.players)
    person = whole.person(items, loose(everybody))
    scores = person.score(whole.table).numpy()
    order = np.lexsort((np.arange(len(scores)), -scores))
    own = np.zeros(0, np.int64) if wanted.seen else items
    order = order[~np.isin(order, own)][: pool_size(wanted, k, len(scores))]
    ranked = Recommendations(order.astype(np.int64), scores[order])
    found = arrange(workspace, loaded, ranked, k, wanted)
    shown = torch.from_numpy(found.items)
    shares = coalition_tables(workspace, loaded.record.id).attribute_scores(
        lambda coalition: (
            ways[coalition].person(items, loose(coalition)).score(ways[coalition].table, shown)
        ),
        shown,
    )
    cards = catalogue_cards(loaded.dataset, found.items.tolist())
    return RecommendationList(
        run_id=loaded.record.id,
        label=run_label(loaded.record),
        players=loaded.model.players,
        items=tuple(
            Recommended(
                card,
                place,
                float(score),
                dict(zip(shares.players, parts, strict=True)),
                False,
                reason,
            )
            for place, (card, score, parts, reason) in enumerate(
                zip(cards, found.scores, shares.values.tolist(), found.reasons, strict=True),
                start=1,
            )
        ),
        note=note,
    )


def stand_ins(
    workspace: Workspace, dataset_id: str, words: str, picture: bytes | None
) -> tuple[ItemCard, ...]:
    """Catalogue items nearest to words and picture, those that were added by hand left out."""
    hits = search(workspace, dataset_id, SearchQuery(words, picture), 2 * STAND_INS)
    return tuple(hit.card for hit in hits if not hit.card.added)[:STAND_INS]


@lru_cache(maxsize=6)
def fold_ins(workspace: Workspace, run_id: str) -> Mapping[Coalition, FoldIn]:
    """For every coalition of players, learned once per process and run."""
    loaded = load_run(workspace, run_id)
    tables = coalition_tables(workspace, run_id)
    whole = learn_fold_in(tables.embeddings(), loaded.split.train)
    found = {
        coalition: learn_fold_in(tables.embeddings(coalition), loaded.split.train, whole.strength)
        for coalition in tables.coalitions
    }
    return found | {frozenset(tables.players): whole}


def _history(
    workspace: Workspace, loaded: LoadedRun, way: FoldIn, who: MadeUp
) -> tuple[NDArray[np.int64], Mapping[Modality, FeatureTable] | None, str]:
    """(item numbers, content from outside that the model reads, what a reader must know)."""
    items = [item_number(loaded, item) for item in who.items]
    features = None
    note = ""
    if who.brings_content and loaded.model.scores_new_items and way.takes_vectors:
        content = content_for(loaded, who.words, who.picture, who.audio, who.video)
        features = encode_loose(workspace, loaded, content)
    elif who.brings_content:
        near = stand_ins(workspace, loaded.record.dataset_id, *_searchable(who))
        items += [card.item_num for card in near]
        note = (
            f"This model knows nothing but the catalogue: the {len(near)} items nearest to the "
            "words or picture stand in for them."
        )
    elif not items:
        raise InvalidInput("Choose at least one item, or give some words or a picture.")
    if way.takes_vectors:
        note = (
            f"{note} Measured on people whom it knows: {100 * way.agreement:.0f} % of their ten "
            "best items are the same this way."
        )
    return np.unique(np.array(items, np.int64)), features, note.strip()


def _searchable(who: MadeUp) -> tuple[str, bytes | None]:
    if who.picture:
        decode_picture(who.picture)
    if not (who.words.strip() or who.picture):
        raise InvalidInput("This model cannot use a recording. Give words, a picture or items.")
    return who.words, who.picture


def _loose(
    loaded: LoadedRun, features: Mapping[Modality, FeatureTable] | None
) -> Callable[[Coalition], Tensor | None]:
    """What came from outside, f32[1, D], as the model sees it with these players."""

    def vectors(coalition: Coalition) -> Tensor | None:
        if features is None:
            return None
        given = {m: t if m in coalition else _nothing(t) for m, t in features.items()}
        with torch.inference_mode():
            return loaded.model.embed_new_items(given)[0]

    return vectors


def _nothing(table: FeatureTable) -> FeatureTable:
    return FeatureTable(torch.zeros_like(table.values), torch.zeros_like(table.present))
