"""A bidirectional LSTM (Hochreiter & Schmidhuber 1997) that learns the catalogue's own words."""

from typing import ClassVar

from torch import Tensor, nn

from models.encoders._base import ENCODERS
from models.encoders._own_text import OwnText, OwnTextConfig, TextNetwork, pooled
from models.encoders._words import PAD


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
        return _Network(words, self.config.width)


class _Network(TextNetwork):
    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.width, self.dim = 2 * width, 4 * width
        self.words = nn.Embedding(words, width, padding_idx=PAD)
        self.drop = nn.Dropout(0.2)
        self.reader = nn.LSTM(width, width, batch_first=True, bidirectional=True)

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        lengths = (numbers != PAD).sum(1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(
            self.drop(self.words(numbers)), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.reader(packed)[0], batch_first=True, total_length=numbers.shape[1]
        )
        return states, pooled(states, numbers)
