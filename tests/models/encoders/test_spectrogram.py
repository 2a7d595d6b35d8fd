from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from models.encoders import ENCODERS, Sound
from models.encoders.spectrogram import Spectrogram, SpectrogramConfig
from models.modality import Modality
from tests.recordings import RATE, tone


class _Kept:
    """A checkpoint in memory that may break the training off."""

    def __init__(self, breaks_after: int = 1000) -> None:
        self.saved: list[dict[str, Tensor]] = []
        self._left = breaks_after

    def load(self) -> dict[str, Tensor]:
        return self.saved[-1] if self.saved else {}

    def save(self, state: Mapping[str, Tensor]) -> None:
        self.saved.append({name: tensor.clone() for name, tensor in state.items()})
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


def _recordings(count: int = 24) -> tuple[list[Sound], np.ndarray]:
    """Two timbres at many pitches and loudnesses, noise behind them."""
    chance = np.random.default_rng(3)
    timbres = np.arange(count) % 2
    sounds = []
    for timbre in timbres.tolist():
        wave = tone(chance.uniform(150, 500), 2, harmonics=12 if timbre else 1)
        noise = 0.003 * chance.standard_normal(len(wave))
        sounds.append(Sound((chance.uniform(0.1, 0.9) * wave + noise).astype(np.float32), RATE))
    return sounds, timbres


def _encoder(**settings: object) -> Spectrogram:
    config = SpectrogramConfig.from_mapping({"batch": 16, **settings})
    return Spectrogram(config, Modality.AUDIO, torch.device("cpu"))


def _nearest(vectors: Tensor) -> np.ndarray:
    unit = torch.nn.functional.normalize(vectors, dim=1)
    return np.asarray((unit @ unit.T - 2 * torch.eye(len(unit))).argmax(1))


@pytest.mark.parametrize("epochs", [0, 2])
def test_two_timbres_are_told_apart_with_and_without_learning(epochs: int) -> None:
    sounds, timbres = _recordings()
    encoder = _encoder(epochs=epochs)
    encoder.fit(sounds, 0, lambda what, part: None, _Kept())
    vectors = encoder.encode(sounds)
    assert vectors.shape == (24, encoder.dim)
    assert (timbres[_nearest(vectors)] == timbres).all()
    assert float(vectors.mean(0).abs().max()) < 1e-2


def test_the_learned_part_alone_recognises_another_stretch_of_a_recording() -> None:
    chance = np.random.default_rng(5)
    wholes = [
        tone(chance.uniform(100, 2000), 8, harmonics=int(chance.integers(1, 12))) for _ in range(24)
    ]
    wholes = [w + 0.01 * chance.standard_normal(len(w)).astype(np.float32) for w in wholes]
    encoder = _encoder(epochs=8, width=32, rate=0.005)
    encoder.fit([Sound(w, RATE) for w in wholes], 0, lambda what, part: None, _Kept())
    beginnings = encoder.encode([Sound(w[: 3 * RATE], RATE) for w in wholes])[:, -32:]
    ends = encoder.encode([Sound(w[-3 * RATE :], RATE) for w in wholes])[:, -32:]
    left, right = (torch.nn.functional.normalize(half, dim=1) for half in (beginnings, ends))
    found = (left @ right.T).argmax(1)
    assert float((found == torch.arange(24)).float().mean()) > 0.8


def test_learning_goes_on_from_a_checkpoint() -> None:
    sounds, _ = _recordings(16)
    whole, broken = _Kept(), _Kept(breaks_after=1)
    first, second = _encoder(epochs=2), _encoder(epochs=2)
    first.fit(sounds, 7, lambda what, part: None, whole)
    with pytest.raises(KeyboardInterrupt):
        second.fit(sounds, 7, lambda what, part: None, broken)
    second.fit(sounds, 7, lambda what, part: None, broken)
    for name, tensor in first.state().items():
        assert torch.equal(second.state()[name], tensor), name


def test_a_catalogue_of_one_recording_says_nothing() -> None:
    sounds, _ = _recordings(1)
    encoder = _encoder(epochs=1)
    encoder.fit(sounds, 0, lambda what, part: None, _Kept())
    assert not encoder.encode(sounds).any()


def test_settings_change_the_fingerprint() -> None:
    assert _encoder().fingerprint() != _encoder(width=32).fingerprint()
    assert ENCODERS["spectrogram"].cls is Spectrogram
