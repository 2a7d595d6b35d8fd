"""Pictures as they are, small: for models that learn to see by themselves."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from PIL import Image
from torch import Tensor

from models.config import Config, setting
from models.encoders._base import ENCODERS, Content, Encoder
from models.modality import Modality
from models.pictures import small_pixels


@dataclass(frozen=True, kw_only=True)
class PixelsConfig(Config):
    """How small."""

    side: int = setting(64, help="Pictures are kept at this size, in pixels.", low=48, high=256)


@ENCODERS.register(
    "pixels",
    config=PixelsConfig,
    title="Pixels as they are",
    summary="Small pictures, not encoded at all; for models that learn to read them.",
)
class Pixels(Encoder):
    """u8[B, 3 * side * side], red before green before blue."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE})
    raw: ClassVar[bool] = True
    seconds: ClassVar[float] = 0.002
    config: PixelsConfig

    @property
    def dim(self) -> int:
        return 3 * self.config.side**2

    def fingerprint(self) -> str:
        return hashlib.sha256(f"pixels 1\x1f{self.config.side}".encode()).hexdigest()[:16]

    def preprocess(self, content: Content) -> Content:
        """u8[3, side, side]."""
        if isinstance(content, Tensor):
            return content
        return small_pixels(cast(Image.Image, content), self.config.side)

    def encode(self, batch: Sequence[Content]) -> Tensor:
        if not batch:
            return torch.zeros(0, self.dim, dtype=torch.uint8)
        pixels = [cast(Tensor, self.preprocess(picture)) for picture in batch]
        return torch.stack(pixels).flatten(1)
