"""Where a search looks: every encoded modality of a catalogue, each in its own encoder's space."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from backend.schema import Modality
from backend.workflows.additions import encode_added, list_added
from backend.workflows.loading import catalogue_encoder, find_dataset, open_dataset
from backend.workflows.vectors import latest, stored_vectors
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, FeatureRecord
from models.encoders import ENCODERS, Content
from models.recommenders import FeatureTable

_UNLIKE_RAW = frozenset({Modality.REVIEWS})
"""What others wrote of an item is not what it is, and added items have none."""


@dataclass(frozen=True)
class Shelf:
    """One modality of the catalogue, then of the items added by hand.

    `values` f32[I, D]: rows of length 1 after subtracting `mean` f32[D] of the catalogue, because
    all vectors of an encoder share one large direction; zero where absent. `present` bool[I].
    """

    feature: FeatureRecord
    mean: Tensor
    values: Tensor
    present: Tensor

    def place(self, vectors: Tensor) -> Tensor:
        """f32[B, D] of raw vectors f32[B, D], as the rows of `values`."""
        return torch.nn.functional.normalize(vectors.float() - self.mean, dim=1)


def shelves(workspace: Workspace, record: DatasetRecord) -> dict[Modality, Shelf]:
    """Every encoded modality by its latest encoding; empty where nothing was encoded."""
    found = [f for f in latest(workspace, record) if Modality(f.modality) not in _UNLIKE_RAW]
    known = {Modality(f.modality): _catalogue(workspace, record.id, f) for f in found}
    added = list_added(workspace, record.id)
    if not added or not known:
        return known
    specs = {str(m): shelf.feature.encoder for m, shelf in known.items()}
    fresh = encode_added(workspace, open_dataset(workspace, record), added, specs)
    return {m: _longer(shelf, fresh[m]) for m, shelf in known.items()}


def reads_new(feature: FeatureRecord) -> bool:
    """Whether the encoder can read something that is not in the catalogue."""
    return not ENCODERS[feature.encoder.partition(":")[0]].cls.reads_given


def read_new(workspace: Workspace, record: DatasetRecord, shelf: Shelf, thing: Content) -> Tensor:
    """f32[D] of one content that no item has, in the shelf's space."""
    dataset = open_dataset(workspace, record)
    modality = Modality(shelf.feature.modality)
    ready = catalogue_encoder(workspace, dataset, modality, shelf.feature.encoder)
    return shelf.place(ready.encoder.encode([thing]))[0]


def rows_of(workspace: Workspace, record: DatasetRecord) -> Mapping[str, int]:
    """item_id -> row, items added by hand behind the catalogue."""
    known = _rows(workspace, record.id)
    added = list_added(workspace, record.id)
    return {**known, **{item.item_id: len(known) + n for n, item in enumerate(added)}}


def _longer(shelf: Shelf, fresh: FeatureTable) -> Shelf:
    new = torch.where(fresh.present.unsqueeze(1), shelf.place(fresh.values), 0.0)
    return Shelf(
        shelf.feature,
        shelf.mean,
        torch.cat([shelf.values, new]),
        torch.cat([shelf.present, fresh.present]),
    )


@lru_cache(maxsize=12)
def _catalogue(workspace: Workspace, dataset_id: str, feature: FeatureRecord) -> Shelf:
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    loaded = stored_vectors(workspace, dataset, feature)
    values, present = torch.from_numpy(loaded.values), torch.from_numpy(loaded.present)
    mean = values[present].mean(0) if present.any() else values.new_zeros(values.shape[1])
    bare = Shelf(feature, mean, values, present)
    return Shelf(feature, mean, torch.where(present.unsqueeze(1), bare.place(values), 0.0), present)


@lru_cache(maxsize=4)
def _rows(workspace: Workspace, dataset_id: str) -> dict[str, int]:
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    return {str(item): n for n, item in enumerate(dataset.items["item_id"])}
