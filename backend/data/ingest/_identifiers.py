"""Identifiers of millions of rows as numbers, without a Python object per row."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_HELD: Final = 64 << 20


class Identifiers:
    """Gathers dictionary-encoded chunks of one column; equal texts get equal numbers."""

    def __init__(self) -> None:
        self._parts: list[pa.DictionaryArray] = []
        self._merged = self._held = 0

    def add(self, column: pa.DictionaryArray) -> None:
        """Rows that follow those added before."""
        self._parts.append(column)
        self._held += column.dictionary.nbytes
        if self._held > max(_HELD, 2 * self._merged):
            merged = self._unified()
            self._parts, self._merged, self._held = [merged], merged.dictionary.nbytes, 0

    def finish(self) -> tuple[NDArray[np.int32], pa.Array]:
        """(i32[N] into the texts, the different texts); some may be used by no row."""
        if not self._parts:
            return np.zeros(0, np.int32), pa.array([], pa.large_string())
        merged = self._unified()
        return merged.indices.to_numpy(zero_copy_only=False).astype(np.int32), merged.dictionary

    def _unified(self) -> pa.DictionaryArray:
        unified = pa.chunked_array(self._parts).unify_dictionaries().combine_chunks()
        # combining one chunk may give a chunked array still
        return unified.chunk(0) if isinstance(unified, pa.ChunkedArray) else unified
