"""Encoded contents as they lie in the store, read without loading an encoder."""

import numpy as np

from backend.data.dataset import Dataset
from backend.data.health.vectors import Vectors
from backend.features.extract import read_by
from backend.schema import Modality
from backend.workflows.loading import feature_store, readable_reviews
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, FeatureRecord
from db.repositories import Features


def encoded(workspace: Workspace, record: DatasetRecord) -> tuple[FeatureRecord, ...]:
    """What was encoded with which encoder; of each modality the latest first."""
    with workspace.database.read() as session:
        found = Features(session).list(record.id)
    order = list(Modality)
    return tuple(
        sorted(found, key=lambda f: (order.index(Modality(f.modality)), -f.created_at.timestamp()))
    )


def latest(workspace: Workspace, record: DatasetRecord) -> tuple[FeatureRecord, ...]:
    """One encoding per modality, the latest."""
    first: dict[str, FeatureRecord] = {}
    for feature in encoded(workspace, record):
        first.setdefault(feature.modality, feature)
    return tuple(first.values())


def stored_vectors(workspace: Workspace, dataset: Dataset, feature: FeatureRecord) -> Vectors:
    """The vectors of one encoding; an item whose vector is not there any more counts as absent."""
    modality = Modality(feature.modality)
    training = readable_reviews(dataset) if modality is Modality.REVIEWS else None
    keys = read_by(feature.encoder, dataset, modality, training).keys
    known = [at for at, key in enumerate(keys) if key]
    values = np.zeros((dataset.n_items, feature.dim), np.float32)
    present = np.zeros(dataset.n_items, np.bool_)
    found, there = feature_store(workspace).get(feature.fingerprint, [keys[at] for at in known])
    if there.any():
        values[known], present[known] = found, there
    return Vectors(modality, values, present, keys)
