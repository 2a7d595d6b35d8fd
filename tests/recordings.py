"""Small recordings for tests, made here so that nothing is fetched."""

from fractions import Fraction
from io import BytesIO
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 22_050


def tone(hertz: float, seconds: float = 1.0, harmonics: int = 1, rate: int = RATE) -> Any:
    """f32[T]: a sum of harmonics, falling as 1 / n."""
    time = np.arange(int(seconds * rate)) / rate
    waves = [np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, harmonics + 1)]
    return (0.4 * np.sum(waves, axis=0)).astype(np.float32)


def sound_bytes(samples: Any, kind: str = "WAV", rate: int = RATE) -> bytes:
    """A sound file."""
    buffer = BytesIO()
    soundfile.write(buffer, samples, rate, format=kind)
    return buffer.getvalue()


def moving(
    step: tuple[int, int] = (2, 0), count: int = 15, side: int = 64, colour: Any = (250, 90, 20)
) -> NDArray[np.uint8]:
    """u8[count, side, side, 3]: a square that moves by `step` pixels a frame and wraps around."""
    frame = np.full((side, side, 3), 30, np.uint8)
    frame[side // 3 : 2 * side // 3, side // 3 : 2 * side // 3] = colour
    return np.stack([np.roll(frame, (n * step[1], n * step[0]), (0, 1)) for n in range(count)])


def clip_bytes(
    frames: NDArray[np.uint8],
    kind: str = "mp4",
    codec: str = "libx264",
    fps: int = 15,
    sound: Any = None,
    metadata: dict[str, str] | None = None,
) -> bytes:
    """A video file, with a sound track where `sound` f32[T] of 48 kHz is given."""
    buffer = BytesIO()
    with av.open(buffer, "w", format=kind) as made:
        made.metadata.update(metadata or {})
        picture: Any = made.add_stream(codec, rate=fps)
        picture.height, picture.width = frames.shape[1:3]
        picture.pix_fmt = "yuv420p"
        picture.codec_context.thread_count = 1
        track: Any = None
        if sound is not None:
            track = made.add_stream("aac" if kind != "webm" else "libopus", rate=48_000)
            track.layout = "mono"
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            made.mux(picture.encode(frame))
        made.mux(picture.encode(None))
        if track is not None:
            part = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None]), "fltp", "mono")
            part.sample_rate, part.pts = 48_000, 0
            made.mux(track.encode(part))
            made.mux(track.encode(None))
    return buffer.getvalue()
