"""The child process that decodes recordings from strangers and writes them anew, clean.

Reads one request a line from standard input and answers each on standard output. It must stay
alone: no torch, no pandas, nothing that costs seconds or memory when a killed child is replaced.
"""

import contextlib
import itertools
import json
import os
import resource
import signal
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, Final

import av
import numpy as np
import soundfile
from av.container import InputContainer
from numpy.typing import NDArray
from PIL import Image

SOUND_RATE: Final = 22_050
SOUND_SECONDS: Final = 30
CLIP_SECONDS: Final = 60
CLIP_SIDE: Final = 320
CLIP_FPS: Final = 15
LONGEST_SECONDS: Final = 3600
MOST_PIXELS: Final = 12_000_000
MOST_FRAMES: Final = 7_200
MEMORY: Final = 2 << 30
_MOST_CHANNELS: Final = 16
_MOST_STREAMS: Final = 32
_SILENCE: Final = 1e-3
_BLOCK: Final = 1 << 16
_POSTER_SECONDS: Final = 5
_OUTPUT_BYTES: Final = 256 << 20
_SOUNDFILE_FORMATS: Final = frozenset({"WAV", "WAVEX", "FLAC", "OGG", "MP3"})
_AV_CODECS: Final = (
    "h264,hevc,mpeg4,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,"
    "aac,mp3,mp3float,opus,libopus,vorbis,libvorbis,flac,alac,pcm_s16le,pcm_s16be,pcm_s24le,pcm_f32le"
)
_H264: Final = ("libx264", "libopenh264", "mpeg4")
_MP4: Final = {"fflags": "+bitexact", "movflags": "+faststart"}
_DAMAGED: Final = "The recording is damaged and cannot be decoded."
_FOREIGN: Final = "The file is not a WAV, FLAC, OGG, MP3, MP4, M4A, MOV, WebM or MKV recording."
Samples = NDArray[np.float32]


class Refused(Exception):
    """The reason why a recording is not taken, as a sentence."""


def transcode_sound(source: Path, target: Path) -> bool:
    """Write the recording's middle, at most 30 s, as mono FLAC of 22.05 kHz to `target`.flac."""
    container = _container(source)
    samples = _of_soundfile(source) if not container else _of_track(source, container)
    if not len(samples):
        raise Refused("The file holds no sound.")
    _write_sound(_middle(samples), target)
    return True


def transcode_clip(source: Path, target: Path) -> bool:
    """Write the first 60 s as a small MP4 to `target`.mp4, a still to `target`.jpg and, where it
    can be heard, the sound track to `target`.flac; whether there is one."""
    container = _container(source)
    if not container:
        raise Refused("The file is not an MP4, MOV, WebM or MKV video.")
    sound = _of_track(source, container)
    heard = bool(len(sound)) and float(np.abs(sound).max()) > _SILENCE
    _write_clip(source, container, sound if heard else None, target)
    if heard:
        _write_sound(_middle(sound), target)
    return heard


def _container(source: Path) -> str:
    """The demuxer to use, "" for libsndfile; no other is ever tried, so playlists and the like
    cannot be smuggled in under a harmless name."""
    with source.open("rb") as file:
        head = file.read(16)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    wave = head.startswith(b"RIFF") and head[8:12] == b"WAVE"
    mpeg = head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)
    if wave or mpeg or head.startswith((b"fLaC", b"OggS")):
        return ""
    raise Refused(_FOREIGN)


