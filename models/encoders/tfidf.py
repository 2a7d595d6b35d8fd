"""Words weighted by rarity, reduced to their main directions (Salton & Buckley 1988; LSA)."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import torch
from scipy.sparse import csr_matrix
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
from models.encoders._reduction import directions, sparse
from models.encoders._words import Vocabulary, words
from models.modality import Modality


@dataclass(frozen=True, kw_only=True)
class TfidfConfig(TrainableConfig):
    """How many terms are known, and how far they are reduced."""

    terms: int = setting(20_000, help="Words and word pairs that are known.", low=100, high=200_000)
    pairs: bool = setting(True, help="Whether neighbouring words count as one term as well.")
    size: int = setting(256, help="Numbers per item, at most.", low=8, high=1024)


@ENCODERS.register(
    "tfidf",
    config=TfidfConfig,
    title="TF-IDF",
    summary="Text of any language; counts words, rare ones count more. Learns in seconds.",
)
class Tfidf(TrainableEncoder):
    """f32[B, size] or fewer where the catalogue has fewer texts; unknown words are not read."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT, Modality.REVIEWS})
    seconds: ClassVar[float] = 0.0002
    learning_seconds: ClassVar[float] = 0.001
    code: ClassVar[str] = "tfidf 1"
    config: TfidfConfig

    def __init__(self, config: TfidfConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._vocabulary: Vocabulary | None = None
        self._rarity: list[float] = []
        self._directions = torch.zeros(0, 0)

    @property
    def dim(self) -> int:
        self._known()
        return self._directions.shape[1]

    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        progress("counts words", 0.0)
        texts = [self._terms(str(text)) for text in contents]
        self._vocabulary = Vocabulary.of(texts, self.config.terms)
        containing = Counter(term for text in texts for term in set(text))
        self._rarity = [
            math.log((1 + len(texts)) / (1 + containing[t])) + 1 for t in self._vocabulary.known
        ]
        progress("reduces words to directions", 0.3)
        self._directions = directions(self._table(texts), self.config.size, seed)

    def state(self) -> dict[str, Tensor]:
        return {
            "words": self._known().tensor(),
            "rarity": torch.tensor(self._rarity, dtype=torch.float64),
            "directions": self._directions,
        }

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._vocabulary = Vocabulary.from_tensor(state["words"])
        self._rarity = state["rarity"].tolist()
        self._directions = state["directions"]

    def encode(self, batch: Sequence[Content]) -> Tensor:
        table = self._table([self._terms(str(text)) for text in batch])
        return torch.from_numpy(table @ self._directions.numpy())

    def _terms(self, text: str) -> list[str]:
        found = words(text)
        pairs = [f"{a} {b}" for a, b in pairwise(found)]
        return found + pairs if self.config.pairs else found

    def _table(self, texts: Sequence[Sequence[str]]) -> csr_matrix:
        """Rows of length 1; a term that is there n times counts 1 + log n."""
        vocabulary = self._known()
        rows = []
        for text in texts:
            counts = Counter(vocabulary.places(text))
            weights = {n: (1 + math.log(c)) * self._rarity[n] for n, c in counts.items()}
            length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
            rows.append({n: w / length for n, w in weights.items()})
        return sparse(rows, len(vocabulary.known))

    def _known(self) -> Vocabulary:
        if self._vocabulary is None:
            raise RuntimeError("no word is known before fit or load_state")
        return self._vocabulary
