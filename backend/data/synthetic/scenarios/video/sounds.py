"""The sound of a clip: an instrument that plays a few notes of a pentatonic scale in a rhythm."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.synthetic.scenarios.video.vocabulary import RHYTHMS, TIMBRES

RATE: Final = 22_050
SECONDS: Final = 2.5
_SCALE: Final = (0, 2, 4, 7, 9, 12)
_LOUDEST: Final = 0.6

Wave = NDArray[np.float64]
Instrument = Callable[[float, Wave, np.random.Generator], Wave]


def play(timbre: str, rhythm: str, rng: np.random.Generator) -> NDArray[np.float32]:
    """f32[55125] in -0.6..0.6 at 22,050 Hz: the pitches are the clip's own, nobody likes them."""
    track = np.zeros(round(RATE * SECONDS))
    root = float(rng.uniform(196, 330))
    starts = ONSETS[rhythm]
    for place, start in enumerate(starts):
        after = starts[place + 1] if place + 1 < len(starts) else SECONDS
        length = min(after - start, 0.9) * 0.95
        time = np.arange(round(length * RATE)) / RATE
        pitch = root * 2 ** (_SCALE[int(rng.integers(len(_SCALE)))] / 12)
        note = INSTRUMENTS[timbre](pitch, time, rng) * _ends(time)
        first = round(start * RATE)
        track[first : first + len(note)] += note[: len(track) - first]
    return np.asarray(_LOUDEST * track / np.abs(track).max(), dtype=np.float32)


def _beats(gap: float) -> tuple[float, ...]:
    return tuple(float(t) for t in np.arange(0.02, SECONDS - 0.05, gap))


def _accelerating() -> tuple[float, ...]:
    gaps = 0.55 * 0.8 ** np.arange(24)
    times = 0.02 + np.concatenate([[0], np.cumsum(gaps)])
    return tuple(float(t) for t in times[:14] if t < SECONDS - 0.05)


ONSETS: Final[dict[str, tuple[float, ...]]] = {
    "slow": _beats(1.0),
    "walking": _beats(0.5),
    "running": _beats(0.25),
    "rolling": _beats(0.11),
    "galloping": tuple(sorted((*_beats(0.6), *(t + 0.4 for t in _beats(0.6) if t < 2.0)))),
    "accelerating": _accelerating(),
}


def _ends(time: Wave) -> Wave:
    """Five milliseconds of fade at both ends: no clicks."""
    edge = 0.005
    return np.asarray(np.clip(np.minimum(time, time[-1] - time) / edge, 0, 1))


def _harmonics(pitch: float, time: Wave, strengths: dict[int, float]) -> Wave:
    phases = 2 * np.pi * pitch * time
    return np.asarray(np.sum([a * np.sin(n * phases) for n, a in strengths.items()], axis=0))


def _held(time: Wave, attack: float) -> Wave:
    return np.asarray(np.minimum(time / attack, 1.0))


def _flute(pitch: float, time: Wave, rng: np.random.Generator) -> Wave:
    breath = 0.05 * rng.standard_normal(len(time))
    return _held(time, 0.05) * (_harmonics(2 * pitch, time, {1: 1, 2: 0.12}) + breath)


def _strings(pitch: float, time: Wave, rng: np.random.Generator) -> Wave:
    bent = time + 0.0009 * np.sin(2 * np.pi * 5.5 * time)
    return _held(time, 0.08) * _harmonics(pitch, bent, {n: 1 / n for n in range(1, 15)})


def _clarinet(pitch: float, time: Wave, rng: np.random.Generator) -> Wave:
    return _held(time, 0.03) * _harmonics(pitch, time, {1: 1, 3: 0.55, 5: 0.3, 7: 0.12})


def _bell(pitch: float, time: Wave, rng: np.random.Generator) -> Wave:
    partials = {0.56: 0.5, 0.92: 0.6, 1.71: 0.5, 2.74: 0.7, 3.76: 0.5, 5.4: 0.4}
    rings = [
        a * np.sin(2 * np.pi * 3 * pitch * ratio * time) * np.exp(-time * (2 + 2.5 * ratio))
        for ratio, a in partials.items()
    ]
    return np.asarray(np.sum(rings, axis=0))


def _brass(pitch: float, time: Wave, rng: np.random.Generator) -> Wave:
    formant = {n: float(np.exp(-(((n * pitch - 1300) / 700) ** 2))) + 0.1 for n in range(1, 13)}
    return _held(time, 0.04) * _harmonics(pitch, time, formant)


def _harp(pitch: float, time: Wave, rng: np.random.Generator) -> Wave:
    rings = [
        np.sin(2 * np.pi * n * pitch * time) * np.exp(-time * (2.5 + 2.5 * n)) / n**0.8
        for n in range(1, 10)
    ]
    return np.asarray(np.sum(rings, axis=0))


def _shaker(pitch: float, time: Wave, rng: np.random.Generator) -> Wave:
    # the difference of white noise is bright: it hisses
    return np.diff(rng.standard_normal(len(time) + 1)) * np.exp(-time * 14)


def _drum(pitch: float, time: Wave, rng: np.random.Generator) -> Wave:
    sweep = 55 * time + 7 * (1 - np.exp(-time * 22))
    thud = 0.25 * rng.standard_normal(len(time)) * np.exp(-time * 60)
    return np.asarray(np.sin(2 * np.pi * sweep) * np.exp(-time * 9) + thud)


INSTRUMENTS: Final[dict[str, Instrument]] = {
    "flute": _flute,
    "strings": _strings,
    "clarinet": _clarinet,
    "bell": _bell,
    "brass": _brass,
    "harp": _harp,
    "shaker": _shaker,
    "drum": _drum,
}
assert set(INSTRUMENTS) == set(TIMBRES)
assert set(ONSETS) == set(RHYTHMS)
