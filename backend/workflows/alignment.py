"""The shared image-text space of a catalogue: start learning it, what it is worth, search in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import torch
from torch import Tensor

from backend.data.media import decode_picture
from backend.devices import torch_device
from backend.errors import InvalidInput
from backend.jobs.queue import Queue
from backend.retrieval.recommender import similar_items
from backend.schema import Modality
from backend.workflows.additions import list_added
from backend.workflows.aligning import METHODS, SIDES, AlignmentPlan, aligned_encoders, check_plan
from backend.workflows.cards import ItemCard, added_card, catalogue_cards
from backend.workflows.jobviews import JobView, job_view, job_views
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.spaces import (
    Sides,
    embed_query,
    newest_alignment,
    space_in_use,
    with_added,
)
from backend.workflows.workspace import Workspace
from db.records import AlignmentRecord, DatasetRecord, JobState, RecallByDirection
from db.repositories import Alignments, Features
from models.config import Setting
from models.encoders import Content

_LEARN_SECONDS: Final = 0.012
"""Per pair with the default heads, on one core."""
_ENCODE_SECONDS: Final[Mapping[str, float]] = {Modality.IMAGE: 0.04, Modality.TEXT: 0.02}
"""Per item with the installed encoders, on one core."""
_FINE_TUNE_SECONDS: Final = 5.0
"""Per pair with a small vision transformer, on one core; a rough figure."""


@dataclass(frozen=True)
class Alignment:
    """What the shared space in use is worth, measured on items that it had never seen."""

    method: str
    encoders: Mapping[str, str]
    """Modality -> encoder whose vectors the space takes; after fine-tuning the tuned ones."""
    pairs: int
    held_out: int
    duplicates: int
    """Held-out items that share picture or text with another one; any of them counts as right."""
    before: RecallByDirection
    """Empty where the encoders' vectors could not be compared before."""
    after: RecallByDirection
    chance: float
    """`recall@10` of a random order."""
    epochs: int
    seconds: float
    seed: int
    created_at: datetime


@dataclass(frozen=True)
class Cost:
    """About how long it will take, and where the figure comes from, in words."""

    seconds: float
    basis: str


@dataclass(frozen=True)
class Hit:
    """One item found. `score` is the cosine that decided, -1 to 1; `similarities` are those to
    everything the item has, by modality."""

    card: ItemCard
    rank: int
    score: float
    similarities: Mapping[str, float]


def alignment(workspace: Workspace, dataset_id: str) -> Alignment | None:
    """The space in use: the one that was made or asked for last; None where there is none."""
    record = newest_alignment(workspace, find_dataset(workspace, dataset_id))
    return view(workspace, record) if record else None


def view(workspace: Workspace, record: AlignmentRecord) -> Alignment:
    """A record as people see it."""
    return Alignment(
        method=record.method,
        encoders=aligned_encoders(workspace, record),
        pairs=record.pairs,
        held_out=record.held_out,
        duplicates=record.duplicates,
        before=record.before,
        after=record.after,
        chance=record.chance,
        epochs=record.epochs,
        seconds=record.seconds,
        seed=record.seed,
        created_at=record.created_at,
    )


def hindrance(workspace: Workspace, dataset_id: str) -> str:
    """Why nothing can be aligned here, in a sentence; empty where nothing stands in the way."""
    try:
        check_plan(workspace, AlignmentPlan(dataset_id))
    except InvalidInput as reason:
        return str(reason)
    return ""


def settings(method: str = "heads") -> tuple[Setting, ...]:
    """What can be set, for a form."""
    return METHODS[method].settings()


def queue_align(workspace: Workspace, plan: AlignmentPlan) -> JobView:
    """Queue the job after checking the plan; one that is under way for the data set is returned
    instead of a second one."""
    check_plan(workspace, plan)
    record = find_dataset(workspace, plan.dataset_id)
    if under_way := active(workspace, record.id):
        return under_way[-1]
    job = Queue(workspace.database).enqueue(
        "align",
        f"Align pictures and texts of {record.name}",
        {
            "encoders": dict(plan.encoders),
            "method": plan.method,
            "settings": dict(plan.settings),
            "seed": plan.seed,
            "device": plan.device,
        },
        dataset_id=record.id,
        device=str(torch_device(plan.device)),
    )
    return job_view(workspace, job.id)


