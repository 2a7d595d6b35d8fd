"""The launch simulator: who would be shown a new item, how high, and what carries it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from backend.data.categories import favourite_categories
from backend.errors import InvalidInput
from backend.retrieval.recommender import Audience, NewItems, audience
from backend.workflows.additions import content_for, encode_loose
from backend.workflows.labels import run_label
from backend.workflows.loading import LoadedRun, coalition_tables, load_run
from backend.workflows.recommendation import RecommendationList, recommend_from_content
from backend.workflows.workspace import Workspace
from models.modality import Modality
from models.recommenders import FeatureTable

LIST_LENGTHS: Final = (10, 20, 50)
NEAREST: Final = 6
_MOST_SEGMENTS: Final = 8


@dataclass(frozen=True)
class Prospect:
    """One person of the audience; `rank` is the item's place in that person's own list."""

    user_id: str
    rank: int
    score: float
    history: int
    """Training interactions."""


@dataclass(frozen=True)
class Segment:
    """People whose history leans to one category: their share of the audience and of everybody."""

    category: str
    audience: float
    everybody: float


@dataclass(frozen=True)
class Launch:
    """What would happen if a new item were put into the catalogue, by one run."""

    run_id: str
    label: str
    audience: tuple[Prospect, ...]
    """The likeliest takers by place in the own list and choices so far, best first."""
    reach: Mapping[int, int]
    """List length -> how many people would see it in a list that long."""
    best_rank: int
    """The highest place that it has in anybody's list."""
    users: int
    attributions: Mapping[str, float]
    """Player -> mean contribution to the score over the audience."""
    segments: tuple[Segment, ...]
    """The categories most over-represented in the audience first; empty without categories."""
    nearest: RecommendationList
    """Items of the catalogue that the run holds for alike."""


def launch(
    workspace: Workspace,
    run_id: str,
    image: bytes | None,
    text: str,
    k: int = 50,
    *,
    audio: bytes | None = None,
    video: bytes | None = None,
) -> Launch:
    """Score words and files as a new item for everybody; nothing is stored or trained.

    Raises InvalidInput for a run that reads no content, and without anything that it reads.
    """
    loaded = load_run(workspace, run_id)
    if not loaded.model.scores_new_items:
        raise InvalidInput(
            f"{run_label(loaded.record)} cannot judge an item that nobody has clicked. Choose a "
            "run that reads content."
        )
    content = content_for(loaded, text, image, audio, video)
    features = encode_loose(workspace, loaded, content)
    everybody = _everybody(loaded, features)
    chosen = everybody.users[:k]
    activity = np.bincount(loaded.split.train.users, minlength=loaded.dataset.n_users)
    return Launch(
        run_id=loaded.record.id,
        label=run_label(loaded.record),
        audience=tuple(
            Prospect(str(loaded.dataset.user_ids[user]), int(rank), float(score), int(n))
            for user, rank, score, n in zip(
                chosen, everybody.ranks, everybody.scores, activity[chosen], strict=False
            )
        ),
        reach={length: int((everybody.ranks <= length).sum()) for length in LIST_LENGTHS},
        best_rank=int(everybody.ranks.min(initial=loaded.dataset.n_items + 1)),
        users=loaded.dataset.n_users,
        attributions=_carried_by(workspace, loaded, features, chosen),
        segments=_segments(loaded, chosen),
        nearest=recommend_from_content(
            workspace, run_id, image, text, NEAREST, audio=audio, video=video
        ),
    )


def _everybody(loaded: LoadedRun, features: Mapping[Modality, FeatureTable]) -> Audience:
    """All people, the likeliest takers first."""
    with torch.inference_mode():
        vectors, bias = loaded.model.embed_new_items(features)
    return audience(
        loaded.embeddings, NewItems(vectors, bias), loaded.dataset.n_users, known=loaded.split.train
    )


def _carried_by(
    workspace: Workspace,
    loaded: LoadedRun,
    features: Mapping[Modality, FeatureTable],
    users: NDArray[np.int64],
) -> dict[str, float]:
    tables = coalition_tables(workspace, loaded.record.id)
    values = tables.attribute_new_items(torch.from_numpy(users), features).values
    mean = values.reshape(len(users), -1, len(tables.players)).mean((0, 1))
    return dict(zip(tables.players, mean.tolist(), strict=True))


def _segments(loaded: LoadedRun, chosen: NDArray[np.int64]) -> tuple[Segment, ...]:
    favourites = favourite_categories(
        loaded.dataset.items, loaded.split.train, loaded.dataset.n_users
    )
    if favourites is None:
        return ()
    names, favourite = favourites
    known = favourite[favourite >= 0]
    everybody = np.bincount(known, minlength=len(names)) / max(1, len(known))
    audience_of = favourite[chosen][favourite[chosen] >= 0]
    here = np.bincount(audience_of, minlength=len(names)) / max(1, len(audience_of))
    order = np.argsort(-(here - everybody), kind="stable")[:_MOST_SEGMENTS]
    return tuple(
        Segment(names[c], float(here[c]), float(everybody[c])) for c in order if here[c] > 0
    )
