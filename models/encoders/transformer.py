"""A small transformer (Vaswani et al. 2017) that learns the catalogue's own words."""

from dataclasses import dataclass
from typing import ClassVar

from models.config import setting
from models.encoders._base import ENCODERS
from models.encoders._own_text import OwnText, OwnTextConfig
from models.reading import TextNetwork, TransformerNetwork


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
        return TransformerNetwork(words, self.config.width, self.config.layers, self.config.longest)
