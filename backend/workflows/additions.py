"""Items uploaded by hand after the import, scored from their content alone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from backend.data.dataset import Dataset
from backend.data.media import decode_picture, picture_path
from backend.features.extract import encode_contents, item_text, load_encoder
from backend.retrieval.recommender import NewItems
from backend.schema import Modality
from backend.workflows.loading import LoadedRun, feature_store
from backend.workflows.workspace import Workspace
from db.records import AddedItemRecord
from db.repositories import AddedItems
from models.encoders import Content
from models.recommenders import FeatureTable


@dataclass(frozen=True)
class Additions:
    """Added items of a data set as a run sees them.

    `vectors` continue the run's item embeddings; None where nothing was added or the run reads
    clicks only.
    """

    records: tuple[AddedItemRecord, ...]
    features: Mapping[Modality, FeatureTable]
    vectors: NewItems | None


def list_added(workspace: Workspace, dataset_id: str) -> tuple[AddedItemRecord, ...]:
    """In order of arrival."""
    with workspace.database.read() as session:
        return tuple(AddedItems(session).list(dataset_id))


def added_for(workspace: Workspace, loaded: LoadedRun) -> Additions:
    """What was added to the run's data set, encoded with the run's encoders."""
    records = list_added(workspace, loaded.record.dataset_id)
    if not loaded.model.reads_content or not records:
        return Additions((), {}, None)
    features = encode_added(workspace, loaded.dataset, records, loaded.record.encoders)
    with torch.inference_mode():
        vectors, bias = loaded.model.embed_new_items(features)
    return Additions(records, features, NewItems(vectors, bias))


def encode_added(
    workspace: Workspace,
    dataset: Dataset,
    records: tuple[AddedItemRecord, ...],
    encoders: Mapping[str, str],
) -> dict[Modality, FeatureTable]:
    """Content of added items; read from the store from the second time on."""
    store = feature_store(workspace)
    tables = {}
    for name, spec in encoders.items():
        modality = Modality(name)
        encoder = load_encoder(spec, modality, torch.device("cpu"))
        keys = [_content_key(record, modality) for record in records]
        fingerprint = encoder.fingerprint()
        new = store.missing(fingerprint, [key for key in keys if key])
        by_key = dict(zip(keys, records, strict=True))
        if new:
            contents = [_contents(dataset, by_key[key])[modality] for key in new]
            store.put(fingerprint, new, encoder.encode(contents).numpy())
        values = np.zeros((len(keys), encoder.dim), np.float32)
        present = np.array([bool(key) for key in keys])
        if present.any():
            values[present], _ = store.get(fingerprint, [key for key in keys if key])
        tables[modality] = FeatureTable(torch.from_numpy(values), torch.from_numpy(present))
    return tables


def encode_loose(
    content: Mapping[Modality, Content], encoders: Mapping[str, str]
) -> dict[Modality, FeatureTable]:
    """Tables f32[1, D] for one thing that nobody stored; what it lacks is marked absent."""
    tables = {}
    for name, spec in encoders.items():
        modality = Modality(name)
        there = modality in content
        if there:
            values = encode_contents([content[modality]], modality, spec)
        else:
            encoder = load_encoder(spec, modality, torch.device("cpu"))
            values = torch.zeros(1, encoder.dim)
        tables[modality] = FeatureTable(values, torch.tensor([there]))
    return tables


def text_and_picture(text: str, picture: bytes | None) -> dict[Modality, Content]:
    """Loose content as encoders take it; empty parts are left out.

    Raises InvalidInput for a picture that cannot be read.
    """
    content: dict[Modality, Content] = {}
    if picture:
        content[Modality.IMAGE] = decode_picture(picture)
    if text.strip():
        content[Modality.TEXT] = text.strip()
    return content


def _content_key(record: AddedItemRecord, modality: Modality) -> str:
    """SHA-256 of what the encoder will read; "" where the item has none of it."""
    if modality is Modality.IMAGE:
        return record.image
    text = item_text(record.title, record.category, record.text)
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def _contents(dataset: Dataset, record: AddedItemRecord) -> dict[Modality, Content]:
    picture = picture_path(dataset.root, record.image).read_bytes() if record.image else None
    return text_and_picture(item_text(record.title, record.category, record.text), picture)
