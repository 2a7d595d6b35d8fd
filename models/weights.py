"""Pretrained weight files: found, hashed, and turned into an encoder's fingerprint."""

import hashlib
from functools import lru_cache
from pathlib import Path

from models.errors import WeightsUnavailable


def existing_file(path: Path, who: str, remedy: str) -> Path:
    """`path` if it is a file, else WeightsUnavailable with what to do."""
    if not path.is_file():
        raise WeightsUnavailable(f"The weights of {who} are not there. {remedy}")
    return path


def weights_fingerprint(path: Path, *also: object) -> str:
    """16 hex digits from the file's SHA-256 and whatever else decides the vectors."""
    status = path.stat()
    parts = [_sha256(path, status.st_size, status.st_mtime_ns), *map(str, also)]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


@lru_cache(maxsize=32)
def _sha256(path: Path, size: int, modified_ns: int) -> str:
    """Hashed once per process as long as size and time stay the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
