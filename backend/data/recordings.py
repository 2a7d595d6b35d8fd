"""Recordings from strangers: decoded apart, stored clean under their content hash.

Sound is kept as mono FLAC of 22.05 kHz, at most 30 s from its middle; video as MP4 with a longest
side of 320 px, its first 60 s, beside a still. Nothing else of the source, above all no metadata,
is written.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend.data.decoding import Decoder, Kind
from backend.data.media import thumbnail_path
from backend.durable import file_sha256
from backend.errors import InvalidInput
from backend.schema import Modality

SOUND_SUFFIXES: Final = frozenset({".wav", ".flac", ".ogg", ".mp3", ".m4a"})
CLIP_SUFFIXES: Final = frozenset({".mp4", ".mov", ".webm", ".mkv"})
MAX_BYTES: Final = 256 << 20
_STORED_AS: Final = {Modality.AUDIO: ".flac", Modality.VIDEO: ".mp4"}


@dataclass(frozen=True)
class StoredRecording:
    """SHA-256 of what was kept, "" for what there is not: a clip may bring a sound track."""

    audio: str = ""
    video: str = ""


def store_sound(source: Path, root: Path, decoder: Decoder) -> StoredRecording:
    """Keep a sound file below `root`. Raises InvalidInput with the reason for a bad one."""
    return _store("audio", source, root, decoder)


def store_clip(source: Path, root: Path, decoder: Decoder) -> StoredRecording:
    """Keep a video, its still and its sound track. Raises InvalidInput with the reason."""
    return _store("video", source, root, decoder)


def recording_path(root: Path, modality: Modality, digest: str) -> Path:
    """Where the recording of that SHA-256 is kept."""
    return root / "media" / digest[:2] / f"{digest}{_STORED_AS[modality]}"


def poster_path(root: Path, digest: str) -> Path:
    """Where a video's still is kept."""
    return thumbnail_path(root, digest)


def _store(kind: Kind, source: Path, root: Path, decoder: Decoder) -> StoredRecording:
    if source.stat().st_size > MAX_BYTES:
        raise InvalidInput(f"The recording is larger than {MAX_BYTES >> 20} MiB.")
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".decoding-", dir=root) as scratch:
        made = Path(scratch) / "made"
        heard = decoder.transcode(kind, source.resolve(), made)
        audio = _keep(made.with_suffix(".flac"), root, Modality.AUDIO) if heard else ""
        if kind == "audio":
            return StoredRecording(audio=audio)
        video = _keep(made.with_suffix(".mp4"), root, Modality.VIDEO)
        _move(made.with_suffix(".jpg"), poster_path(root, video))
        return StoredRecording(audio=audio, video=video)


def _keep(made: Path, root: Path, modality: Modality) -> str:
    digest = file_sha256(made)
    _move(made, recording_path(root, modality, digest))
    return digest


def _move(made: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(made, target)