def _of_soundfile(source: Path) -> Samples:
    try:
        with soundfile.SoundFile(source) as file:
            if file.format not in _SOUNDFILE_FORMATS:
                raise Refused(_FOREIGN)
            if not file.samplerate or file.channels > _MOST_CHANNELS:
                raise Refused(_DAMAGED)
            _check_seconds(file.frames / file.samplerate)
            spare = file.frames - SOUND_SECONDS * file.samplerate
            if spare > 0:
                _seek(file, spare // 2)
            return _resampled(_blocks(file), file.samplerate)
    except (soundfile.SoundFileError, RuntimeError, TypeError, ValueError) as error:
        raise Refused(_DAMAGED) from error


def _seek(file: soundfile.SoundFile, frame: int) -> None:
    """To `frame`, or back to the start where a header promised more than there is."""
    try:
        file.seek(frame)
    except soundfile.SoundFileError:
        file.seek(0)


def _blocks(file: soundfile.SoundFile) -> Iterator[Samples]:
    left = SOUND_SECONDS * file.samplerate
    while left > 0:
        block = file.read(min(left, _BLOCK), dtype="float32", always_2d=True)
        if not len(block):
            return
        left -= len(block)
        yield block.mean(axis=1)


def _resampled(blocks: Iterator[Samples], rate: int) -> Samples:
    resampler = av.AudioResampler("fltp", "mono", SOUND_RATE)
    parts = []
    for block in blocks:
        clean = np.clip(np.nan_to_num(block), -1, 1).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(clean[None]), "fltp", "mono")
        frame.sample_rate = rate
        parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    if parts:
        parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


@contextlib.contextmanager
def _opened(source: Path, container: str) -> Iterator[InputContainer]:
    """A container by a demuxer and decoders of our choice; libav's errors are one sentence."""
    options = {
        "codec_whitelist": _AV_CODECS,
        "protocol_whitelist": "none",
        "enable_drefs": "0",
        "max_streams": str(_MOST_STREAMS),
        "probesize": str(8 << 20),
    }
    limits: list[Any] = [{"max_pixels": str(MOST_PIXELS)}] * _MOST_STREAMS
    try:
        with (
            source.open("rb") as file,
            av.open(
                file,
                "r",
                format=container,
                options=options,
                # opening decodes a little: the limit must hold there too
                stream_options=limits,
            ) as opened,
        ):
            if opened.duration:
                _check_seconds(opened.duration / av.time_base)
            yield opened
    except (av.FFmpegError, ValueError, RuntimeError, OverflowError, EOFError, TypeError) as error:
        raise Refused(_DAMAGED) from error
    except (MemoryError, ZeroDivisionError, IndexError, OSError) as error:
        raise Refused(_DAMAGED) from error


def _of_track(source: Path, container: str) -> Samples:
    """The first 60 s of the first sound track; nothing where there is none."""
    with _opened(source, container) as opened:
        if not opened.streams.audio:
            return np.zeros(0, np.float32)
        stream = opened.streams.audio[0]
        resampler = av.AudioResampler("fltp", "mono", SOUND_RATE)
        parts: list[Samples] = []
        left = CLIP_SECONDS * SOUND_RATE
        for frame in opened.decode(stream):
            fresh = [part.to_ndarray()[0] for part in resampler.resample(frame)]
            parts += fresh
            left -= sum(map(len, fresh))
            if left <= 0:
                break
        whole = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        return np.clip(np.nan_to_num(whole), -1, 1)[: CLIP_SECONDS * SOUND_RATE]


