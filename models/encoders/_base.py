"""What every encoder is: raw content of one modality in, one vector per item out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from PIL.Image import Image
from torch import Tensor

from models.config import Config
from models.modality import Modality
from models.registry import Registry

Content = Image | str
"""RGB picture for `image`, plain text for `text`; never empty (missing content is not encoded)."""


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


ENCODERS: Registry[Encoder] = Registry("encoder", "models.encoders")
