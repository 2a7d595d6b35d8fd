"""Reads CSV and Parquet into text columns, whatever state they are in."""

import codecs
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from backend.data.ingest._base import RawTable
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput

_RECORDS_AT_ONCE = 20_000
_LARGEST_FIELD = 4 << 20


def read_table(name: str, path: Path, log: ProblemLog) -> RawTable:
    """The table `name` of an import, stored at `path`; header names stripped of blanks.

    Records with too few or too many fields go to `log`. Raises InvalidInput for a file without
    a header or that is not of the kind its name says.
    """
    if name.lower().endswith(".parquet"):
        return _read_parquet(name, path)
    return _read_csv(name, path, log)


def _read_parquet(name: str, path: Path) -> RawTable:
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InvalidInput(f"'{name}' is not a readable Parquet file ({error}).") from error
    frame = pd.DataFrame(
        {str(column).strip(): _as_text(table.column(column)) for column in table.column_names}
    )
    return RawTable(name, frame, pd.Series(range(2, len(frame) + 2)))


def _as_text(column: pa.ChunkedArray) -> "pd.Series[str]":
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        return pd.Series(
            ["|".join(map(str, value)) if value else "" for value in column.to_pylist()], dtype=str
        )
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        moments = pd.Series(column.to_pandas()).astype("datetime64[s]")
        return moments.dt.strftime("%Y-%m-%dT%H:%M:%S").fillna("").astype(str)
    if pa.types.is_floating(column.type):
        # a missing number is empty; a NaN that was written is a bad value to be reported
        texts = [
            "" if value is None else repr(int(value) if value.is_integer() else value)
            for value in column.to_pylist()
        ]
        return pd.Series(texts, dtype=str)
    try:
        text = column.cast(pa.string())
    except pa.ArrowException:
        text = pa.chunked_array([pa.array([str(value or "") for value in column.to_pylist()])])
    return pd.Series(text.fill_null("").to_pandas(), dtype=str)


def _read_csv(name: str, path: Path, log: ProblemLog) -> RawTable:
    encoding = _encoding(name, path, log)
    csv.field_size_limit(min(sys.maxsize, _LARGEST_FIELD))
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        first = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter=_delimiter(first))
        try:
            header = [field.strip().lstrip("\ufeff") for field in next(reader, [])]
        except csv.Error as error:
            raise InvalidInput(f"'{name}' cannot be read as CSV ({error}).") from error
        if not any(header):
            raise InvalidInput(f"'{name}' is empty; its first line must name the columns.")
        chunks, rows = [], []
        for lines, records in _chunks(name, reader, len(header), log):
            chunks.append(
                pa.table([pa.array(column, pa.string()) for column in records], _unique(header))
            )
            rows.append(lines)
    frame = (
        pa.concat_tables(chunks).to_pandas()
        if chunks
        else pd.DataFrame(columns=_unique(header), dtype=str)
    )
    kept = _kept(name, header, log)
    return RawTable(
        name, frame[kept], pd.Series([line for lines in rows for line in lines], dtype="int64")
    )


def _unique(header: list[str]) -> list[str]:
    return [
        column if header.index(column) == place else f"{column}#{place}"
        for place, column in enumerate(header)
    ]


def _kept(name: str, header: list[str], log: ProblemLog) -> list[str]:
    """Named columns, the first of each name."""
    if "" in header:
        log.warn(f"'{name}' has a column without a name; it is left out.")
    for column in {column for column in header if column and header.count(column) > 1}:
        log.warn(f"'{name}' has the column '{column}' more than once; the first is used.")
    return [column for column in dict.fromkeys(header) if column]


def _encoding(name: str, path: Path, log: ProblemLog) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            log.warn(f"'{name}' is UTF-16, not UTF-8; it was read as such.")
            return "utf-16"
        file.seek(0)
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            log.warn(
                f"'{name}' is not UTF-8; it was read as Windows-1252. Save it as UTF-8 if letters "
                "look wrong."
            )
            return "cp1252"
    return "utf-8-sig"


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _chunks(
    name: str, reader: "Iterator[list[str]]", width: int, log: ProblemLog
) -> Iterator[tuple[list[int], list[tuple[str, ...]]]]:
    """(line numbers, columns) of well-formed records."""
    lines: list[int] = []
    records: list[list[str]] = []
    ragged: list[int] = []
    found: list[str] = []
    line = reader.line_num + 1  # type: ignore[attr-defined]
    while True:
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error:
            log.add(name, [line], "", "a field is longer than 4 MiB", rejects=True)
            line = reader.line_num + 1  # type: ignore[attr-defined]
            continue
        if len(record) == width:
            records.append(record)
            lines.append(line)
        elif record:
            ragged.append(line)
            found.append(f"{len(record)} fields: {','.join(record)[:100]}")
        line = reader.line_num + 1  # type: ignore[attr-defined]
        if len(records) == _RECORDS_AT_ONCE:
            yield lines, list(zip(*records, strict=True))
            lines, records = [], []
    if records:
        yield lines, list(zip(*records, strict=True))
    log.add(name, ragged, "", f"the record does not have {width} fields", found, rejects=True)
