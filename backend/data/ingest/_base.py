"""What every import format is: it recognises its files and reads them into two tables of text."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.archive import SourceFiles
from backend.data.validate import ProblemLog
from backend.progress import Report
from backend.schema import Modality
from models.config import Config
from models.registry import Registry


@dataclass(frozen=True)
class RawChunk:
    """Some consecutive records as they were written: every column text, "" where empty.

    `lines[i]` is the line of record i in `file`, counted from 1 with the header. `done` is how
    much of the file has been read after this chunk, 0 to 1.
    """

    file: str
    frame: pd.DataFrame
    lines: NDArray[np.int64]
    done: float = 1.0


@dataclass(frozen=True)
class RawTable:
    """A table that is read a chunk at a time, once, nothing judged yet.

    `file` stands for it in messages. All chunks have `columns`, in this order.
    """

    file: str
    columns: tuple[str, ...]
    chunks: Iterable[RawChunk]

    def whole(self) -> RawChunk:
        """All records at once, for tables of the size of a catalogue."""
        chunks = list(self.chunks)
        if not chunks:
            empty = pd.DataFrame(columns=list(self.columns), dtype=str)
            return RawChunk(self.file, empty, np.zeros(0, np.int64))
        if len(chunks) == 1:
            return chunks[0]
        frame = pd.concat([chunk.frame for chunk in chunks], ignore_index=True)
        return RawChunk(self.file, frame, np.concatenate([chunk.lines for chunk in chunks]))

    def renamed(self, names: Mapping[str, str]) -> "RawTable":
        """The columns that `names` has, under their new names and in that order; no others."""
        kept = [name for name in names if name in self.columns]
        return self.changed(
            tuple(names[name] for name in kept), lambda frame: frame[kept].rename(columns=names)
        )

    def changed(
        self, columns: tuple[str, ...], change: Callable[[pd.DataFrame], pd.DataFrame]
    ) -> "RawTable":
        """`change` applied to every chunk; it keeps the records and gives `columns`."""
        return RawTable(self.file, columns, _changed(self.chunks, change))


def _changed(
    chunks: Iterable[RawChunk], change: Callable[[pd.DataFrame], pd.DataFrame]
) -> Iterator[RawChunk]:
    for chunk in chunks:
        yield replace(chunk, frame=change(chunk.frame))


@dataclass(frozen=True)
class GivenFeatures:
    """Vectors that a source brings along: `values` f32[N, D] belong to `item_ids` str[N]."""

    item_ids: NDArray[np.str_]
    values: NDArray[np.float32]


@dataclass(frozen=True)
class RawTables:
    """What a format hands over, with columns named as in `backend.schema.Col`.

    `items` is None where the source has no catalogue: items are then made from interactions. In
    its columns `image`, `audio` and `video` stand logical names among the source's files, or
    addresses.
    """

    items: RawTable | None
    interactions: RawTable
    given: Mapping[Modality, GivenFeatures] = field(default_factory=dict)


class ImportFormat(ABC):
    """Reads one way of laying out catalogues and interactions."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @abstractmethod
    def recognises(self, source: SourceFiles) -> bool:
        """Whether these files look like this format; looks at names and first lines only."""

    @abstractmethod
    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        """Raises InvalidInput where a required file or column is missing; records that cannot be
        read at all go to `log`, at the latest when the last chunk was read."""


IMPORT_FORMATS: Registry[ImportFormat] = Registry("import format", "backend.data.ingest")
