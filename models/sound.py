"""Log-mel spectrograms and what can be counted in them: timbre, movement, beat."""

from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

BANDS: Final = 64
FRAMES_PER_SECOND: Final = 43
_WINDOW_SECONDS: Final = 0.0464
_LOWEST, _HIGHEST = 40.0, 10_500.0
_RANGE: Final = 1e-7
"""Quieter than the loudest point by more than this (70 dB) counts as silence."""
_GROUPS: Final = 8
_MODULATIONS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Borders, in hertz, of how fast the loudness of a group of bands comes and goes."""
_BEATS: Final = 32
_SLOWEST, _FASTEST = 40.0, 240.0
"""Beats a minute at which the onsets of a recording are compared with themselves."""
STATISTICS: Final = (BANDS, BANDS, BANDS, _GROUPS * (len(_MODULATIONS) - 1), _BEATS)
"""Lengths of the blocks of `sound_statistics`: timbre, its spread, its change, movement, beat."""


def log_mel(samples: Tensor, rate: int) -> Tensor:
    """f32[T, BANDS] of samples f32[N]: natural logarithm of power, 43 frames a second, centred on
    0 over the whole recording, so that its loudness does not matter; T is at least 1."""
    window = round(rate * _WINDOW_SECONDS)
    padded = functional.pad(samples, (0, max(0, window - len(samples))))
    spectrum = torch.stft(
        padded,
        n_fft=window,
        hop_length=round(rate / FRAMES_PER_SECOND),
        window=torch.hann_window(window, device=samples.device),
        center=False,
        return_complex=True,
    )
    power = spectrum.abs().square().T @ _mel_filters(rate, window).to(samples.device)
    decibels = power.clamp_min(float(power.max()) * _RANGE + 1e-20).log()
    return decibels - decibels.mean()


def sound_statistics(spectrum: Tensor) -> Tensor:
    """f32[sum(STATISTICS)] of f32[T, BANDS]."""
    change = spectrum.diff(dim=0) if len(spectrum) > 1 else torch.zeros_like(spectrum)
    return torch.cat(
        [
            spectrum.mean(0),
            spectrum.std(0, correction=0),
            change.abs().mean(0),
            _movement(spectrum),
            _beat(change.clamp_min(0).sum(1)),
        ]
    )


def _movement(spectrum: Tensor) -> Tensor:
    """Logarithm of the share of each tempo of coming and going, per group of bands."""
    groups = spectrum.reshape(len(spectrum), _GROUPS, BANDS // _GROUPS).mean(2)
    power = torch.fft.rfft(groups - groups.mean(0), dim=0).abs().square() / len(spectrum)
    tempo = torch.arange(len(power), device=power.device) * FRAMES_PER_SECOND / len(spectrum)
    edges = torch.tensor(_MODULATIONS, device=power.device)
    inside = (tempo >= edges[:-1, None]) & (tempo < edges[1:, None])
    share: Tensor = inside.to(power.dtype) @ power
    return (share + 1e-2).log().flatten()


def _beat(onsets: Tensor) -> Tensor:
    """f32[_BEATS]: correlation of the onsets with themselves, from slow to fast."""
    length = len(onsets)
    spectrum = torch.fft.rfft(onsets - onsets.mean(), n=2 * length)
    likeness = torch.fft.irfft(spectrum.abs().square(), n=2 * length)[:length]
    likeness = likeness / likeness[0].clamp_min(1e-6)
    steps = torch.linspace(0, 1, _BEATS, device=onsets.device)
    lags = FRAMES_PER_SECOND * 60 / (_SLOWEST * (_FASTEST / _SLOWEST) ** steps)
    below = lags.floor().long()
    known = functional.pad(likeness, (0, int(below.max()) + 2))
    part = lags - below
    return known[below] * (1 - part) + known[below + 1] * part


@lru_cache(maxsize=8)
def _mel_filters(rate: int, window: int) -> Tensor:
    """f32[window // 2 + 1, BANDS]: triangles at equal distances on the mel scale, each of area 1
    where the recording reaches so high, else nothing."""
    low, high = (_mel(torch.tensor(hertz)) for hertz in (_LOWEST, _HIGHEST))
    steps = torch.linspace(0, 1, BANDS + 2)
    edges = 700 * (10 ** ((low + (high - low) * steps) / 2595) - 1)
    hertz = torch.linspace(0, rate / 2, window // 2 + 1).unsqueeze(1)
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    filters = torch.minimum(rising, falling).clamp_min(0)
    # a low band may be narrower than a bin: it takes what its nearest bin has
    empty = (filters.sum(0) == 0) & (edges[1:-1] < rate / 2)
    nearest = (hertz - edges[1:-1]).abs().argmin(0)
    filters[nearest[empty], empty.nonzero().flatten()] = 1.0
    return filters / filters.sum(0).clamp_min(1e-9)


def _mel(hertz: Tensor) -> Tensor:
    return 2595 * (1 + hertz / 700).log10()
