"""Encodes what the items of a data set show and say, once per content."""

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from backend.data.dataset import Dataset
from backend.data.media import picture_path
from backend.devices import torch_device
from backend.errors import DamagedArtefact, InvalidInput
from backend.features.store import FeatureStore
from backend.progress import Report, silent
from backend.schema import Col, Modality
from models.config import Config
from models.encoders import ENCODERS, Content, Encoder
from models.errors import ConfigError
from models.recommenders import FeatureTable

_DEFAULTS: Final = {Modality.IMAGE: "efficientnet", Modality.TEXT: "minilm"}
_KEPT_EVERY: Final = 512
"""After so many new vectors they are put into the store, so that a cancelled job keeps them."""


@dataclass(frozen=True)
class Extraction:
    """One modality of a data set as vectors.

    `encoded`, `cached`, `missing` count items: encoded now, found in the store, without such
    content. `per_second` is new contents over `seconds` (0.0 where nothing was new). `table` is
    on the CPU.
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


def default_encoder(modality: Modality) -> str:
    """The encoder that is installed with FusionLens and needs no network."""
    if modality not in _DEFAULTS:
        raise InvalidInput(f"There is no encoder for {modality} yet; use image or text.")
    return _DEFAULTS[modality]


def parse_encoder(spec: str) -> tuple[str, Config]:
    """`NAME` or `NAME:key=value,key=value`; ConfigError names the nearest for a typo."""
    name, _, rest = spec.strip().partition(":")
    entry = ENCODERS[name.strip()]
    values: dict[str, object] = {}
    for pair in filter(None, (part.strip() for part in rest.split(","))):
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"'{pair}' in '{spec}' needs the form key=value.")
        values[key.strip()] = value.strip()
    return entry.name, entry.config.from_mapping(values)


@lru_cache(maxsize=4)
def load_encoder(spec: str, modality: Modality, device: torch.device) -> Encoder:
    """The encoder, kept in memory for the next call. Raises InvalidInput where it does not read
    this modality, WeightsUnavailable where its weights cannot be had."""
    name, config = parse_encoder(spec)
    entry = ENCODERS[name]
    if modality not in entry.cls.modalities:
        known = ", ".join(e.name for e in ENCODERS.entries() if modality in e.cls.modalities)
        raise InvalidInput(f"{entry.title} does not read {modality}; use {known or 'another one'}.")
    return entry.cls(config, modality, device)


def encode_modality(
    dataset: Dataset,
    modality: Modality,
    encoder_spec: str,
    store: FeatureStore,
    device: str | torch.device = "auto",
    report: Report = silent,
    batch_size: int = 48,
) -> Extraction:
    """Vectors of every item that has this content; what the store knows is not encoded again.

    Raises DamagedArtefact where a stored picture is not the one that was imported.
    """
    started = time.perf_counter()
    encoder = load_encoder(encoder_spec, modality, torch_device(device))
    contents = _contents_of(dataset, modality)
    fingerprint = encoder.fingerprint()
    new = store.missing(fingerprint, [key for key in contents.keys if key])
    _encode_into(store, encoder, contents, new, report, batch_size)
    seconds = time.perf_counter() - started
    fresh = set(new)
    encoded = sum(key in fresh for key in contents.keys)
    missing = sum(not key for key in contents.keys)
    return Extraction(
        modality=modality,
        encoder=encoder_spec,
        fingerprint=fingerprint,
        dim=encoder.dim,
        encoded=encoded,
        cached=len(contents.keys) - encoded - missing,
        missing=missing,
        per_second=len(new) / seconds if new else 0.0,
        seconds=seconds,
        table=_table(store, fingerprint, contents.keys, encoder.dim),
    )


def encode_contents(
    contents: Sequence[Content],
    modality: Modality,
    encoder_spec: str,
    device: str | torch.device = "auto",
) -> Tensor:
    """f32[B, D] on the CPU for a few contents that no data set holds, as of a new item."""
    return load_encoder(encoder_spec, modality, torch_device(device)).encode(contents)


def item_text(title: str, category: str, text: str) -> str:
    """What a text encoder reads of an item; "" for an item without title and description, as a
    category alone is an attribute."""
    if not (title.strip() or text.strip()):
        return ""
    return ". ".join(part.strip() for part in (title, category, text) if part.strip())


@dataclass(frozen=True)
class _Contents:
    """`keys[item_num]` is the SHA-256 of the item's content or ""."""

    keys: list[str]
    texts: dict[str, str]
    dataset: Dataset

    def load(self, key: str) -> Content:
        """The text, or the picture decoded."""
        if key in self.texts:
            return self.texts[key]
        path = picture_path(self.dataset.root, key)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != key:
            item = self.dataset.items[Col.ITEM_ID].iat[self.keys.index(key)]
            raise DamagedArtefact(f"The picture of item {item} is damaged; import the data again.")
        return Image.open(BytesIO(content), formats=("JPEG",)).convert("RGB")


