"""Encodes what the items of a data set show and say, once per content."""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.data.dataset import Dataset
from backend.devices import torch_device
from backend.features.contents import Contents, contents_of
from backend.features.encoders import parse_encoder
from backend.features.fitting import ReadyEncoder, ready_encoder
from backend.features.pace import Pace
from backend.features.store import FeatureStore
from backend.progress import Report, silent
from backend.schema import Modality
from models.encoders import ENCODERS, Content, Encoder
from models.recommenders import FeatureTable

_KEPT_EVERY: Final = 10.0
"""Seconds after which new vectors are put into the store, so that a cancelled job keeps them."""
_LEARNING_SHARE: Final = 0.7
"""Part of the progress that learning takes, where an encoder learns."""


@dataclass(frozen=True)
class Extraction:
    """One modality of a data set as vectors.

    `encoded`, `cached`, `missing` count items: encoded now, found in the store, without such
    content. `per_second` is new contents over `seconds` (0.0 where nothing was new); learning is
    not in it. `table` is on the CPU.
    """

    modality: Modality
    encoder: str
    fingerprint: str
    dim: int
    encoded: int
    cached: int
    missing: int
    per_second: float
    seconds: float
    table: FeatureTable
    keys: Sequence[str]
    """As in `Contents`."""


def encode_modality(
    dataset: Dataset,
    modality: Modality,
    encoder_spec: str,
    store: FeatureStore,
    device: str | torch.device = "auto",
    report: Report = silent,
    batch_size: int = 48,
    training: NDArray[np.int64] | None = None,
) -> Extraction:
    """Vectors of every item that has this content; what the store knows is not encoded again.

    `training` as for `contents_of`. Raises DamagedArtefact where a stored file is not the one that
    was imported.
    """
    contents = read_by(encoder_spec, dataset, modality, training)
    stages = _Stages(report)
    ready = ready_encoder(
        encoder_spec, modality, contents, store, torch_device(device), stages.learning
    )
    started = time.perf_counter()
    new = store.missing(ready.fingerprint, [key for key in contents.keys if key])
    _encode_into(store, ready, contents, new, stages.encoding, batch_size)
    seconds = time.perf_counter() - started
    fresh = set(new)
    encoded = sum(key in fresh for key in contents.keys)
    missing = sum(not key for key in contents.keys)
    return Extraction(
        modality=modality,
        encoder=encoder_spec,
        fingerprint=ready.fingerprint,
        dim=ready.encoder.dim,
        encoded=encoded,
        cached=len(contents.keys) - encoded - missing,
        missing=missing,
        per_second=len(new) / seconds if new else 0.0,
        seconds=seconds,
        table=table_of(store, ready, contents),
        keys=contents.keys,
    )


def read_by(
    encoder_spec: str,
    dataset: Dataset,
    modality: Modality,
    training: NDArray[np.int64] | None = None,
) -> Contents:
    """What this encoder reads of the data set: raw content, or features that came with it."""
    given = ENCODERS[parse_encoder(encoder_spec)[0]].cls.reads_given
    return contents_of(dataset, modality, given=given, training=training)


def encode_few(store: FeatureStore, ready: ReadyEncoder, contents: Contents) -> FeatureTable:
    """Vectors of a few items beside the catalogue; kept like all others."""
    new = store.missing(ready.fingerprint, [key for key in contents.keys if key])
    if new:
        vectors = ready.encoder.encode([contents.load(key) for key in new])
        store.put(ready.fingerprint, new, vectors.numpy())
    return table_of(store, ready, contents)


def table_of(store: FeatureStore, ready: ReadyEncoder, contents: Contents) -> FeatureTable:
    """[N, D] of the contents that the store knows; all others count as absent."""
    known = [at for at, key in enumerate(contents.keys) if key]
    found, there = store.get(ready.fingerprint, [contents.keys[at] for at in known])
    values = np.zeros((len(contents.keys), ready.encoder.dim), found.dtype)
    present = np.zeros(len(contents.keys), np.bool_)
    if there.any():
        values[known] = found
        present[known] = there
    return FeatureTable(
        torch.from_numpy(values), torch.from_numpy(present), words=ready.encoder.words
    )


class _Stages:
    """One progress for learning and encoding: learning moves it only where it takes place."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._start = 0.0

    def learning(self, what: str, fraction: float) -> None:
        self._start = _LEARNING_SHARE
        self._report(what, fraction * _LEARNING_SHARE)

    def encoding(self, what: str, fraction: float) -> None:
        self._report(what, self._start + fraction * (1 - self._start))


def _encode_into(
    store: FeatureStore,
    ready: ReadyEncoder,
    contents: Contents,
    new: list[str],
    report: Report,
    batch_size: int,
) -> None:
    """Texts go by length, because a batch is padded to its longest."""
    new = sorted(new, key=lambda key: contents.lengths.get(key, 0))
    what = f"encodes {ready.encoder.modality}"
    report(what, 0.0)
    pace = Pace(len(new))
    keys: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    try:
        done, last = 0, time.monotonic()
        for batch, loaded in _ahead(contents, ready.encoder, new, batch_size):
            vectors.append(_encode(ready.encoder, loaded).numpy())
            keys += batch
            done += len(batch)
            if time.monotonic() - last >= _KEPT_EVERY:
                store.put(ready.fingerprint, keys, np.concatenate(vectors))
                keys, vectors, last = [], [], time.monotonic()
            report(f"{what}, {pace.phrase(done)}", done / len(new))
    finally:
        if keys and len(vectors):
            whole = np.concatenate(vectors)
            store.put(ready.fingerprint, keys[: len(whole)], whole)


def _ahead(
    contents: Contents, encoder: Encoder, keys: list[str], batch_size: int
) -> Iterator[tuple[list[str], list[Content]]]:
    """Batches of content; the next two are read, decoded and preprocessed while one is encoded.

    Each batch goes to the threads in a few pieces: handing over single texts would take longer
    than reading them.
    """

    def load(piece: list[str]) -> list[Content]:
        return [encoder.preprocess(contents.load(key)) for key in piece]

    workers = min(4, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:

        def ask(batch: list[str]) -> list[Future[list[Content]]]:
            return [pool.submit(load, piece) for piece in _cut(batch, -(-len(batch) // workers))]

        batches = _cut(keys, batch_size)
        waiting = [ask(batch) for batch in batches[:2]]
        for place, batch in enumerate(batches):
            loaded = [content for piece in waiting.pop(0) for content in piece.result()]
            if place + 2 < len(batches):
                waiting.append(ask(batches[place + 2]))
            yield batch, loaded


def _cut(keys: list[str], size: int) -> list[list[str]]:
    return [keys[at : at + size] for at in range(0, len(keys), size)]


def _encode(encoder: Encoder, batch: Sequence[Content]) -> Tensor:
    """Halves the batch as long as the GPU has no room for it."""
    try:
        return encoder.encode(batch)
    except torch.OutOfMemoryError:
        if len(batch) == 1:
            raise
        torch.cuda.empty_cache()
    half = len(batch) // 2
    return torch.cat([_encode(encoder, batch[:half]), _encode(encoder, batch[half:])])
