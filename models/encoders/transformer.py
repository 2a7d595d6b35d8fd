"""A small transformer (Vaswani et al. 2017) that learns the catalogue's own words."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from models.config import setting
from models.encoders._base import ENCODERS
from models.encoders._own_text import OwnText, OwnTextConfig, TextNetwork, pooled
from models.encoders._words import PAD


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(OwnTextConfig):
    """How large the network is, and how long it learns."""

    layers: int = setting(2, help="Layers of attention.", low=1, high=12)


@ENCODERS.register(
    "transformer",
    config=TransformerConfig,
    title="Own transformer",
    summary="Text of any language; a small transformer that learns from this catalogue alone.",
)
class Transformer(OwnText):
    """f32[B, 2 * width]: mean and maximum over the words."""

    code: ClassVar[str] = "transformer 1"
    seconds: ClassVar[float] = 0.0005
    learning_seconds: ClassVar[float] = 0.025
    config: TransformerConfig

    @property
    def dim(self) -> int:
        return 2 * self.config.width

    def build(self, words: int) -> TextNetwork:
        return _Network(words, self.config)


class _Network(TextNetwork):
    def __init__(self, words: int, config: TransformerConfig) -> None:
        super().__init__()
        self.width, self.dim = config.width, 2 * config.width
        self.words = nn.Embedding(words, config.width, padding_idx=PAD)
        self.register_buffer("places", _places(config.longest, config.width), persistent=False)
        layer = nn.TransformerEncoderLayer(
            config.width,
            nhead=max(1, config.width // 32),
            dim_feedforward=2 * config.width,
            dropout=0.1,
            batch_first=True,
            norm_first=True,
        )
        self.layers = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(config.width)

    places: Tensor

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        read = self.words(numbers) + self.places[: numbers.shape[1]]
        states = self.norm(self.layers(read, src_key_padding_mask=numbers == PAD))
        return states, pooled(states, numbers)


def _places(longest: int, width: int) -> Tensor:
    """f32[L, W]: sines and cosines of each place."""
    pace = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(longest).unsqueeze(1) * pace
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width]
