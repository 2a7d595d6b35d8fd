from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.data.decoding import Decoder
from backend.data.recordings import StoredRecording, recording_path, store_clip, store_sound
from backend.errors import DamagedArtefact
from backend.features.recordings import read_clip, read_sound
from backend.schema import Modality
from tests.recordings import clip_bytes, moving, sound_bytes, tone


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(children=1) as opened:
        yield opened


def _clip(root: Path, decoder: Decoder, content: bytes) -> StoredRecording:
    (root / "upload").write_bytes(content)
    return store_clip(root / "upload", root, decoder)


def test_sound(tmp_path: Path, decoder: Decoder) -> None:
    (tmp_path / "upload").write_bytes(sound_bytes(tone(300)))
    kept = store_sound(tmp_path / "upload", tmp_path, decoder)
    sound = read_sound(tmp_path, kept.audio)
    assert (sound.rate, sound.samples.dtype) == (22_050, np.float32)
    assert float(np.abs(sound.samples - tone(300)[: len(sound.samples)]).max()) < 0.01


def test_a_clip_has_at_most_32_frames_at_equal_distances(tmp_path: Path, decoder: Decoder) -> None:
    frames = moving((1, 0), count=63)
    loud = tone(500, 4, rate=48_000)
    clip = read_clip(tmp_path, _clip(tmp_path, decoder, clip_bytes(frames, sound=loud)).video)
    assert len(clip.frames) == 32
    assert clip.seconds == pytest.approx(63 / 15)
    for shown, place in zip(clip.frames, range(0, 63, 2), strict=True):
        assert float(np.abs(np.asarray(shown, float) - frames[place]).mean()) < 8
    assert clip.sound is not None
    assert len(clip.sound.samples) / clip.sound.rate == pytest.approx(4, abs=0.2)


def test_a_short_silent_clip(tmp_path: Path, decoder: Decoder) -> None:
    clip = read_clip(tmp_path, _clip(tmp_path, decoder, clip_bytes(moving(count=3))).video)
    assert len(clip.frames) == 3
    assert clip.sound is None


def test_a_damaged_file_is_noticed(tmp_path: Path, decoder: Decoder) -> None:
    digest = _clip(tmp_path, decoder, clip_bytes(moving(count=3))).video
    recording_path(tmp_path, Modality.VIDEO, digest).write_bytes(b"else")
    with pytest.raises(DamagedArtefact):
        read_clip(tmp_path, digest)
    with pytest.raises(DamagedArtefact):
        read_sound(tmp_path, digest)
