"""A stored image-text space as a live object: a catalogue's pictures and texts side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import normalize

from backend.durable import file_sha256
from backend.errors import DamagedArtefact, InvalidInput, NotFound
from backend.schema import Modality
from backend.training.checkpoint import load_tensors
from backend.workflows.additions import encode_added, list_added
from backend.workflows.aligning import SIDES, aligned_encoders, weights_path
from backend.workflows.loading import (
    catalogue_encoder,
    extract_features,
    find_dataset,
    open_dataset,
    tables_of,
)
from backend.workflows.workspace import Workspace
from db.records import AlignmentRecord, DatasetRecord
from db.repositories import Alignments
from models.alignment import AlignedHeads, HeadsConfig
from models.encoders import Content
from models.recommenders import FeatureTable

_CPU: Final = torch.device("cpu")
Sides = Mapping[Modality, FeatureTable]
"""f32[I, D] of pictures and of texts, rows of length 1, zero where absent."""


@dataclass(frozen=True)
class Space:
    """`heads` is None where the encoders' own vectors are the space."""

    encoders: Mapping[str, str]
    heads: AlignedHeads | None
    sides: Sides


def newest_alignment(workspace: Workspace, record: DatasetRecord) -> AlignmentRecord | None:
    """The one in use: made or asked for last; None where nothing was aligned."""
    with workspace.database.read() as session:
        return next(iter(Alignments(session).list(record.id)), None)


def space_in_use(workspace: Workspace, record: DatasetRecord) -> Space:
    """Raises NotFound, which says how to make one, and DamagedArtefact."""
    newest = newest_alignment(workspace, record)
    if newest is None:
        raise NotFound(
            f"Pictures and texts of '{record.name}' cannot be compared yet. Run "
            f"`python -m backend align {record.name}` first, or press 'Align' on the Catalogue "
            "page under Features."
        )
    return _space(workspace, record.id, newest.key, newest.sha256)


def embed_query(
    workspace: Workspace, record: DatasetRecord, space: Space, side: Modality, thing: Content
) -> Tensor:
    """f32[1, D] of one picture or text that no item has."""
    dataset = open_dataset(workspace, record)
    ready = catalogue_encoder(workspace, dataset, side, space.encoders[side])
    if ready.encoder.reads_given:
        raise InvalidInput(
            f"The aligned space reads ready-made features of {side}, so it cannot read a new one. "
            f"Align again with an encoder that reads {side}."
        )
    table = FeatureTable(ready.encoder.encode([thing]), torch.tensor([True]))
    return _embed(space.heads, side, table).values


def with_added(workspace: Workspace, record: DatasetRecord, space: Space) -> Sides:
    """The catalogue followed by the items that were added by hand."""
    records = list_added(workspace, record.id)
    if not records:
        return space.sides
    dataset = open_dataset(workspace, record)
    fresh = encode_added(workspace, dataset, records, space.encoders)
    both = {}
    for side, table in space.sides.items():
        new = _embed(space.heads, side, fresh[side])
        both[side] = FeatureTable(
            torch.cat([table.values, new.values]), torch.cat([table.present, new.present])
        )
    return both


@torch.inference_mode()
def _embed(heads: AlignedHeads | None, side: Modality, table: FeatureTable) -> FeatureTable:
    values = table.values.float()
    unit = normalize(values, dim=1) if heads is None else heads.side(side)(values)
    return FeatureTable(torch.where(table.present.unsqueeze(1), unit, 0.0), table.present)


@lru_cache(maxsize=4)
def _space(workspace: Workspace, dataset_id: str, key: str, sha256: str) -> Space:
    """Built once per process and space."""
    with workspace.database.read() as session:
        record = next(a for a in Alignments(session).list(dataset_id) if a.key == key)
    path = weights_path(workspace, record)
    if not path.is_file() or file_sha256(path) != sha256:
        raise DamagedArtefact(
            "The stored weights of the aligned space are damaged. Align again to repair them."
        )
    encoders = aligned_encoders(workspace, record)
    dataset = find_dataset(workspace, dataset_id)
    tables = tables_of(extract_features(workspace, dataset, encoders, _CPU))
    heads = _heads(workspace, record, tables) if record.method == "heads" else None
    return Space(encoders, heads, {side: _embed(heads, side, tables[side]) for side in SIDES})


def _heads(workspace: Workspace, record: AlignmentRecord, tables: Sides) -> AlignedHeads:
    image, text = (tables[side].values.shape[1] for side in SIDES)
    heads = AlignedHeads(image, text, HeadsConfig.from_mapping(record.settings))
    weights, _ = load_tensors(weights_path(workspace, record), _CPU)
    heads.load_state_dict(weights)
    return heads.eval()
