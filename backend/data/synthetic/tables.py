"""Tables of a generated world, written piece by piece: only one piece is ever in memory."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PARQUET_ABOVE: Final = 200_000
"""Rows; a larger table is written as Parquet instead of CSV."""


def write_table(stem: Path, rows: int, tables: Iterator[pd.DataFrame]) -> None:
    """`stem`.csv or, by the expected number of rows, `stem`.parquet."""
    if rows <= PARQUET_ABOVE:
        with stem.with_suffix(".csv").open("w", encoding="utf-8", newline="") as file:
            for place, table in enumerate(tables):
                table.to_csv(file, index=False, header=place == 0, lineterminator="\n")
        return
    writer: pq.ParquetWriter | None = None
    try:
        for table in tables:
            block = pa.Table.from_pandas(table, preserve_index=False)
            if writer is None:
                writer = pq.ParquetWriter(stem.with_suffix(".parquet"), block.schema)
            writer.write_table(block)
    finally:
        if writer is not None:
            writer.close()
