"""Parquet as chunks of text columns, as if it had been a CSV."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backend.data.archive import SourceFiles
from backend.data.ingest._base import RawChunk, RawTable
from backend.errors import InvalidInput

_ROWS_AT_ONCE: Final = 200_000
_FIRST_LINE: Final = 2
"""A record's line as if the table were a CSV with a header."""


def read_parquet(source: SourceFiles, name: str) -> RawTable:
    """The table `name`; lists are joined by bars, times written as ISO dates.

    Raises InvalidInput for what is not a Parquet file.
    """
    try:
        file = pq.ParquetFile(source.files[name])
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(name, error) from error
    columns = dict.fromkeys(str(column).strip() for column in file.schema_arrow.names)
    return RawTable(name, tuple(columns), _chunks(name, file))


def _chunks(name: str, file: pq.ParquetFile) -> Iterator[RawChunk]:
    done, total = 0, max(1, file.metadata.num_rows)
    try:
        for batch in file.iter_batches(_ROWS_AT_ONCE):
            frame = pd.DataFrame(
                {
                    str(column).strip(): as_text(batch.column(place))
                    for place, column in reversed(list(enumerate(batch.schema.names)))
                }
            )
            lines = np.arange(done, done + len(frame), dtype=np.int64) + _FIRST_LINE
            done += len(frame)
            yield RawChunk(name, frame[frame.columns[::-1]], lines, done / total)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(name, error) from error
    finally:
        file.close()


def _unreadable(name: str, error: Exception) -> InvalidInput:
    return InvalidInput(f"'{name}' is not a readable Parquet file ({error}).")


def as_text(column: pa.Array) -> "pd.Series[str]":
    """Any Arrow column as text, "" where null; whole numbers without a decimal point."""
    return pd.Series(_text(column).fill_null("").to_pandas(), dtype=str)


def _text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _text(column.dictionary_decode())
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        joined = ["|".join(map(str, value)) if value else "" for value in column.to_pylist()]
        return pa.array(joined, pa.string())
    try:
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            return pc.strftime(column.cast(pa.timestamp("s"), safe=False), "%Y-%m-%dT%H:%M:%S")
        if pa.types.is_floating(kind):
            return _decimal(column.cast(pa.float64()))
        # a column that calls itself text may hold any bytes; binary is checked on its way to text
        if pa.types.is_large_string(kind) or pa.types.is_string(kind):
            column = column.cast(pa.large_binary())
        return column.cast(pa.large_string())
    except pa.ArrowException:
        return pa.array([_one(value) for value in column.to_pylist()], pa.string())


def _one(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _decimal(column: pa.Array) -> pa.Array:
    """Numbers as Python writes them, but 7 instead of 7.0; a missing one is null, a NaN is not."""
    whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), 2.0**53))
    digits = pc.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
    return pc.coalesce(digits, column.cast(pa.string()))
