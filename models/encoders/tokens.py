"""Texts as numbers of words: for models that learn to read by themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from models.config import setting
from models.encoders._base import (
    ENCODERS,
    Checkpoint,
    Content,
    Progress,
    TrainableConfig,
    TrainableEncoder,
)
from models.encoders._words import Vocabulary, words
from models.modality import Modality
from models.reading import PAD


@dataclass(frozen=True, kw_only=True)
class TokensConfig(TrainableConfig):
    """How many words, and how much of a text."""

    vocabulary: int = setting(20_000, help="Words that are known.", low=100, high=200_000)
    longest: int = setting(64, help="Words of a text that are read.", low=8, high=1024)


@ENCODERS.register(
    "tokens",
    config=TokensConfig,
    title="Words as they are",
    summary="Words numbered by how often they occur here; for models that learn to read them.",
)
class Tokens(TrainableEncoder):
    """i32[B, longest], filled up with 0; what it learns is which words there are."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT, Modality.REVIEWS})
    raw: ClassVar[bool] = True
    code: ClassVar[str] = "tokens 1"
    seconds: ClassVar[float] = 0.00005
    learning_seconds: ClassVar[float] = 0.00005
    config: TokensConfig

    def __init__(self, config: TokensConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._vocabulary: Vocabulary | None = None

    @property
    def dim(self) -> int:
        return self.config.longest

    @property
    def words(self) -> int:
        return len(self._known())

    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        progress("counts words", 0.0)
        texts = (words(str(text)) for text in contents)
        self._vocabulary = Vocabulary.of(texts, self.config.vocabulary)

    def state(self) -> dict[str, Tensor]:
        return {"words": self._known().tensor()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._vocabulary = Vocabulary.from_tensor(state["words"])

    def encode(self, batch: Sequence[Content]) -> Tensor:
        known, longest = self._known(), self.config.longest
        found = torch.full((len(batch), longest), PAD, dtype=torch.int32)
        for row, text in zip(found, batch, strict=True):
            numbers = known.numbers(words(str(text)), longest)
            row[: len(numbers)] = torch.tensor(numbers, dtype=torch.int32)
        return found

    def _known(self) -> Vocabulary:
        if self._vocabulary is None:
            raise RuntimeError("no word is known before fit or load_state")
        return self._vocabulary
