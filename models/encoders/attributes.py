"""Attributes as numbers: measures standardised, names counted, both reduced together."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, cast

import numpy as np
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
from models.encoders._words import Vocabulary
from models.modality import Modality

Said = Mapping[str, str]

_SEPARATOR: Final = "\x1f"
"""Between the name of a column and a value of it."""
_FARTHEST: Final = 3.0
"""Standard deviations beyond which a measure counts no more: one odd price is not the world."""


@dataclass(frozen=True, kw_only=True)
class AttributesConfig(TrainableConfig):
    """How many values are known, and how far they are reduced."""

    values: int = setting(
        5000, help="Values that are known, over all columns.", low=10, high=100_000
    )
    size: int = setting(64, help="Numbers per item, at most.", low=2, high=512)


@ENCODERS.register(
    "attributes",
    config=AttributesConfig,
    title="Attributes",
    summary="Categories, tags (a|b) and measures of an item; learns in seconds.",
)
class Attributes(TrainableEncoder):
    """f32[B, size] or fewer.

    Columns in which every value is a number are standardised, values of all others counted, each
    column with the same weight whether it names one value or ten. A value that no item of the
    catalogue shares with another, or that was not there when it learned, is unknown and counts
    nothing.
    """

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.ATTRIBUTES})
    seconds: ClassVar[float] = 0.0001
    learning_seconds: ClassVar[float] = 0.0005
    code: ClassVar[str] = "attributes 1"
    config: AttributesConfig

    def __init__(self, config: AttributesConfig, modality: Modality, device: torch.device) -> None:
        super().__init__(config, modality, device)
        self._measures: dict[str, tuple[float, float]] = {}
        self._vocabulary: Vocabulary | None = None
        self._directions = torch.zeros(0, 0)

    @property
    def dim(self) -> int:
        self._known()
        return self._directions.shape[1]

    def fit(
        self, contents: Sequence[Content], seed: int, progress: Progress, checkpoint: Checkpoint
    ) -> None:
        progress("counts attributes", 0.0)
        items = [cast(Said, content) for content in contents]
        self._measures = _measures(items)
        terms = [list(self._terms(item)) for item in items]
        self._vocabulary = Vocabulary.of(terms, self.config.values)
        progress("reduces attributes to directions", 0.5)
        self._directions = directions(self._table(items), self.config.size, seed)

    def state(self) -> dict[str, Tensor]:
        names = Vocabulary(list(self._measures))
        scales = list(self._measures.values())
        return {
            "values": self._known().tensor(),
            "measures": names.tensor(),
            "scales": torch.tensor(scales, dtype=torch.float64).reshape(-1, 2),
            "directions": self._directions,
        }

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self._vocabulary = Vocabulary.from_tensor(state["values"])
        names = Vocabulary.from_tensor(state["measures"]).known
        scales = [(mean, spread) for mean, spread in state["scales"].tolist()]
        self._measures = dict(zip(names, scales, strict=True))
        self._directions = state["directions"]

    def encode(self, batch: Sequence[Content]) -> Tensor:
        table = self._table([cast(Said, content) for content in batch])
        return torch.from_numpy(table @ self._directions.numpy())

    def _table(self, items: Sequence[Said]) -> csr_matrix:
        """One column per measure, then one per known value."""
        vocabulary = self._known()
        rows = [self._row(item, vocabulary) for item in items]
        return sparse(rows, len(self._measures) + len(vocabulary.known))

    def _row(self, item: Said, vocabulary: Vocabulary) -> dict[int, float]:
        row: dict[int, float] = {}
        for place, (name, (mean, spread)) in enumerate(self._measures.items()):
            number = _number(item.get(name, ""))
            if number is not None:
                row[place] = float(np.clip((number - mean) / spread, -_FARTHEST, _FARTHEST))
        for name, value in item.items():
            places = vocabulary.places(list(self._terms({name: value})))
            for place in places:
                row[len(self._measures) + place] = 1 / math.sqrt(len(places))
        return row

    def _terms(self, item: Said) -> Iterator[str]:
        """Column and value of everything that is not measured; `a|b` gives both."""
        for name, written in item.items():
            if name not in self._measures:
                for value in dict.fromkeys(filter(None, map(_plain, written.split("|")))):
                    yield f"{name}{_SEPARATOR}{value}"

    def _known(self) -> Vocabulary:
        if self._vocabulary is None:
            raise RuntimeError("no value is known before fit or load_state")
        return self._vocabulary


def _measures(items: Sequence[Said]) -> dict[str, tuple[float, float]]:
    """Column -> (mean, standard deviation) of those with numbers only and at least three of them:
    fewer are names such as sizes or years of a season."""
    found: dict[str, tuple[float, float]] = {}
    for name in sorted({name for item in items for name in item}):
        written = [item[name] for item in items if name in item]
        numbers = [number for value in written if (number := _number(value)) is not None]
        if len(numbers) == len(written) and len(Counter(numbers)) >= 3:
            found[name] = float(np.mean(numbers)), float(np.std(numbers))
    return found


def _number(written: str) -> float | None:
    try:
        number = float(written)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _plain(value: str) -> str:
    return " ".join(value.split()).lower()
