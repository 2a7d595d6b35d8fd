"""Sound as a spectrogram: statistics of it, and a small network that learns from the catalogue.

The network learns without labels: two stretches of one recording must be told from stretches of
others (COLA, Saeed, Grangier & Zeghidour 2021, https://arxiv.org/abs/2010.10915), with bands and
moments of them hidden (SpecAugment, Park et al. 2019, https://arxiv.org/abs/1904.08779).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, cast

import torch
from torch import Tensor, nn

from models.config import setting
from models.encoders._base import (
    ENCODERS,
    Checkpoint,
    Content,
    Progress,
    Sound,
    TrainableConfig,
    TrainableEncoder,
)
from models.encoders._learning import Schedule, learn, nt_xent, seeded
from models.modality import Modality
from models.sound import BANDS, FRAMES_PER_SECOND, STATISTICS, log_mel, sound_statistics

_STRETCH: Final = 2 * FRAMES_PER_SECOND
_KEPT: Final = 10 * FRAMES_PER_SECOND
"""Frames of a recording that learning draws its stretches from."""
_MOST: Final = 5_000
"""Recordings that are held in memory for learning."""
_LOUDNESS: Final = 3.0
"""Typical spread of a log-mel spectrogram: the network reads numbers near 1."""
_CODE: Final = "spectrogram 1"
"""Goes into the fingerprint; count it up when the vectors change."""


@dataclass(frozen=True, kw_only=True)
class SpectrogramConfig(TrainableConfig):
    """How much is learned beside the statistics."""

    epochs: int = setting(
        10, help="Passes over all recordings; 0: statistics alone.", low=0, high=1000
    )
    width: int = setting(
        96, help="Numbers that the learned network adds.", low=8, high=1024, expert=True
    )
    batch: int = setting(64, help="Recordings told from each other at once.", low=2, high=4096)
    rate: float = setting(0.002, help="Learning rate.", low=1e-5, high=0.1, expert=True)


@ENCODERS.register(
    "spectrogram",
    config=SpectrogramConfig,
    title="Spectrogram",
    summary="Sound: timbre, movement and beat, and a small network that learns the catalogue.",
)
class Spectrogram(TrainableEncoder):
    """f32[B, D]: five blocks of statistics and the learned one, each standardised over the
    catalogue and of equal weight. The first 30 s of a recording are read."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.AUDIO})
    config: SpectrogramConfig

    def __init__(self, config: SpectrogramConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        learned = [config.width] if config.epochs else []
        self._blocks = [*STATISTICS, *learned]
        self._network = _network(config.width).to(device) if learned else None
        self._mean: Tensor | None = None
        self._scale: Tensor | None = None

    @property
    def dim(self) -> int:
        return sum(self._blocks)

    def fingerprint(self) -> str:
        settings = {k: v for k, v in self.config.to_mapping().items() if k != "seed"}
        return hashlib.sha256(f"{_CODE}{json.dumps(settings)}".encode()).hexdigest()[:16]

    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        chosen = torch.linspace(0, len(contents) - 1, min(_MOST, len(contents))).long().tolist()
        counted, spectra = [], []
        for place, at in enumerate(chosen):
            progress("listens to the catalogue", 0.3 * place / len(chosen))
            spectrum = self._spectrum(contents[at])
            counted.append(sound_statistics(spectrum).float().cpu())
            spectra.append(_middle(spectrum).half().cpu())
        raw = torch.stack(counted)
        if self._network is not None:
            self._learn(spectra, seed, lambda w, f: progress(w, 0.3 + 0.7 * f), checkpoint)
            raw = torch.cat([raw, torch.stack([self._heard(s.float()) for s in spectra])], dim=1)
        self._mean, spread = raw.mean(0), raw.std(0, correction=0)
        # what never varies would turn rounding into content
        varies = spread > 1e-4 * raw.abs().mean(0) + 1e-6
        self._scale = torch.where(varies, 1 / spread.clamp_min(1e-9), 0.0)

    def state(self) -> dict[str, Tensor]:
        mean, scale = self._standard()
        learned = self._network.state_dict() if self._network is not None else {}
        network = {f"network/{name}": tensor.cpu() for name, tensor in learned.items()}
        return {"mean": mean, "scale": scale, **network}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._mean, self._scale = state["mean"], state["scale"]
        if self._network is not None:
            learned = {k.removeprefix("network/"): t for k, t in state.items() if "/" in k}
            self._network.load_state_dict(learned)
            self._network.eval()

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        mean, scale = self._standard()
        if not batch:
            return torch.zeros(0, self.dim)
        raw = torch.stack([self._numbers(self._spectrum(content)) for content in batch])
        blocks = torch.split((raw - mean) * scale, self._blocks, dim=1)
        return torch.cat([block / block.shape[1] ** 0.5 for block in blocks], dim=1)

    def _standard(self) -> tuple[Tensor, Tensor]:
        if self._mean is None or self._scale is None:
            raise RuntimeError("the spectrogram encoder knows no catalogue before fit")
        return self._mean, self._scale

    def _spectrum(self, content: Content) -> Tensor:
        sound = cast(Sound, content)
        samples = torch.from_numpy(sound.samples[: 30 * sound.rate])
        return log_mel(samples.to(self.device), sound.rate)

    def _numbers(self, spectrum: Tensor) -> Tensor:
        """f32[D] on the CPU, before it is set in relation to the catalogue."""
        found = sound_statistics(spectrum).float().cpu()
        return found if self._network is None else torch.cat([found, self._heard(spectrum)])

    @torch.inference_mode()
    def _heard(self, spectrum: Tensor) -> Tensor:
        """f32[width] on the CPU: what the network makes of all stretches."""
        assert self._network is not None
        stretches = _long_enough(spectrum).unfold(0, _STRETCH, _STRETCH // 2).transpose(1, 2)
        return _described(self._network, stretches.to(self.device)).mean(0).float().cpu()

    def _learn(
        self, spectra: Sequence[Tensor], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        with seeded(seed, "spectrogram"):
            fresh = _network(self.config.width)
            join = nn.Sequential(nn.ReLU(), nn.Linear(self.config.width, 64))
        both = nn.ModuleList([fresh, join]).to(self.device)

        def loss_of(batch: Tensor, chance: torch.Generator) -> Tensor:
            views = []
            for _ in range(2):
                stretches = [_stretch(spectra[at], chance) for at in batch.tolist()]
                hidden = _hidden(torch.stack(stretches).float(), chance).to(self.device)
                views.append(join(_described(fresh, hidden)))
            return nt_xent(views[0], views[1], 0.2)

        schedule = Schedule(self.config.epochs, self.config.batch, self.config.rate)
        learn(
            both,
            loss_of,
            len(spectra),
            schedule,
            seed=seed,
            what="learns to hear",
            progress=progress,
            checkpoint=checkpoint,
        )
        self._network = fresh.eval()


def _network(width: int) -> nn.Sequential:
    """f32[B, 1, T, BANDS] -> f32[B, width, T / 16, BANDS / 16]."""
    layers: list[nn.Module] = []
    for inner, outer in ((1, 24), (24, 48), (48, 64), (64, width)):
        layers += [
            nn.Conv2d(inner, outer, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers)


def _described(network: nn.Module, stretches: Tensor) -> Tensor:
    """f32[B, width] of f32[B, T, BANDS]: the mean over time of the strongest bands."""
    maps = network(stretches.unsqueeze(1) / _LOUDNESS)
    return cast(Tensor, maps.amax(3).mean(2))


def _middle(spectrum: Tensor) -> Tensor:
    spare = max(0, len(spectrum) - _KEPT)
    return spectrum[spare // 2 : spare // 2 + _KEPT]


def _long_enough(spectrum: Tensor) -> Tensor:
    """A recording shorter than a stretch is repeated."""
    return spectrum.repeat(-(-_STRETCH // len(spectrum)), 1)


def _stretch(spectrum: Tensor, chance: torch.Generator) -> Tensor:
    """f32[_STRETCH, BANDS] from anywhere in the recording."""
    whole = _long_enough(spectrum)
    start = _draw(len(whole) - _STRETCH + 1, chance)
    return whole[start : start + _STRETCH]


def _hidden(stretches: Tensor, chance: torch.Generator) -> Tensor:
    """SpecAugment: in each stretch some neighbouring bands and moments are set to the mean."""
    hidden = stretches.clone()
    for row in hidden:
        band, moment = _draw(BANDS, chance), _draw(_STRETCH, chance)
        row[:, band : band + _draw(BANDS // 5, chance)] = 0
        row[moment : moment + _draw(_STRETCH // 5, chance)] = 0
    return hidden


def _draw(below: int, chance: torch.Generator) -> int:
    return int(torch.randint(below, (1,), generator=chance))
