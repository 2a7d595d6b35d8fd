"""Delimited text (CSV and its kin) as chunks of text columns: fast where it is well formed, record
by record where it is not."""

import csv
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from backend.data.archive import SourceFiles
from backend.data.ingest._base import RawChunk, RawTable
from backend.data.ingest._blocks import Block, line_breaks, text_blocks
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput

_LARGEST_FIELD: Final = 4 << 20
_STAND_IN: Final = "\x1f"
"""The unit separator, which takes the place of a delimiter of several characters."""


@dataclass(frozen=True)
class Layout:
    """How a text table is written; the defaults find out for themselves."""

    delimiter: str = ""
    """"" takes whichever of comma, semicolon, tab and bar the header has most of."""
    header: tuple[str, ...] = ()
    """Names of the columns where the file does not begin with them."""
    quoted: bool = True
    spills: bool = False
    """Fields too many belong to the last column, which was written without quotes."""
    legacy: bool = False
    """Windows-1252 is usual, so no warning."""


def read_delimited(
    source: SourceFiles, name: str, log: ProblemLog, layout: Layout | None = None
) -> RawTable:
    """The table `name`; header names stripped of blanks.

    Records with too few or too many fields go to `log`. Raises InvalidInput for a file without a
    header.
    """
    reader = _Reader(source, name, log, layout or Layout())
    return RawTable(name, reader.kept, reader.chunks())


