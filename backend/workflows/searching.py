"""What the Search page does: items by words, by a picture, by other items, and less like some."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from torch import Tensor

from backend.data.media import decode_picture
from backend.errors import InvalidInput, NotFound
from backend.retrieval.blend import Blend, Channel, blend
from backend.schema import Modality
from backend.workflows.aligning import SIDES
from backend.workflows.alignment import Hit, cards_for
from backend.workflows.cards import ItemCard
from backend.workflows.loading import find_dataset
from backend.workflows.shelves import Shelf, read_new, reads_new, rows_of, shelves
from backend.workflows.spaces import embed_query, newest_alignment, space_in_use, with_added
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord
from models.encoders import Content

_AGAINST: Final = 0.5
"""What is pushed away weighs half of what is looked for (Rocchio 1971)."""


@dataclass(frozen=True)
class SearchQuery:
    """What to look for. All parts together make one query; `unlike` alone is none."""

    words: str = ""
    picture: bytes | None = None
    like: tuple[str, ...] = ()
    """Items (their identifiers) that what is wanted is like."""
    unlike: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    """Modality of the items -> how much it counts, 0 or more; 1 where nothing is said."""
    picture_weight: float = 0.5
    """Share of a given picture beside given words, 0 to 1."""


@dataclass(frozen=True)
class Ability:
    """What can be searched here."""

    modalities: tuple[str, ...]
    """Encoded ones; empty: nothing can be searched yet."""
    words: bool
    """Words find items at all."""
    pictures: bool
    crossing: bool
    """Words find pictures and pictures find words: the two were aligned."""


def ability(workspace: Workspace, dataset_id: str) -> Ability:
    """Looks at what was encoded and aligned; loads nothing."""
    record = find_dataset(workspace, dataset_id)
    known = shelves(workspace, record)
    crossing = newest_alignment(workspace, record) is not None
    read = {side: side in known and reads_new(known[side].feature) for side in SIDES}
    return Ability(
        modalities=tuple(str(modality) for modality in known),
        words=read[Modality.TEXT] or crossing,
        pictures=read[Modality.IMAGE] or crossing,
        crossing=crossing,
    )


def search(
    workspace: Workspace, dataset_id: str, query: SearchQuery, k: int = 24
) -> tuple[Hit, ...]:
    """The k nearest items, the best first, those named in the query left out.

    `score` is in standard deviations above an average item; `similarities` are each modality's
    share of it and sum to it. Raises InvalidInput where nothing is looked for or nothing here can
    read it, NotFound for an unknown item.
    """
    record = find_dataset(workspace, dataset_id)
    return _hits(workspace, record, blend(_channels(workspace, record, query)), query, k)


def side_by_side(
    workspace: Workspace, dataset_id: str, query: SearchQuery, k: int = 8
) -> dict[str, tuple[Hit, ...]]:
    """The same query by each modality alone, those that say nothing of it left out."""
    record = find_dataset(workspace, dataset_id)
    channels = _channels(workspace, record, query)
    found = {}
    for modality in dict.fromkeys(channel.modality for channel in channels):
        alone = [channel for channel in channels if channel.modality == modality]
        if any(channel.weight > 0 for channel in alone):
            found[modality] = _hits(workspace, record, blend(alone), query, k)
    return found


def named(workspace: Workspace, dataset_id: str, item_ids: Sequence[str]) -> tuple[ItemCard, ...]:
    """Cards of items by their identifiers; those that do not exist are left out."""
    record = find_dataset(workspace, dataset_id)
    rows = rows_of(workspace, record)
    return tuple(cards_for(workspace, record, [rows[item] for item in item_ids if item in rows]))


def _hits(
    workspace: Workspace, record: DatasetRecord, found: Blend, query: SearchQuery, k: int
) -> tuple[Hit, ...]:
    rows = rows_of(workspace, record)
    candidates = found.known.copy()
    candidates[[rows[item] for item in (*query.like, *query.unlike)]] = False
    order = np.lexsort((np.arange(len(found.score)), -found.score))
    best = [int(row) for row in order[candidates[order]][:k]]
    return tuple(
        Hit(card, rank, float(found.score[row]), {m: float(p[row]) for m, p in found.parts.items()})
        for rank, (row, card) in enumerate(
            zip(best, cards_for(workspace, record, best), strict=True), start=1
        )
    )


def _channels(
    workspace: Workspace, record: DatasetRecord, query: SearchQuery
) -> tuple[Channel, ...]:
    words = query.words.strip()
    if not (words or query.picture or query.like):
        raise InvalidInput("Give some words, a picture or an item to search for.")
    known = shelves(workspace, record)
    if not known:
        raise NotFound(
            f"Nothing of '{record.name}' was encoded yet, so nothing can be found by what it "
            f"shows or says. Encode it first: `python -m backend encode {record.name}`, or the "
            "Catalogue page under Features."
        )
    both = bool(words and query.picture)
    share = query.picture_weight if both else 1.0
    found: list[Channel] = []
    if words:
        rest = 1.0 - share if both else 1.0
        found += _of_content(workspace, record, known, Modality.TEXT, words, rest)
    if query.picture:
        picture = decode_picture(query.picture)
        found += _of_content(workspace, record, known, Modality.IMAGE, picture, share)
    rows = rows_of(workspace, record)
    found += _of_items(known, _numbers(rows, query.like), 1.0)
    found += _of_items(known, _numbers(rows, query.unlike), -_AGAINST)
    return tuple(
        Channel(c.modality, c.nearness, c.present, c.weight * query.weights.get(c.modality, 1.0))
        for c in found
    )


def _of_content(
    workspace: Workspace,
    record: DatasetRecord,
    known: Mapping[Modality, Shelf],
    side: Modality,
    thing: Content,
    weight: float,
) -> list[Channel]:
    """Words and pictures against their like by their own encoder, against the other side in the
    aligned space, where there is one."""
    found = []
    own = known.get(side)
    if own is not None and reads_new(own.feature):
        vector = read_new(workspace, record, own, thing)
        found.append(_channel(side, own.values @ vector, own.present, weight))
    if newest_alignment(workspace, record) is not None:
        space = space_in_use(workspace, record)
        vector = embed_query(workspace, record, space, side, thing)[0]
        done = side if found else None
        for other, table in with_added(workspace, record, space).items():
            if other != done:
                found.append(_channel(other, table.values @ vector, table.present, weight))
    if not found:
        what = "words" if side is Modality.TEXT else "a picture"
        raise InvalidInput(
            f"Nothing here can read {what}: encode {side} with an encoder that reads it, on the "
            "Catalogue page under Features."
        )
    return found


def _of_items(known: Mapping[Modality, Shelf], rows: Sequence[int], weight: float) -> list[Channel]:
    """Against the mean direction of some items, in every modality that one of them has."""
    found = []
    for modality, shelf in known.items():
        there = [row for row in rows if shelf.present[row]]
        if there:
            mean = torch.nn.functional.normalize(shelf.values[there].mean(0), dim=0)
            found.append(_channel(modality, shelf.values @ mean, shelf.present, weight))
    return found


def _numbers(rows: Mapping[str, int], items: Sequence[str]) -> list[int]:
    for item in items:
        if item not in rows:
            raise NotFound(f"There is no item '{item}' in this data set.")
    return [rows[item] for item in items]


def _channel(modality: Modality, nearness: Tensor, present: Tensor, weight: float) -> Channel:
    return Channel(str(modality), nearness.numpy(), present.numpy(), weight)
