"""Words to vectors: networks that learn from a catalogue's own texts."""

import math
from abc import abstractmethod
from typing import Final

import torch
from torch import Tensor, nn

PAD: Final = 0
"""Fills up the numbers of a text that is shorter than others."""
UNKNOWN: Final = 1
"""Stands for every word that is not in the vocabulary."""


class TextNetwork(nn.Module):
    """Reads numbers of words i64[B, L]: (a state per word f32[B, L, W], the whole f32[B, D])."""

    width: int
    dim: int
    words: nn.Embedding

    def forward(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        return self.read(self.words(numbers), numbers)

    @abstractmethod
    def read(self, vectors: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """The same from the vectors f32[B, L, V] of the words; `numbers` tell the filling."""


class LstmNetwork(TextNetwork):
    """Both directions (Hochreiter & Schmidhuber 1997); `dim` is 4 * `width`: mean and maximum over
    the words."""

    def __init__(self, words: int, width: int) -> None:
        super().__init__()
        self.width, self.dim = 2 * width, 4 * width
        self.words = nn.Embedding(words, width, padding_idx=PAD)
        self.drop = nn.Dropout(0.2)
        self.reader = nn.LSTM(width, width, batch_first=True, bidirectional=True)

    def read(self, vectors: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        lengths = (numbers != PAD).sum(1).cpu()
        packed = nn.utils.rnn.pack_padded_sequence(
            self.drop(vectors), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.reader(packed)[0], batch_first=True, total_length=numbers.shape[1]
        )
        return states, pooled(states, numbers)


class TransformerNetwork(TextNetwork):
    """Vaswani et al. 2017 (https://arxiv.org/abs/1706.03762), places as sines and cosines; `dim` is
    2 * `width`: mean and maximum over the words."""

    def __init__(self, words: int, width: int, layers: int, longest: int) -> None:
        super().__init__()
        self.width, self.dim = width, 2 * width
        self.words = nn.Embedding(words, width, padding_idx=PAD)
        self.register_buffer("places", _places(longest, width), persistent=False)
        layer = nn.TransformerEncoderLayer(
            width,
            nhead=max(1, width // 32),
            dim_feedforward=2 * width,
            dropout=0.1,
            batch_first=True,
            norm_first=True,
        )
        self.layers = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)

    places: Tensor

    def read(self, vectors: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        read = vectors + self.places[: numbers.shape[1]]
        states = self.norm(self.layers(read, src_key_padding_mask=numbers == PAD))
        return states, pooled(states, numbers)


def _places(longest: int, width: int) -> Tensor:
    """f32[L, W]: sines and cosines of each place."""
    pace = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(longest).unsqueeze(1) * pace
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)[:, :width]


def pooled(states: Tensor, numbers: Tensor) -> Tensor:
    """f32[B, 2 W]: mean and maximum over the words of f32[B, L, W] that are none of the filling."""
    there = (numbers != PAD).unsqueeze(2)
    mean = (states * there).sum(1) / there.sum(1)
    return torch.cat([mean, states.masked_fill(~there, -torch.inf).amax(1)], dim=1)
