"""Frames and sound as one small MP4 file: H.264 and AAC, written so that equal input gives equal
bytes."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

_CODECS: Final = ("libx264", "libopenh264", "mpeg4")
"""The first that this build of FFmpeg has."""
_OPTIONS: Final = {"libx264": {"crf": "23", "preset": "veryfast"}}
_SOUND_BITS: Final = 64_000
_BLOCK: Final = 1024


def write_clip(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    fps: int,
    sound: NDArray[np.float32] | None,
    rate: int,
) -> None:
    """`frames` u8[H, W, 3] of even sides; `sound` f32[T] in -1..1, None for a mute clip."""
    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as made:
        # both tracks must be known before the first packet is written
        picture = _picture_track(made, frames[0].shape, fps)
        track = _sound_track(made, rate) if sound is not None else None
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            made.mux(picture.encode(frame))
        made.mux(picture.encode(None))
        if sound is not None:
            _add_sound(made, track, sound, rate)


def _picture_track(made: Any, shape: tuple[int, ...], fps: int) -> Any:
    name = next(name for name in _CODECS if name in av.codecs_available)
    track = made.add_stream(name, rate=fps, options=_OPTIONS.get(name, {}))
    track.height, track.width = shape[:2]
    track.pix_fmt = "yuv420p"
    # one thread: the bytes must not depend on the number of cores
    track.codec_context.thread_count = 1
    track.codec_context.flags |= av.codec.context.Flags.bitexact
    return track


def _sound_track(made: Any, rate: int) -> Any:
    track = made.add_stream("aac", rate=rate, layout="mono")
    track.bit_rate = _SOUND_BITS
    track.codec_context.flags |= av.codec.context.Flags.bitexact
    return track


def _add_sound(made: Any, track: Any, sound: NDArray[np.float32], rate: int) -> None:
    for start in range(0, len(sound), _BLOCK):
        part = np.ascontiguousarray(sound[None, start : start + _BLOCK])
        frame = av.AudioFrame.from_ndarray(part, "fltp", "mono")
        frame.sample_rate, frame.pts = rate, start
        made.mux(track.encode(frame))
    made.mux(track.encode(None))
