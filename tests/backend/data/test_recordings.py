import random
import struct
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from backend.data import recordings
from backend.data.decoding import Decoder
from backend.data.recordings import (
    StoredRecording,
    poster_path,
    recording_path,
    store_clip,
    store_sound,
)
from backend.durable import file_sha256
from backend.errors import InvalidInput
from backend.schema import Modality
from tests.recordings import clip_bytes, moving, sound_bytes, tone


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(children=1) as opened:
        yield opened


class _Shelf:
    """Stores bytes as if a stranger had sent them."""

    def __init__(self, root: Path, decoder: Decoder) -> None:
        self.root, self.decoder = root, decoder

    def _file(self, content: bytes) -> Path:
        path = self.root / "upload"
        path.write_bytes(content)
        return path

    def sound(self, content: bytes) -> StoredRecording:
        return store_sound(self._file(content), self.root, self.decoder)

    def clip(self, content: bytes) -> StoredRecording:
        return store_clip(self._file(content), self.root, self.decoder)

    def samples(self, digest: str) -> np.ndarray:
        path = recording_path(self.root, Modality.AUDIO, digest)
        assert file_sha256(path) == digest
        samples, rate = soundfile.read(path, dtype="float32")
        assert (rate, samples.ndim) == (22_050, 1)
        return np.asarray(samples)


@pytest.fixture
def shelf(tmp_path: Path, decoder: Decoder) -> _Shelf:
    return _Shelf(tmp_path, decoder)


def _pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * 22_050 / len(samples))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
def test_sound_becomes_mono_flac(shelf: _Shelf, kind: str) -> None:
    stereo = np.stack([tone(440, 2, rate=44_100)] * 2, axis=1)
    kept = shelf.sound(sound_bytes(stereo, kind, 44_100))
    samples = shelf.samples(kept.audio)
    assert len(samples) / 22_050 == pytest.approx(2, abs=0.1)
    assert _pitch(samples) == pytest.approx(440, abs=3)
    assert kept.video == ""


def test_of_a_long_recording_the_middle_is_kept(shelf: _Shelf) -> None:
    whole = np.concatenate([tone(200, 30), tone(900, 20), tone(200, 30)])
    samples = shelf.samples(shelf.sound(sound_bytes(whole)).audio)
    assert len(samples) == pytest.approx(30 * 22_050, abs=100)
    middle = len(samples) // 2
    assert _pitch(samples[middle - 22_050 : middle + 22_050]) == pytest.approx(900, abs=3)


@pytest.mark.parametrize(
    ("kind", "codec"), [("mp4", "libx264"), ("mov", "mpeg4"), ("webm", "libvpx-vp9")]
)
def test_a_video_becomes_a_small_mp4_with_a_still_and_its_sound(
    shelf: _Shelf, kind: str, codec: str
) -> None:
    frames = np.repeat(np.repeat(moving(side=64), 10, axis=1), 5, axis=2)
    kept = shelf.clip(clip_bytes(frames, kind, codec, sound=tone(500, 1, rate=48_000)))
    path = recording_path(shelf.root, Modality.VIDEO, kept.video)
    assert file_sha256(path) == kept.video
    with av.open(str(path)) as opened:
        picture, track = opened.streams.video[0], opened.streams.audio[0]
        assert (picture.codec_context.name, picture.width, picture.height) == ("h264", 160, 320)
        assert track.codec_context.name == "aac"
        shown = [frame.to_ndarray(format="rgb24") for frame in opened.decode(picture)]
    assert len(shown) == len(frames)
    assert float(np.abs(shown[7].astype(float) - frames[7][::2, ::2]).mean()) < 8
    with Image.open(poster_path(shelf.root, kept.video)) as still:
        assert (still.format, still.size) == ("JPEG", (160, 320))
    assert _pitch(shelf.samples(kept.audio)) == pytest.approx(500, abs=5)


def test_a_silent_track_is_no_sound(shelf: _Shelf) -> None:
    silent = np.zeros(48_000, np.float32)
    assert shelf.clip(clip_bytes(moving(), sound=silent)).audio == ""
    assert shelf.clip(clip_bytes(moving())).audio == ""


def test_equal_files_give_equal_bytes(tmp_path: Path, decoder: Decoder) -> None:
    content = clip_bytes(moving(), sound=tone(500, 1, rate=48_000))
    (tmp_path / "a").mkdir()
    first = _Shelf(tmp_path / "a", decoder).clip(content)
    with Decoder(children=1) as other:
        (tmp_path / "b").mkdir()
        assert _Shelf(tmp_path / "b", other).clip(content) == first
    assert first.audio
    assert first.video


def test_metadata_is_dropped(shelf: _Shelf) -> None:
    told = {"location": "+52.5200+013.4050/", "title": "SECRET", "comment": "SECRET"}
    content = clip_bytes(moving(), "mov", metadata=told, sound=tone(500, 1, rate=48_000))
    tagged = shelf.root / "tagged.ogg"
    with soundfile.SoundFile(tagged, "w", 22_050, 1, format="OGG") as file:
        file.title = "SECRET"
        file.write(tone(300))
    assert b"+52.5200" in content
    assert b"SECRET" in tagged.read_bytes()
    shelf.clip(content)
    shelf.sound(tagged.read_bytes())
    kept = [*shelf.root.glob("media/*/*"), *shelf.root.glob("thumbs/*/*")]
    assert len(kept) == 4
    for path in kept:
        for secret in (b"52.5200", b"013.4050", b"SECRET"):
            assert secret not in path.read_bytes()


def _wav_header(frames: int, rate: int = 8000) -> bytes:
    size = frames * 2
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", min(size + 36, 2**32 - 1), b"WAVE", b"fmt ", 16,
                       1, 1, rate, rate * 2, 2, 16)  # fmt: skip
    return head + struct.pack("<4sI", b"data", min(size, 2**32 - 1))


