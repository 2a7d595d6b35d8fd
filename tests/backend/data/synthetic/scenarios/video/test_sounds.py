from itertools import pairwise

import numpy as np
import pytest

from backend.data.synthetic.scenarios.video.sounds import ONSETS, RATE, SECONDS, play
from backend.data.synthetic.scenarios.video.vocabulary import RHYTHMS, TIMBRES

BANDS = np.geomspace(60, 10_000, 25)
TAKES = 12


def spectrum(sound):
    """Log energy in 24 bands, relative to the whole: what a timbre is, whatever the pitch."""
    power = np.abs(np.fft.rfft(sound)) ** 2
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    energy = [power[(frequency >= a) & (frequency < b)].sum() for a, b in pairwise(BANDS)]
    return np.log(np.array(energy) / power.sum() + 1e-4)


def modulation(sound):
    """How strongly loudness rises and falls at 0.4 to 12 times a second."""
    step = RATE // 100
    loudness = np.abs(sound[: len(sound) // step * step]).reshape(-1, step).max(axis=1)
    rises = np.maximum(np.diff(loudness), 0)
    return np.abs(np.fft.rfft(rises, 512))[2:62] / np.linalg.norm(rises)


def found_by(features, labels):
    """Share of sounds whose nearest mean of the other takes has their own label."""
    right = 0
    for place, label in enumerate(labels):
        others = np.arange(len(labels)) != place
        means = {x: features[others & (labels == x)].mean(axis=0) for x in np.unique(labels)}
        nearest = min(means, key=lambda x: np.linalg.norm(means[x] - features[place]))
        right += nearest == label
    return right / len(labels)


@pytest.mark.parametrize("timbre", TIMBRES)
@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_every_sound_is_audible_and_never_clipped(timbre, rhythm):
    sound = play(timbre, rhythm, np.random.default_rng(0))
    assert sound.shape == (round(RATE * SECONDS),)
    assert np.abs(sound).max() == pytest.approx(0.6, abs=1e-6)
    assert np.sqrt((sound**2).mean()) > 0.02


def test_the_spectrum_tells_the_timbre_whatever_pitch_and_rhythm():
    rng = np.random.default_rng(1)
    labels = np.repeat(TIMBRES, TAKES)
    takes = [play(t, str(rng.choice(RHYTHMS)), rng) for t in labels]
    assert found_by(np.stack([spectrum(take) for take in takes]), labels) > 0.85


def test_the_rise_and_fall_of_loudness_tells_the_rhythm_whatever_the_timbre():
    rng = np.random.default_rng(2)
    labels = np.repeat(RHYTHMS, TAKES)
    takes = [play(str(rng.choice(TIMBRES)), r, rng) for r in labels]
    assert found_by(np.stack([modulation(take) for take in takes]), labels) > 0.75


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_a_drum_is_struck_at_the_onsets_of_the_rhythm(rhythm):
    sound = np.abs(play("drum", rhythm, np.random.default_rng(3)))
    for onset in ONSETS[rhythm]:
        after = sound[round(onset * RATE) :][: RATE // 20].max()
        assert after > 0.2


def test_another_number_gives_another_melody():
    first, again, other = (play("flute", "slow", np.random.default_rng(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
