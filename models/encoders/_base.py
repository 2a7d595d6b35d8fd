"""What every encoder is: raw content of one modality in, one vector per item out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image
from torch import Tensor

from models.config import Config
from models.modality import Modality
from models.registry import Registry


@dataclass(frozen=True)
class Sound:
    """A decoded recording: `samples` f32[T] in -1..1, one channel, `rate` samples a second."""

    samples: NDArray[np.float32]
    rate: int


@dataclass(frozen=True)
class Clip:
    """A decoded video: RGB `frames` at equal distances over `seconds`, and its sound, if any."""

    frames: tuple[Image, ...]
    seconds: float
    sound: Sound | None


Vector = NDArray[np.float32]
"""f32[D], finite: features that a source brought along."""

Content = Image | str | Sound | Clip | Mapping[str, str] | Vector
"""RGB picture for `image`, plain text for `text` and `reviews`, `Sound` for `audio`, `Clip` for
`video`, column name -> written value for `attributes`; a Vector where the source gives features.
Never empty (missing content is not encoded)."""

Progress = Callable[[str, float], None]
"""Told what is being done and which part of it, 0 to 1, is done; may raise to stop the work."""


class Encoder(ABC):
    """Maps a batch of content to f32[B, dim].

    `encode` is deterministic given `fingerprint()`: the store keeps vectors under
    (content hash, fingerprint) and never asks twice. Vectors are as the model gives them
    (not normalised); whoever consumes them normalises.
    """

    modalities: ClassVar[frozenset[Modality]]
    """What this class can read; an instance reads exactly one of them."""

    def __init__(self, config: Config, modality: Modality, device: torch.device) -> None:
        """Raises WeightsUnavailable at once, with the alternatives, where weights cannot be had."""
        self.config = config
        self.modality = modality
        self.device = device

    @property
    @abstractmethod
    def dim(self) -> int:
        """Length of a vector."""

    @abstractmethod
    def fingerprint(self) -> str:
        """16 hex digits that change whenever the vectors would: weights, pooling, preprocessing."""

    @abstractmethod
    def encode(self, batch: Sequence[Content]) -> Tensor:
        """f32[B, dim] on the CPU; an empty batch gives f32[0, dim]."""


class TrainableEncoder(Encoder):
    """Learns from the catalogue before it can encode, without labels that an evaluation uses.

    Until `fit` or `load_state` was called, `encode` raises RuntimeError.
    """

    @abstractmethod
    def fit(self, contents: Sequence[Content], seed: int, progress: Progress) -> None:
        """Learn from all `contents` (read lazily, each access may decode a file)."""

    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """Everything learned, on the CPU, ready for safetensors."""

    @abstractmethod
    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Inverse of `state`."""


ENCODERS: Registry[Encoder] = Registry("encoder", "models.encoders")