def _patched(content: bytes, atom: bytes, offset: int, value: bytes) -> bytes:
    """`content` with bytes overwritten `offset` behind the last occurrence of `atom`."""
    at = content.rindex(atom) + len(atom) + offset
    return content[:at] + value + content[at + len(value) :]


def _subtitles_only() -> bytes:
    """A Matroska file whose only track is a subtitle, written by hand."""

    def element(name: str, content: bytes) -> bytes:
        return bytes.fromhex(name) + (len(content) | 1 << 56).to_bytes(8, "big") + content

    track = element("D7", b"\1") + element("73C5", b"\1") + element("83", b"\x11")
    track += element("86", b"S_TEXT/UTF8")
    head = element("4282", b"matroska") + element("4287", b"\4") + element("4285", b"\2")
    return element("1A45DFA3", head) + element(
        "18538067", element("1549A966", b"") + element("1654AE6B", element("AE", track))
    )


def _vast() -> bytes:
    """A VP8 video of 320 x 320 whose headers, in the container and in every frame, say more."""
    content = clip_bytes(moving(side=320, count=2), "webm", "libvpx")
    wide = content.replace(b"\xb0\x82\x01\x40", b"\xb0\x82" + struct.pack(">H", 20_000))
    high = wide.replace(b"\xba\x82\x01\x40", b"\xba\x82" + struct.pack(">H", 20_000))
    assert high != wide != content
    start, small = b"\x9d\x01\x2a", struct.pack("<HH", 320, 320)
    assert start + small in high
    return high.replace(start + small, start + struct.pack("<HH", 16_383, 16_383))


CLIP = clip_bytes(moving())
SOUND = sound_bytes(tone(300))
HOSTILE_CLIPS = {
    "nothing": b"",
    "zeros": bytes(5000),
    "text": b"Dear decoder, please believe that I am a video." * 30,
    "a playlist": b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n",
    "a picture": b"\xff\xd8\xff\xe0" + bytes(500),
    "sound only": SOUND,
    "half": CLIP[: len(CLIP) // 2],
    "only a header": CLIP[:40],
    "no streams": b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41" + b"\0\0\0\x08moov",
    "subtitles only": _subtitles_only(),
    "vast": _vast(),
    "ten hours": _patched(
        clip_bytes(moving(), "matroska"), b"\x44\x89\x88", 0, struct.pack(">d", 36e6)
    ),
}
HOSTILE_SOUNDS = {
    "nothing": b"",
    "zeros": bytes(5000),
    "text": b"la la la " * 100,
    "half a header": SOUND[:30],
    "no samples": _wav_header(0),
    "only moving pictures": CLIP,
    "another format": sound_bytes(tone(300), "AIFF"),
    "ten hours": sound_bytes(np.zeros(36_010, np.int16), "FLAC", rate=1),
    "an id3 tag before another format": b"ID3\4\0\0\0\0\0\0" + sound_bytes(tone(300), "AIFF"),
}


@pytest.mark.parametrize("name", HOSTILE_CLIPS)
def test_hostile_videos_are_refused_with_a_sentence(shelf: _Shelf, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        shelf.clip(HOSTILE_CLIPS[name])
    assert str(refusal.value).endswith(".")
    expected = {"vast": "16383 x 16383 pixels", "ten hours": "10 hours"}
    assert expected.get(name, "") in str(refusal.value)
    assert not list(shelf.root.glob("media/*/*"))


@pytest.mark.parametrize("name", HOSTILE_SOUNDS)
def test_hostile_sounds_are_refused_with_a_sentence(shelf: _Shelf, name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        shelf.sound(HOSTILE_SOUNDS[name])
    assert str(refusal.value).endswith(".")
    assert ("10 hours" in str(refusal.value)) == (name == "ten hours")
    assert not list(shelf.root.glob("media/*/*"))


def test_headers_that_the_track_contradicts_are_not_believed(shelf: _Shelf) -> None:
    vast = _patched(CLIP, b"avc1", 24, struct.pack(">HH", 20_000, 20_000))
    lasting = _patched(vast, b"mvhd", 16, struct.pack(">I", 36_000_000))
    path = recording_path(shelf.root, Modality.VIDEO, shelf.clip(lasting).video)
    with av.open(str(path)) as opened:
        assert opened.streams.video[0].width == 64
        assert opened.duration == pytest.approx(1_000_000)


def test_a_header_that_promises_more_than_there_is_costs_nothing(shelf: _Shelf) -> None:
    lying = _wav_header(4 * 3600 * 8000) + tone(300, 1, rate=8000).astype("<f4").tobytes()[:16_000]
    samples = shelf.samples(shelf.sound(lying).audio)
    assert 0 < len(samples) < 2 * 22_050


def test_too_many_bytes_are_not_even_opened(shelf: _Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "MAX_BYTES", 1000)
    with pytest.raises(InvalidInput, match="larger than"):
        shelf.clip(CLIP)


@pytest.mark.parametrize("kind", ["mp4", "matroska", "FLAC", "MP3", "OGG", "WAV"])
def test_mutated_files_give_a_recording_or_a_reason(shelf: _Shelf, kind: str) -> None:
    chance = random.Random(7)
    moves = kind in ("mp4", "matroska")
    whole = (
        clip_bytes(moving(count=4, side=32), kind) if moves else sound_bytes(tone(300, 0.3), kind)
    )
    store = shelf.clip if moves else shelf.sound
    refused = 0
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        if chance.random() < 0.3:
            del content[chance.randrange(len(content)) :]
        try:
            assert store(bytes(content)) != StoredRecording()
        except InvalidInput:
            refused += 1
    assert refused > 0
