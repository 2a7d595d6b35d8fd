"""Files that are whole or absent: temporary file, fsync, rename, fsync of the directory."""

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_durably(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Have `write` fill the file; whatever happens, `path` holds the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with part.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    _sync_directory(path.parent)


def file_sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(folder: Path, content: bytes) -> None:
    """Put a result into a folder of its own, under the SHA-256 of its bytes."""
    path = folder / hashlib.sha256(content).hexdigest()
    write_durably(path, lambda file: file.write(content))


def kept(folder: Path) -> bytes | None:
    """What `keep` put there; None where nothing is, or nothing that is still what was written."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() == path.name:
            return content
    return None


def _sync_directory(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
