"""Vectors kept by (content SHA-256, encoder fingerprint), so that nothing is encoded twice."""

import hashlib
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from backend.durable import write_durably

_MAGICS: Final[Mapping[np.dtype[Any], bytes]] = {
    np.dtype("<f4"): b"FLVEC001",
    np.dtype("u1"): b"FLRAW_U1",
    np.dtype("<i4"): b"FLRAW_I4",
}
"""First bytes of a shard, by the kind of its numbers."""
_KINDS: Final[Mapping[bytes, np.dtype[Any]]] = {magic: kind for kind, magic in _MAGICS.items()}
_KEY: Final = 32
_HEADER: Final = 8 + 16
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)


Numbers = np.float32 | np.uint8 | np.int32


@dataclass(frozen=True)
class _Shard:
    rows: dict[bytes, int]
    values: NDArray[Numbers]


class FeatureStore:
    """A folder per encoder fingerprint, in it shards that are never changed once written.

    A shard is `magic, N, D, keys u8[N, 32], values [N, D]`, f32 or, of raw content, u8 or i32, and
    is named by the SHA-256 of its bytes: writers in several processes cannot disturb each other,
    and a damaged shard is noticed, set aside and counts as missing, so that its items are encoded
    again. Keys are SHA-256 in hex.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._shards: dict[Path, _Shard] = {}

    def missing(self, fingerprint: str, keys: Sequence[str]) -> list[str]:
        """The keys without a vector, each once, in order."""
        shards = self._load(fingerprint)
        return [
            key
            for key in dict.fromkeys(keys)
            if not any(bytes.fromhex(key) in shard.rows for shard in shards)
        ]

    def put(self, fingerprint: str, keys: Sequence[str], values: NDArray[Numbers]) -> None:
        """Keep [N, D] of f32, u8 or i32 under N keys; on return it is on the disk. Nothing to put
        is fine."""
        if values.ndim != 2 or len(values) != len(keys):
            raise ValueError(f"{len(keys)} keys do not fit values of shape {values.shape}")
        if not keys:
            return
        shape = np.array(values.shape, dtype="<u8").tobytes()
        block = b"".join(bytes.fromhex(key) for key in keys)
        little = values.astype(values.dtype.newbyteorder("<"))
        content = _MAGICS[little.dtype] + shape + block + little.tobytes()
        path = self._folder(fingerprint) / hashlib.sha256(content).hexdigest()
        write_durably(path, lambda file: file.write(content))

    def get(
        self, fingerprint: str, keys: Sequence[str]
    ) -> tuple[NDArray[Numbers], NDArray[np.bool_]]:
        """([N, D] as it was put, zero where absent; bool[N]). D is 0 while the encoder has no
        vector here."""
        shards = self._load(fingerprint)
        dim = shards[0].values.shape[1] if shards else 0
        kind = shards[0].values.dtype if shards else np.float32
        values = np.zeros((len(keys), dim), kind)
        present = np.zeros(len(keys), np.bool_)
        raw = [bytes.fromhex(key) for key in keys]
        for shard in shards:
            hits = [(at, shard.rows[key]) for at, key in enumerate(raw) if key in shard.rows]
            if hits:
                places, rows = np.array(hits).T
                values[places] = shard.values[rows]
                present[places] = True
        return values, present

    def _folder(self, fingerprint: str) -> Path:
        return self.root / fingerprint

    def _load(self, fingerprint: str) -> list[_Shard]:
        """All sound shards; the first one fixes D, and one of another D is damaged."""
        folder = self._folder(fingerprint)
        names = sorted(folder.iterdir()) if folder.is_dir() else []
        shards: list[_Shard] = []
        for path in names:
            if _NAME.fullmatch(path.name):
                shard = self._shards.get(path) or _read(path)
                if shard is None or (shards and shards[0].values.shape[1] != shard.values.shape[1]):
                    _set_aside(path)
                    continue
                self._shards[path] = shard
                shards.append(shard)
        return shards


def _read(path: Path) -> _Shard | None:
    """None where the bytes are not those that were written."""
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != path.name:
                return None
            file.seek(0)
            kind = _KINDS.get(file.read(8))
            if kind is None:
                return None
            count, dim = (int(n) for n in np.frombuffer(file.read(16), "<u8"))
            block = file.read(count * _KEY)
        values = np.memmap(path, kind, mode="r", offset=_HEADER + count * _KEY, shape=(count, dim))
    except (OSError, ValueError) as error:
        _log.warning("feature shard %s cannot be read: %s", path.name, error)
        return None
    keys = {block[at * _KEY : (at + 1) * _KEY]: at for at in range(count)}
    return _Shard(keys, values)


def _set_aside(path: Path) -> None:
    _log.warning("feature shard %s is damaged; its items are encoded again", path.name)
    os.replace(path, path.with_name(f"{path.name}.damaged"))
