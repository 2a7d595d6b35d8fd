"""Items uploaded by hand after the import, scored from their content alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import torch

from backend.data.dataset import Dataset
from backend.data.media import decode_picture
from backend.errors import InvalidInput
from backend.features.contents import Contents, contents_of_items
from backend.features.extract import encode_few
from backend.features.fitting import ReadyEncoder
from backend.features.recordings import clip_of, sound_of
from backend.retrieval.recommender import NewItems
from backend.schema import ITEM_COLUMNS, RECORDING_COLUMNS, Col, Modality
from backend.workflows.loading import LoadedRun, catalogue_encoder, feature_store
from backend.workflows.workspace import Workspace
from db.records import AddedItemRecord, RunRecord
from db.repositories import AddedItems
from models.encoders import Content
from models.recommenders import FeatureTable

_LOOSE: Final[Mapping[str, str]] = {
    Modality.TEXT: "some words",
    Modality.IMAGE: "a picture",
    Modality.AUDIO: "a sound",
    Modality.VIDEO: "a video",
}


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
    if not loaded.model.scores_new_items or not records:
        return Additions((), {}, None)
    run = loaded.record
    found = encode_added(workspace, loaded.dataset, records, run.encoders, run)
    features = loaded.preparation.of_new(found)
    with torch.inference_mode():
        vectors, bias = loaded.model.embed_new_items(features)
    return Additions(records, features, NewItems(vectors, bias))


def encode_added(
    workspace: Workspace,
    dataset: Dataset,
    records: tuple[AddedItemRecord, ...],
    encoders: Mapping[str, str],
    run: RunRecord | None = None,
) -> dict[Modality, FeatureTable]:
    """Content of added items, read by what the encoders learned from the catalogue (for the run);
    from the store from the second time on."""
    store = feature_store(workspace)
    tables = {}
    for name, spec in encoders.items():
        ready = catalogue_encoder(workspace, dataset, Modality(name), spec, run)
        tables[Modality(name)] = encode_few(store, ready, _contents(dataset, records, ready))
    return tables


def encode_loose(
    workspace: Workspace, loaded: LoadedRun, content: Mapping[Modality, Content]
) -> dict[Modality, FeatureTable]:
    """Tables f32[1, D] for one thing that nobody stored, as the run reads it; what it lacks is
    marked absent."""
    tables = {}
    for modality, known in loaded.data.features.items():
        values = known.values.new_zeros(1, known.values.shape[1])
        if modality in content:
            spec = loaded.record.encoders[modality]
            ready = catalogue_encoder(workspace, loaded.dataset, modality, spec, loaded.record)
            values = ready.encoder.encode([content[modality]])
        tables[modality] = FeatureTable(values, torch.tensor([modality in content]))
    return loaded.preparation.of_new(tables)


def content_for(
    loaded: LoadedRun,
    text: str,
    picture: bytes | None = None,
    sound: bytes | None = None,
    clip: bytes | None = None,
) -> dict[Modality, Content]:
    """Loose content as encoders take it; empty parts are left out, and a clip without a sound
    beside it lends its own.

    Raises InvalidInput for a file that cannot be read, and where nothing is left that the run
    reads.
    """
    content: dict[Modality, Content] = {}
    if picture:
        content[Modality.IMAGE] = decode_picture(picture)
    if clip:
        content[Modality.VIDEO] = shown = clip_of(clip)
        if shown.sound is not None:
            content[Modality.AUDIO] = shown.sound
    if sound:
        content[Modality.AUDIO] = sound_of(sound)
    if text.strip():
        content[Modality.TEXT] = text.strip()
    if not content.keys() & set(loaded.record.encoders):
        wanted = " or ".join(_LOOSE[m] for m in loaded.record.encoders if m in _LOOSE)
        if not wanted:
            raise InvalidInput("This model reads nothing that can be given here; choose another.")
        raise InvalidInput(f"Give {wanted}: that is what this model reads.")
    return content


def _contents(
    dataset: Dataset, records: tuple[AddedItemRecord, ...], ready: ReadyEncoder
) -> Contents:
    """What was typed in and uploaded; ready-made features came with none of it."""
    columns = (*ITEM_COLUMNS, *RECORDING_COLUMNS)
    items = pd.DataFrame({c: [getattr(r, c) for r in records] for c in columns})
    if ready.encoder.reads_given:
        return Contents.nothing(len(items))
    items[Col.PRICE] = items[Col.PRICE].astype(float)
    return contents_of_items(items, dataset.root, ready.encoder.modality)
