"""A small residual network that learns the catalogue's own pictures (SimCLR, Chen et al. 2020)."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from PIL import Image
from torch import Tensor, nn

from models.config import setting
from models.encoders._base import (
    ENCODERS,
    Checkpoint,
    Content,
    Progress,
    Reading,
    TrainableConfig,
    TrainableEncoder,
)
from models.encoders._learning import Schedule, learn, nt_xent, seeded
from models.modality import Modality
from models.pictures import picture_dim, picture_network, scaled, small_pixels, varied


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
        return picture_dim(self.config.width)

    def preprocess(self, content: Content) -> Content:
        """u8[3, side, side]; a stored picture is decoded at the nearest larger eighth."""
        if isinstance(content, Tensor):
            return content
        return small_pixels(cast(Image.Image, content), self.config.side)

    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        progress("reads pictures", 0.0)
        with ThreadPoolExecutor() as pool:
            read = pool.map(lambda at: self.preprocess(contents[at]), range(len(contents)))
            pixels = torch.stack([cast(Tensor, picture) for picture in read]).to(self.device)
        with seeded(seed, "weights"):
            network = picture_network(self.config.width)
            head = nn.Sequential(nn.Linear(self.dim, 256), nn.ReLU(), nn.Linear(256, 64))
        network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        head = head.to(self.device)

        def loss_of(batch: Tensor, chance: torch.Generator) -> Tensor:
            pictures = pixels[batch.to(self.device)].float().div_(255)
            views = torch.cat([varied(pictures, chance), varied(pictures, chance)])
            left, right = head(network(scaled(views))).chunk(2)
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

    @torch.inference_mode(False)  # gradients go through these weights
    def load_state(self, state: Mapping[str, Tensor]) -> None:
        network = picture_network(self.config.width)
        network.load_state_dict(dict(state))
        network.eval()
        self._network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.inference_mode()
    def encode(self, batch: Sequence[Content]) -> Tensor:
        network = self._trained()
        if not batch:
            return torch.zeros(0, self.dim)
        pixels = torch.stack([cast(Tensor, self.preprocess(picture)) for picture in batch])
        vectors = network(scaled(pixels.to(self.device).float().div_(255)))
        return cast(Tensor, vectors).float().cpu()

    def reading(self, content: Content) -> Reading | None:
        """Pixels f32[3, side, side], 0 to 255."""
        network = self._trained()
        pixels = cast(Tensor, self.preprocess(content)).float()

        def vectors(some: Tensor) -> Tensor:
            return cast(Tensor, network(scaled(some.to(self.device).div(255)))).float().cpu()

        return Reading(pixels, (), vectors)

    def _trained(self) -> nn.Module:
        if self._network is None:
            raise RuntimeError("the network knows nothing before fit or load_state")
        return self._network
