import numpy as np
import pytest
import torch

from models.sound import BANDS, FRAMES_PER_SECOND, STATISTICS, log_mel, sound_statistics
from tests.recordings import tone


def _spectrum(samples: np.ndarray, rate: int = 22_050) -> torch.Tensor:
    return log_mel(torch.from_numpy(samples.astype(np.float32)), rate)


def _blocks(samples: np.ndarray) -> dict[str, torch.Tensor]:
    names = ("timbre", "spread", "change", "movement", "beat")
    found = sound_statistics(_spectrum(samples))
    return dict(zip(names, found.split(list(STATISTICS)), strict=True))


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_a_tone_lies_in_its_band_at_every_rate(rate: int) -> None:
    spectrum = _spectrum(tone(1000, 2, rate=rate), rate)
    assert spectrum.shape[1] == BANDS
    assert len(spectrum) == pytest.approx(2 * FRAMES_PER_SECOND, abs=3)
    mel = [2595 * np.log10(1 + hertz / 700) for hertz in (40, 1000, 10_500)]
    expected = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (BANDS + 1) - 1
    assert int(spectrum.mean(0).argmax()) == pytest.approx(expected, abs=1)


def test_loudness_does_not_matter() -> None:
    quiet, loud = (_spectrum(gain * tone(440, 1, harmonics=5)) for gain in (0.01, 1.0))
    torch.testing.assert_close(quiet, loud, atol=1e-2, rtol=0)


def test_silence_and_clicks_are_finite() -> None:
    click = np.zeros(5)
    click[2] = 1
    for samples in (np.zeros(1), np.zeros(22_050), click):
        found = sound_statistics(_spectrum(samples))
        assert found.shape == (sum(STATISTICS),)
        assert bool(found.isfinite().all())


def test_movement_tells_how_fast_loudness_comes_and_goes() -> None:
    time = np.arange(8 * 22_050) / 22_050
    noise = np.random.default_rng(0).standard_normal(len(time))

    def rate_of(hertz: float) -> int:
        waves = noise * (1.05 + np.sin(2 * np.pi * hertz * time))
        return int(_blocks(waves)["movement"].reshape(5, 8).mean(1).argmax())

    assert [rate_of(hertz) for hertz in (0.7, 1.4, 3.0, 6.0)] == [0, 1, 2, 3]


def test_the_beat_is_found() -> None:
    samples = 0.001 * np.random.default_rng(0).standard_normal(12 * 22_050)
    for beat in range(24):
        samples[beat * 11_025 : beat * 11_025 + 2_000] += tone(300, 2_000 / 22_050)
    beats = _blocks(samples)["beat"]
    tempi = 40 * 6 ** np.linspace(0, 1, 32)
    assert tempi[int(beats[8:28].argmax()) + 8] == pytest.approx(120, rel=0.08)