def _middle(samples: Samples) -> Samples:
    spare = max(0, len(samples) - SOUND_SECONDS * SOUND_RATE)
    return samples[spare // 2 : spare // 2 + SOUND_SECONDS * SOUND_RATE]


def _write_sound(samples: Samples, target: Path) -> None:
    soundfile.write(target.with_suffix(".flac"), samples, SOUND_RATE, "PCM_16", format="FLAC")


def _frames(opened: Any) -> Iterator[tuple[int, Any]]:
    """(place on the grid of stored frames, frame) of the first picture track."""
    pictures = [
        stream
        for stream in opened.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    if not pictures:
        raise Refused("The file holds no moving pictures.")
    stream = pictures[0]
    width, height = stream.codec_context.width, stream.codec_context.height
    if width * height > MOST_PIXELS:
        raise Refused(f"The video has {width} x {height} pixels; that is too large.")
    if not width or not height:
        raise Refused(_DAMAGED)
    stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    stream.thread_type = "NONE"
    last, first = -1, None
    for number, frame in enumerate(opened.decode(stream)):
        time = frame.time if frame.time is not None else number / CLIP_FPS
        first = time if first is None else first
        place = round((time - first) * CLIP_FPS)
        if place >= CLIP_SECONDS * CLIP_FPS or number >= MOST_FRAMES:
            return
        if place > last:
            last = place
            yield place, frame


def _write_clip(source: Path, container: str, sound: Samples | None, target: Path) -> None:
    with (
        _opened(source, container) as opened,
        av.open(str(target.with_suffix(".mp4")), "w", format="mp4", options=_MP4) as made,
    ):
        shown = ((place, _upright(frame)) for place, frame in _frames(opened))
        first = next(shown, None)
        if first is None:
            raise Refused("The file holds no moving pictures.")
        # both tracks must be known before the first packet is written
        picture = _picture_stream(made, first[1].shape)
        track = _sound_stream(made) if sound is not None else None
        still = _add_pictures(made, picture, itertools.chain([first], shown))
        if sound is not None:
            _add_sound(made, track, sound)
    Image.fromarray(still).save(target.with_suffix(".jpg"), "JPEG", quality=88)


def _add_pictures(
    made: Any, stream: Any, shown: Iterator[tuple[int, NDArray[np.uint8]]]
) -> NDArray[np.uint8]:
    """The most varied picture of the beginning, which is seldom a black one."""
    still, variety = np.zeros((stream.height, stream.width, 3), np.uint8), -1.0
    for place, pixels in shown:
        if pixels.shape != still.shape:
            continue  # a track may change its size half-way
        if place < _POSTER_SECONDS * CLIP_FPS and (found := float(pixels.std())) > variety:
            still, variety = pixels, found
        frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
        frame.pts, frame.time_base = place, Fraction(1, CLIP_FPS)
        made.mux(stream.encode(frame))
    made.mux(stream.encode(None))
    return still


def _upright(frame: Any) -> NDArray[np.uint8]:
    """u8[H, W, 3], both even, the longer at most 320."""
    scale = min(1.0, CLIP_SIDE / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    pixels: NDArray[np.uint8] = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4))


def _picture_stream(made: Any, shape: tuple[int, ...]) -> Any:
    name = next(name for name in _H264 if name in av.codecs_available)
    options = {"crf": "28", "preset": "veryfast"} if name == "libx264" else {}
    stream = made.add_stream(name, rate=CLIP_FPS, options=options)
    stream.height, stream.width = shape[:2]
    stream.pix_fmt = "yuv420p"
    # one thread: the bytes must not depend on the number of cores
    stream.codec_context.thread_count = 1
    stream.codec_context.flags |= av.codec.context.Flags.bitexact
    return stream


def _sound_stream(made: Any) -> Any:
    stream = made.add_stream("aac", rate=SOUND_RATE, layout="mono")
    stream.bit_rate = 64_000
    stream.codec_context.flags |= av.codec.context.Flags.bitexact
    return stream


def _add_sound(made: Any, track: Any, samples: Samples) -> None:
    for start in range(0, len(samples), _BLOCK):
        part = np.ascontiguousarray(samples[None, start : start + _BLOCK])
        frame = av.AudioFrame.from_ndarray(part, "fltp", "mono")
        frame.sample_rate, frame.pts = SOUND_RATE, start
        made.mux(track.encode(frame))
    made.mux(track.encode(None))


def _check_seconds(seconds: float) -> None:
    if seconds > LONGEST_SECONDS:
        raise Refused(
            f"The recording is said to last {seconds / 3600:.0f} hours; at most one is allowed."
        )


_KINDS: Final = {"audio": transcode_sound, "video": transcode_clip}


def _answer(request: dict[str, Any]) -> dict[str, object]:
    try:
        work = _KINDS[request["kind"]]
        return {"reason": "", "sound": work(Path(request["source"]), Path(request["target"]))}
    except Refused as refused:
        return {"reason": str(refused), "sound": False}
    except MemoryError:
        return {"reason": "Decoding the recording needs too much memory.", "sound": False}


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, _OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        # some systems lack a limit; the parent's clock still holds
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, most))


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    for line in requests:
        request = json.loads(line)
        # ends this process should its parent be gone and the decoder hang
        signal.alarm(int(request["seconds"]) + 10)
        answers.write(json.dumps(_answer(request)).encode() + b"\n")
        answers.flush()
        signal.alarm(0)


if __name__ == "__main__":
    _limit()
    # what libraries print must not be read as an answer
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _serve(sys.stdin.buffer, channel)