class _Reader:
    """The state of one pass over a file."""

    def __init__(self, source: SourceFiles, name: str, log: ProblemLog, layout: Layout) -> None:
        csv.field_size_limit(min(sys.maxsize, _LARGEST_FIELD))
        self.name, self.log, self.layout = name, log, layout
        self.blocks = text_blocks(source, name, log, layout.legacy)
        self.pending = next(self.blocks, None)
        self.delimiter = layout.delimiter
        self.header = list(layout.header) or self._read_header()
        self.kept = tuple(_kept(name, self.header, log))

    def chunks(self) -> Iterator[RawChunk]:
        block = self.pending
        while block is not None:
            table = self._fast(block)
            if table is None:
                yield from self._careful(block)
            else:
                lines = np.arange(block.line, block.line + block.lines, dtype=np.int64)
                yield self._chunk(table, lines, block.done)
            block = next(self.blocks, None)

    def _read_header(self) -> list[str]:
        block = self.pending
        text = block.text.decode("utf-8", "replace") if block else ""
        self.delimiter = self.delimiter or _guessed(text.split("\n", 1)[0])
        lines = io.StringIO(text, newline="")
        reader = self._records(map(self._plain, lines))
        try:
            header = [field.strip().lstrip("\ufeff") for field in next(reader, [])]
        except csv.Error as error:
            raise InvalidInput(f"'{self.name}' cannot be read as a table ({error}).") from error
        if block is None or not any(header):
            raise InvalidInput(f"'{self.name}' is empty; its first line must name the columns.")
        rest = lines.read()
        start = text[: len(text) - len(rest)].encode()
        following = Block(rest.encode(), block.line + line_breaks(start), block.done)
        self.pending = following if rest else next(self.blocks, None)
        return header

    def _plain(self, text: str) -> str:
        return text.replace(self.delimiter, _STAND_IN) if len(self.delimiter) > 1 else text

    def _character(self) -> str:
        return _STAND_IN if len(self.delimiter) > 1 else self.delimiter

    def _records(self, lines: Iterator[str]) -> "Iterator[list[str]]":
        if self.layout.quoted:
            return csv.reader(lines, delimiter=self._character())
        return csv.reader(lines, delimiter=self._character(), quoting=csv.QUOTE_NONE)

    def _fast(self, block: Block) -> pa.Table | None:
        """The block in one go; None unless every line is one record of the right width."""
        text = block.text
        if _unusual(text):
            return None
        if len(self.delimiter) > 1:
            text = text.replace(self.delimiter.encode(), _STAND_IN.encode())
        names = [str(place) for place in range(len(self.header))]
        try:
            table = pa_csv.read_csv(
                pa.BufferReader(text),
                read_options=pa_csv.ReadOptions(
                    column_names=names, use_threads=False, block_size=len(text) + 1
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=self._character(),
                    quote_char='"' if self.layout.quoted else False,
                    newlines_in_values=self.layout.quoted,
                    ignore_empty_lines=False,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != block.lines or _overlong(table) or _open_quote(table):
            return None
        return table

    def _careful(self, block: Block) -> Iterator[RawChunk]:
        """Record by record, until one ends where a block ends."""
        feed = _Feed(block, self.blocks, self._plain)
        reader = self._records(feed)
        good, lines = list[list[str]](), list[int]()
        bad, found = list[int](), list[str]()
        while not feed.at_end_of_block:
            line = feed.line
            try:
                record = next(reader, None)
            except csv.Error:
                self.log.add(self.name, [line], "", "a field is longer than 4 MiB", rejects=True)
                continue
            if record is None:
                break
            record = self._fitting(record)
            if len(record) == len(self.header):
                good.append(record)
                lines.append(line)
            elif record:
                bad.append(line)
                found.append(f"{len(record)} fields: {','.join(record)[:100]}")
        width = len(self.header)
        reason = f"the record does not have {width} field{'s' if width > 1 else ''}"
        self.log.add(self.name, bad, "", reason, found, rejects=True)
        if good:
            columns = [pa.array(column, pa.string()) for column in zip(*good, strict=True)]
            names = [str(place) for place in range(width)]
            yield self._chunk(pa.table(columns, names), np.array(lines, dtype=np.int64), feed.done)

    def _fitting(self, record: list[str]) -> list[str]:
        width = len(self.header)
        if not self.layout.spills or len(record) <= width:
            return record
        return [*record[: width - 1], self._character().join(record[width - 1 :])]

    def _chunk(self, table: pa.Table, lines: NDArray[np.int64], done: float) -> RawChunk:
        places = [self.header.index(column) for column in self.kept]
        frame = table.select(places).rename_columns(list(self.kept)).to_pandas()
        return RawChunk(self.name, frame, lines, done)


class _Feed:
    """Lines of a block and, where a record goes on, of the next ones."""

    def __init__(self, block: Block, blocks: Iterator[Block], plain: Callable[[str], str]) -> None:
        self._blocks, self._plain = blocks, plain
        self._take(block)

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.at_end_of_block:
            block = next(self._blocks, None)
            if block is None:
                raise StopIteration
            self._take(block)
        self._place += 1
        self.line += 1
        return self._lines[self._place - 1]

    @property
    def at_end_of_block(self) -> bool:
        return self._place == len(self._lines)

    def _take(self, block: Block) -> None:
        text = self._plain(block.text.decode("utf-8", "replace"))
        self._lines = io.StringIO(text, newline="").readlines()
        self._place, self.line, self.done = 0, block.line, block.done


def _unusual(text: bytes) -> bool:
    """Lone carriage returns or blank lines, at which line and record part company."""
    if b"\r" in text and text.count(b"\r") != text.count(b"\r\n"):
        return True
    return text.startswith((b"\n", b"\r\n")) or b"\n\n" in text or b"\n\r\n" in text


def _open_quote(table: pa.Table) -> bool:
    """A quote that goes on in the next block has swallowed the last line break of this one."""
    return str(table.column(table.num_columns - 1)[-1]).endswith("\n")


def _overlong(table: pa.Table) -> bool:
    longest = (pc.max(pc.binary_length(column)).as_py() for column in table.columns)
    return any((length or 0) > _LARGEST_FIELD for length in longest)


def _guessed(header: str) -> str:
    return max(",;\t|", key=header.count)


def _kept(name: str, header: list[str], log: ProblemLog) -> list[str]:
    """Named columns, the first of each name."""
    if "" in header:
        log.warn(f"'{name}' has a column without a name; it is left out.")
    for column in {column for column in header if column and header.count(column) > 1}:
        log.warn(f"'{name}' has the column '{column}' more than once; the first is used.")
    return [column for column in dict.fromkeys(header) if column]
