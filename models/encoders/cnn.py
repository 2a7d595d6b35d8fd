"""A small residual network that learns the catalogue's own pictures (SimCLR, Chen et al. 2020)."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, Final, cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from models.config import setting
from models.encoders._base import (
    ENCODERS,
    Checkpoint,
    Content,
    Progress,
    TrainableConfig,
    TrainableEncoder,
)
from models.encoders._learning import Schedule, learn, nt_xent, seeded
from models.modality import Modality

_CELLS: Final = 2
"""Each side of the picture ends in so many cells: products are shot alike, so where a sleeve or a
heel is says what the thing is."""
_LEAST_AREA: Final = 0.5
_JITTER: Final = 0.4


@dataclass(frozen=True, kw_only=True)
class CnnConfig(TrainableConfig):
    """How large the network is, and how long it learns."""

    side: int = setting(64, help="Pictures are read at this size, in pixels.", low=32, high=128)
    width: int = setting(16, help="Channels of the first of four stages.", low=8, high=64)
    epochs: int = setting(15, help="Passes over all pictures.", low=1, high=200)
    batch: int = setting(128, help="Pictures told from each other at once.", low=8, high=1024)
    rate: float = setting(0.004, help="Learning rate.", low=1e-5, high=0.1, expert=True)
    temperature: float = setting(
        0.1, help="Lower looks harder at the most similar pictures.", low=0.02, high=2, expert=True
    )


@ENCODERS.register(
    "cnn",
    config=CnnConfig,
    title="Own CNN",
    summary="Pictures; a small network that learns from this catalogue alone, in a minute or two.",
)
class Cnn(TrainableEncoder):
    """f32[B, 32 * width]: the last stage in 2 x 2 cells.

    It learns to find a picture again after crops, flips and changed colours; no category or click
    is seen.
    """

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    seconds: ClassVar[float] = 0.001
    learning_seconds: ClassVar[float] = 0.035
    code: ClassVar[str] = "cnn 1"
    config: CnnConfig

    def __init__(self, config: CnnConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._network: nn.Module | None = None

    @property
    def dim(self) -> int:
        return 8 * self.config.width * _CELLS**2

    def preprocess(self, content: Content) -> Content:
        """u8[3, side, side]; a stored picture is decoded at the nearest larger eighth."""
        if isinstance(content, Tensor):
            return content
        picture, side = cast(Image.Image, content), self.config.side
        picture.draft("RGB", (2 * side, 2 * side))
        small = picture.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
        return torch.from_numpy(np.array(small)).permute(2, 0, 1)

    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        progress("reads pictures", 0.0)
        with ThreadPoolExecutor() as pool:
            read = pool.map(lambda at: self.preprocess(contents[at]), range(len(contents)))
            pixels = torch.stack([cast(Tensor, picture) for picture in read]).to(self.device)
        with seeded(seed, "weights"):
            network = _network(self.config.width)
            head = nn.Sequential(nn.Linear(self.dim, 256), nn.ReLU(), nn.Linear(256, 64))
        network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        head = head.to(self.device)

        def loss_of(batch: Tensor, chance: torch.Generator) -> Tensor:
            pictures = pixels[batch.to(self.device)].float().div_(255)
            views = torch.cat([_view(pictures, chance), _view(pictures, chance)])
            left, right = head(network(_scaled(views))).chunk(2)
            return nt_xent(left, right, self.config.temperature)

        learn(
            nn.ModuleList([network, head]),
            loss_of,
            len(contents),
            Schedule(self.config.epochs, self.config.batch, self.config.rate),
            seed=seed,
            what="learns pictures",
            progress=progress,
            checkpoint=checkpoint,
        )
        self._network = network

    def state(self) -> dict[str, Tensor]:
        learned = self._trained().state_dict()
        return {name: tensor.cpu().contiguous() for name, tensor in learned.items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        network = _network(self.config.width)
        network.load_state_dict(dict(state))
        network.eval()
        self._network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        network = self._trained()
        if not batch:
            return torch.zeros(0, self.dim)
        pixels = torch.stack([cast(Tensor, self.preprocess(picture)) for picture in batch])
        vectors = network(_scaled(pixels.to(self.device).float().div_(255)))
        return cast(Tensor, vectors).float().cpu()

    def _trained(self) -> nn.Module:
        if self._network is None:
            raise RuntimeError("the network knows nothing before fit or load_state")
        return self._network


class _Block(nn.Module):
    """Two convolutions around which the input is added (He et al. 2016)."""

    def __init__(self, inner: int, outer: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inner, outer, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outer),
            nn.ReLU(),
            nn.Conv2d(outer, outer, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outer),
        )
        same = stride == 1 and inner == outer
        self.past: nn.Module = nn.Identity()
        if not same:
            self.past = nn.Sequential(
                nn.Conv2d(inner, outer, 1, stride, bias=False), nn.BatchNorm2d(outer)
            )

    def forward(self, maps: Tensor) -> Tensor:
        return functional.relu(self.body(maps) + self.past(maps))


def _network(width: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, width, 5, 2, 2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.MaxPool2d(2),
        _Block(width, width, 1),
        _Block(width, 2 * width, 2),
        _Block(2 * width, 4 * width, 2),
        _Block(4 * width, 8 * width, 2),
        nn.AdaptiveAvgPool2d(_CELLS),
        nn.Flatten(),
    )


def _scaled(pictures: Tensor) -> Tensor:
    """From 0..1 to -1..1."""
    return pictures.mul(2).sub_(1).contiguous(memory_format=torch.channels_last)


def _view(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """A random part of each of f32[B, 3, S, S] in 0..1, perhaps mirrored, in other colours."""
    return _recoloured(_cropped(pictures, chance), chance)


def _cropped(pictures: Tensor, chance: torch.Generator) -> Tensor:
    count = len(pictures)
    area = _LEAST_AREA + (1 - _LEAST_AREA) * torch.rand(count, generator=chance)
    ratio = torch.exp(math.log(4 / 3) * _even(chance, count))
    wide, high = (area * ratio).sqrt().clamp(max=1), (area / ratio).sqrt().clamp(max=1)
    place = torch.zeros(count, 2, 3)
    place[:, 0, 0] = wide * torch.sign(_even(chance, count))
    place[:, 0, 2] = _even(chance, count) * (1 - wide)
    place[:, 1, 1] = high
    place[:, 1, 2] = _even(chance, count) * (1 - high)
    grid = functional.affine_grid(
        place.to(pictures.device), list(pictures.shape), align_corners=False
    )
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def _recoloured(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """Other contrast, brightness and tint; one in five loses its colours."""
    count, device = len(pictures), pictures.device
    contrast = 1 + _JITTER * _even(chance, count, 1, 1, 1)
    gain = (1 + _JITTER * _even(chance, count, 1, 1, 1)) * (
        1 + 0.6 * _JITTER * _even(chance, count, 3, 1, 1)
    )
    grey = torch.rand(count, 1, 1, 1, generator=chance) < 0.2
    mean = pictures.mean((1, 2, 3), keepdim=True)
    pictures = ((pictures - mean) * contrast.to(device) + mean) * gain.to(device)
    pale = pictures.mean(1, keepdim=True).expand_as(pictures)
    return torch.where(grey.to(device), pale, pictures).clamp_(0, 1)


def _even(chance: torch.Generator, *shape: int) -> Tensor:
    """Evenly in -1..1."""
    return 2 * torch.rand(*shape, generator=chance) - 1
