"""Texts as numbers of words, by a vocabulary taken from the texts themselves."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from models.reading import PAD, UNKNOWN

MASK: Final = 2
_SPECIAL: Final = 3
_WORD: Final = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def words(text: str) -> list[str]:
    """Lower-case words and single signs, in order; of any script that puts spaces."""
    return _WORD.findall(text.lower())


def word_places(text: str) -> list[tuple[int, int]]:
    """(start, end) in `text` of each of its `words`."""
    found = [match.span() for match in _WORD.finditer(text.lower())]
    # A few capitals are longer in lower case, after which places would be off by one.
    return [(min(start, len(text)), min(end, len(text))) for start, end in found]


class Vocabulary:
    """Words that occur at least twice (once in a tiny collection), most frequent first."""

    def __init__(self, known: Sequence[str]) -> None:
        self.known = tuple(known)
        self._numbers: Mapping[str, int] = {
            word: at for at, word in enumerate(self.known, start=_SPECIAL)
        }

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]], size: int) -> "Vocabulary":
        """The `size` most frequent; equal counts in alphabetical order."""
        counts = Counter(word for text in texts for word in text)
        least = 2 if sum(counts.values()) > 1000 else 1
        ranked = sorted((-n, word) for word, n in counts.items() if n >= least)
        return cls([word for _, word in ranked[:size]])

    def __len__(self) -> int:
        return _SPECIAL + len(self.known)

    def numbers(self, text: Sequence[str], longest: int) -> list[int]:
        """At least one and at most `longest` numbers."""
        found = [self._numbers.get(word, UNKNOWN) for word in text[:longest]]
        return found or [UNKNOWN]

    def places(self, text: Sequence[str]) -> list[int]:
        """Where the known ones of `text` stand in `known`."""
        found = (self._numbers.get(word) for word in text)
        return [number - _SPECIAL for number in found if number is not None]

    def tensor(self) -> Tensor:
        """u8[N], for a state: the words as JSON."""
        return torch.frombuffer(bytearray(json.dumps(self.known).encode()), dtype=torch.uint8)

    @classmethod
    def from_tensor(cls, stored: Tensor) -> "Vocabulary":
        """Inverse of `tensor`."""
        return cls(json.loads(bytes(stored.tolist())))


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """i64[B, L], filled up with PAD to the longest."""
    longest = max(map(len, rows), default=1)
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])