def _contents_of(dataset: Dataset, modality: Modality) -> _Contents:
    items = dataset.items
    if modality is Modality.IMAGE:
        return _Contents(items[Col.IMAGE].tolist(), {}, dataset)
    if modality is not Modality.TEXT:
        raise InvalidInput(f"Items have no {modality} yet; encode image or text.")
    columns = (items[column].tolist() for column in (Col.TITLE, Col.CATEGORY, Col.TEXT))
    texts = [item_text(*said) for said in zip(*columns, strict=True)]
    keys = [hashlib.sha256(text.encode()).hexdigest() if text else "" for text in texts]
    return _Contents(keys, dict(zip(keys, texts, strict=True)), dataset)


def _encode_into(
    store: FeatureStore,
    encoder: Encoder,
    contents: _Contents,
    new: list[str],
    report: Report,
    batch_size: int,
) -> None:
    """Texts go by length, because a batch is padded to its longest."""
    new = sorted(new, key=lambda key: len(contents.texts.get(key, "")))
    what = f"encodes {encoder.modality}"
    report(what, 0.0)
    keys: list[str] = []
    vectors: list[NDArray[np.float32]] = []
    try:
        done = 0
        for batch, loaded in _ahead(contents, new, batch_size):
            vectors.append(_encode(encoder, loaded).numpy())
            keys += batch
            done += len(batch)
            if len(keys) >= _KEPT_EVERY:
                store.put(encoder.fingerprint(), keys, np.concatenate(vectors))
                keys, vectors = [], []
            report(what, done / len(new))
    finally:
        if keys and len(vectors):
            whole = np.concatenate(vectors)
            store.put(encoder.fingerprint(), keys[: len(whole)], whole)


def _ahead(
    contents: _Contents, keys: list[str], batch_size: int
) -> Iterator[tuple[list[str], list[Content]]]:
    """Batches of content; the next two are read and decoded while one is encoded."""
    batches = [keys[at : at + batch_size] for at in range(0, len(keys), batch_size)]
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        waiting = [[pool.submit(contents.load, key) for key in batch] for batch in batches[:2]]
        for place, batch in enumerate(batches):
            loaded = [future.result() for future in waiting.pop(0)]
            if place + 2 < len(batches):
                waiting.append([pool.submit(contents.load, key) for key in batches[place + 2]])
            yield batch, loaded


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


def _table(store: FeatureStore, fingerprint: str, keys: list[str], dim: int) -> FeatureTable:
    known = [at for at, key in enumerate(keys) if key]
    values = np.zeros((len(keys), dim), np.float32)
    present = np.zeros(len(keys), np.bool_)
    if known:
        found, there = store.get(fingerprint, [keys[at] for at in known])
        if there.any():
            values[known] = found
            present[known] = there
    return FeatureTable(torch.from_numpy(values), torch.from_numpy(present))
