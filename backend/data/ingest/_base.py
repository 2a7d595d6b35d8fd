"""What every import format is: it recognises its files and reads them into two tables of text."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

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
class RawTable:
    """A table as it was written: every column text ("" where empty), nothing judged yet.

    `rows[i]` is the line of record i in `file`, counted from 1 with the header.
    """

    file: str
    frame: pd.DataFrame
    rows: "pd.Series[int]"


@dataclass(frozen=True)
class GivenFeatures:
    """Vectors that a source brings along: `values` f32[N, D] belong to `item_ids` str[N]."""

    item_ids: NDArray[np.str_]
    values: NDArray[np.float32]


@dataclass(frozen=True)
class RawTables:
    """What a format hands over, with columns named as in `backend.schema.Col`.

    `items` is None where the source has no catalogue: items are then made from interactions. In
    its columns `image`, `audio` and `video` stand logical names among the source's files.
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
        """Whether these files look like this format."""

    @abstractmethod
    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        """Raises InvalidInput where a required file or column is missing; records that cannot be
        read at all go to `log`."""


IMPORT_FORMATS: Registry[ImportFormat] = Registry("import format", "backend.data.ingest")
