"""Makes an encoder ready: one that learns is fitted once per catalogue, and its state is kept."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import torch
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.torch import load as parsed
from safetensors.torch import save as serialized
from torch import Tensor

from backend.durable import write_durably
from backend.errors import DamagedArtefact, InvalidInput
from backend.features.contents import Contents
from backend.features.encoders import load_encoder, new_encoder
from backend.features.store import FeatureStore
from backend.progress import Report, silent
from backend.schema import Modality
from models.encoders import Encoder, TrainableEncoder

_KEPT_EVERY: Final = 30.0
"""Seconds of learning after which a checkpoint is worth its disk access."""
_SUFFIX: Final = ".state"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadyEncoder:
    """An encoder that can encode, and the fingerprint under which its vectors are kept."""

    encoder: Encoder
    fingerprint: str


def ready_encoder(
    spec: str,
    modality: Modality,
    contents: Contents,
    store: FeatureStore,
    device: torch.device,
    report: Report = silent,
) -> ReadyEncoder:
    """The encoder, fitted on `contents` first where it learns and has not learned from them yet.

    Its fingerprint then covers code, settings, seed, the keys of `contents` and the state itself,
    so that vectors of two states never mix. Raises InvalidInput where there is nothing to learn
    from.
    """
    encoder = load_encoder(spec, modality, device)
    if not isinstance(encoder, TrainableEncoder):
        return ReadyEncoder(encoder, encoder.fingerprint())
    folder = store.root / _fit_fingerprint(encoder, contents)
    found = _kept_state(folder)
    if found is None:
        _fit(spec, modality, contents, folder, device, report)
        found = _kept_state(folder)
    if found is None:
        raise DamagedArtefact(f"What {spec} learned could not be stored below {folder}.")
    return _with_state(spec, modality, device, found)


def is_fitted(spec: str, modality: Modality, contents: Contents, store: FeatureStore) -> bool:
    """Whether `ready_encoder` would answer without learning."""
    encoder = load_encoder(spec, modality, torch.device("cpu"))
    if not isinstance(encoder, TrainableEncoder):
        return True
    return _kept_state(store.root / _fit_fingerprint(encoder, contents)) is not None


def _fit_fingerprint(encoder: TrainableEncoder, contents: Contents) -> str:
    parts = [encoder.fingerprint(), encoder.modality, str(encoder.config.seed), *contents.distinct]
    return _digest("\x1f".join(parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _kept_state(folder: Path) -> Path | None:
    """The state file; its name is the SHA-256 of its bytes, and one that differs is set aside."""
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        if _intact(path, path.stat().st_mtime_ns):
            return path
        _log.warning("what an encoder learned (%s) is damaged; it learns again", path.name)
        os.replace(path, path.with_suffix(".damaged"))
    return None


@lru_cache(maxsize=64)
def _intact(path: Path, modified_ns: int) -> bool:
    return hashlib.sha256(path.read_bytes()).hexdigest() == path.stem


@lru_cache(maxsize=8)
def _with_state(spec: str, modality: Modality, device: torch.device, path: Path) -> ReadyEncoder:
    encoder = new_encoder(spec, modality, device)
    assert isinstance(encoder, TrainableEncoder)
    encoder.load_state(parsed(path.read_bytes()))
    return ReadyEncoder(encoder, _digest(f"{path.parent.name}\x1f{path.stem}"))


def _fit(
    spec: str,
    modality: Modality,
    contents: Contents,
    folder: Path,
    device: torch.device,
    report: Report,
) -> None:
    keys = contents.distinct
    if not keys:
        raise InvalidInput(
            f"The encoder '{spec}' has nothing to learn from: no item has {modality}. Leave "
            f"{modality} out."
        )
    folder.mkdir(parents=True, exist_ok=True)
    # whoever comes second waits and finds the state of the first
    with FileLock(folder / ".lock"):
        if _kept_state(folder) is not None:
            return
        encoder = new_encoder(spec, modality, device)
        assert isinstance(encoder, TrainableEncoder)
        report(f"learns to read {modality}", 0.0)
        checkpoint = _FileCheckpoint(folder / "unfinished.safetensors")
        encoder.fit(contents.lazily(keys), encoder.config.seed, report, checkpoint)
        content = serialized(_plain(encoder.state()))
        path = folder / f"{hashlib.sha256(content).hexdigest()}{_SUFFIX}"
        write_durably(path, lambda file: file.write(content))
        checkpoint.remove()


class _FileCheckpoint:
    """One file, written at most every 30 seconds; a damaged one counts as none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = time.monotonic()

    def load(self) -> dict[str, Tensor]:
        try:
            content = self._path.read_bytes()
            head, _, body = content.partition(b"\n")
            sound = json.loads(head)["sha256"] == hashlib.sha256(body).hexdigest()
            return parsed(body) if sound else {}
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            return {}

    def save(self, state: Mapping[str, Tensor]) -> None:
        if time.monotonic() - self._last < _KEPT_EVERY:
            return
        body = serialized(_plain(state))
        head = json.dumps({"sha256": hashlib.sha256(body).hexdigest()}).encode()
        write_durably(self._path, lambda file: file.write(head + b"\n" + body))
        self._last = time.monotonic()

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


def _plain(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: t.detach().cpu().contiguous().clone() for name, t in state.items()}
