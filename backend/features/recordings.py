"""Stored recordings decoded as encoders take them. What lies in the store we have written."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import soundfile
from PIL import Image

from backend.data.decoding import Decoder
from backend.data.recordings import recording_path, store_clip, store_sound
from backend.errors import DamagedArtefact
from backend.schema import Modality
from models.encoders import Clip, Sound

MOST_FRAMES: Final = 32
"""Of a clip; more would not fit into memory for a batch of clips."""


def read_sound(root: Path, digest: str) -> Sound:
    """The recording of that SHA-256; DamagedArtefact where it is missing or changed."""
    content = _intact(root, Modality.AUDIO, digest)
    samples, rate = soundfile.read(BytesIO(content), dtype="float32")
    return Sound(samples, int(rate))


def read_clip(root: Path, digest: str) -> Clip:
    """The video of that SHA-256, at most 32 frames of it and its sound; DamagedArtefact where it is
    missing or changed."""
    content = _intact(root, Modality.VIDEO, digest)
    with av.open(BytesIO(content), "r", format="mp4") as opened:
        stream: Any = opened.streams.video[0]
        count = stream.frames
        wanted = set(np.linspace(0, count - 1, min(MOST_FRAMES, count)).round().astype(int))
        shown = enumerate(opened.decode(stream))
        frames = [_picture(frame) for place, frame in shown if place in wanted]
        seconds = count / float(stream.average_rate)
    return Clip(tuple(frames), seconds, _track(content))


def sound_of(content: bytes) -> Sound:
    """A recording that nobody stored; InvalidInput with the reason for a bad one."""
    with _shelf(content) as (upload, root, decoder):
        return read_sound(root, store_sound(upload, root, decoder).audio)


def clip_of(content: bytes) -> Clip:
    """A video that nobody stored; InvalidInput with the reason for a bad one."""
    with _shelf(content) as (upload, root, decoder):
        return read_clip(root, store_clip(upload, root, decoder).video)


@contextmanager
def _shelf(content: bytes) -> Iterator[tuple[Path, Path, Decoder]]:
    with tempfile.TemporaryDirectory() as folder, Decoder(children=1) as decoder:
        upload = Path(folder) / "upload"
        upload.write_bytes(content)
        yield upload, Path(folder), decoder


def _intact(root: Path, modality: Modality, digest: str) -> bytes:
    path = recording_path(root, modality, digest)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise DamagedArtefact(f"The recording {digest[:12]} is damaged.")
    return content


def _picture(frame: Any) -> Image.Image:
    picture: Image.Image = frame.to_image()
    return picture


def _track(content: bytes) -> Sound | None:
    with av.open(BytesIO(content), "r", format="mp4") as opened:
        if not opened.streams.audio:
            return None
        stream = opened.streams.audio[0]
        parts = [frame.to_ndarray()[0] for frame in opened.decode(stream)]
        return Sound(np.concatenate(parts).astype(np.float32), stream.rate) if parts else None
