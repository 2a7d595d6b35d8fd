"""A bidirectional LSTM (Hochreiter & Schmidhuber 1997) that learns the catalogue's own words."""

from typing import ClassVar

from models.encoders._base import ENCODERS
from models.encoders._own_text import OwnText, OwnTextConfig
from models.reading import LstmNetwork, TextNetwork


@ENCODERS.register(
    "lstm",
    config=OwnTextConfig,
    title="Own LSTM",
    summary="Text of any language; a recurrent network that learns from this catalogue alone.",
)
class Lstm(OwnText):
    """f32[B, 4 * width]: mean and maximum of both directions."""

    code: ClassVar[str] = "lstm 1"
    seconds: ClassVar[float] = 0.0005
    learning_seconds: ClassVar[float] = 0.025

    @property
    def dim(self) -> int:
        return 4 * self.config.width

    def build(self, words: int) -> TextNetwork:
        return LstmNetwork(words, self.config.width)