def active(workspace: Workspace, dataset_id: str) -> tuple[JobView, ...]:
    """Align jobs of the data set that wait or run."""
    with workspace.database.read() as session:
        jobs = job_views(session, dataset_id=dataset_id, states=(JobState.QUEUED, JobState.RUNNING))
    return tuple(job for job in jobs if job.kind == "align")


def estimate(workspace: Workspace, plan: AlignmentPlan) -> Cost:
    """From an earlier alignment of this data set by the same method, else a rule of thumb."""
    encoders, _ = check_plan(workspace, plan)
    record = find_dataset(workspace, plan.dataset_id)
    with workspace.database.read() as session:
        encoded = {(f.modality, f.encoder) for f in Features(session).list(record.id)}
        earlier = [a for a in Alignments(session).list(record.id) if a.method == plan.method]
    dataset = open_dataset(workspace, record)
    seconds = sum(
        _ENCODE_SECONDS[side] * int(dataset.present(side).sum())
        for side in SIDES
        if (str(side), encoders[side]) not in encoded
    )
    if earlier:
        return Cost(seconds + earlier[0].seconds, "the last time on this data set")
    pairs = int((dataset.present(SIDES[0]) & dataset.present(SIDES[1])).sum())
    each = _FINE_TUNE_SECONDS if plan.method == "fine_tune" else _LEARN_SECONDS
    return Cost(seconds + 3.0 + each * pairs, "a rule of thumb for one processor core")


def text_to_items(
    workspace: Workspace, dataset_id: str, text: str, k: int = 10, by: str = Modality.IMAGE
) -> tuple[Hit, ...]:
    """Items whose pictures (or texts, `by="text"`) come nearest to some words.

    Items added by hand take part. Raises NotFound where nothing was aligned yet.
    """
    if not text.strip():
        raise InvalidInput("Give some words to search for.")
    return _search(workspace, dataset_id, Modality.TEXT, text.strip(), k, by)


def image_to_items(
    workspace: Workspace, dataset_id: str, picture: bytes, k: int = 10, by: str = Modality.IMAGE
) -> tuple[Hit, ...]:
    """Items whose pictures (or texts, `by="text"`) come nearest to a picture."""
    if not picture:
        raise InvalidInput("The picture is empty. Give a JPEG, PNG or WebP file.")
    return _search(workspace, dataset_id, Modality.IMAGE, decode_picture(picture), k, by)


def _search(
    workspace: Workspace, dataset_id: str, side: Modality, thing: Content, k: int, by: str
) -> tuple[Hit, ...]:
    if by not in SIDES:
        raise InvalidInput(f"Search by image or by text, not by '{by}'.")
    record = find_dataset(workspace, dataset_id)
    space = space_in_use(workspace, record)
    query = embed_query(workspace, record, space, side, thing)
    sides = with_added(workspace, record, space)
    wanted = sides[Modality(by)]
    lacking = np.flatnonzero(~wanted.present.numpy())
    seed = len(wanted.present)
    found = similar_items(torch.cat([wanted.values, query]), np.array([seed]), k, exclude=lacking)
    items = found.items.tolist()
    cards = cards_for(workspace, record, items)
    return tuple(
        Hit(card, rank, score, _similarities(sides, item, query))
        for rank, (card, item, score) in enumerate(
            zip(cards, items, found.scores.tolist(), strict=True), start=1
        )
    )


def _similarities(sides: Sides, item: int, query: Tensor) -> dict[str, float]:
    return {
        str(side): float(table.values[item] @ query[0])
        for side, table in sides.items()
        if table.present[item]
    }


def cards_for(workspace: Workspace, record: DatasetRecord, items: list[int]) -> list[ItemCard]:
    """Cards of catalogue rows and, behind them, of items added by hand."""
    dataset = open_dataset(workspace, record)
    added = list_added(workspace, record.id)
    return [
        catalogue_cards(dataset, [item])[0]
        if item < dataset.n_items
        else added_card(dataset, item - dataset.n_items, added[item - dataset.n_items])
        for item in items
    ]
