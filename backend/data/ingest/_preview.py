"""A look at a source before it is imported: its format, its first rows, which column is which."""

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from backend.data.archive import TABLE_SUFFIXES, SourceFiles, open_source
from backend.data.guessing import ColumnGuess, guess_roles
from backend.data.ingest._base import IMPORT_FORMATS, RawTable
from backend.data.ingest._tables import read_table
from backend.data.mapping import ColumnMapping
from backend.data.roles import INTERACTION_ROLES, ITEM_ROLES
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import silent
from backend.schema import Col

SHOWN_ROWS: Final = 50
CERTAIN: Final = 0.7
"""Guesses from here on are taken where nobody objects."""
_JUDGED_ROWS: Final = 2_000
_MOST_TABLES: Final = 20
_JSON: Final = (".json", ".jsonl")


@dataclass(frozen=True)
class TablePreview:
    """The first rows of a table; `use` is "interactions", "items" or "" for neither."""

    file: str
    use: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    guesses: tuple[ColumnGuess, ...]


@dataclass(frozen=True)
class SourcePreview:
    """What a source seems to be.

    `format` is "" where none recognises it; `mapping` is then what the columns seem to be, to be
    confirmed or corrected (None where nothing looks like interactions). In the tables of a known
    format columns have their roles already.
    """

    format: str
    tables: tuple[TablePreview, ...]
    mapping: ColumnMapping | None
    problems: tuple[str, ...]


def preview_source(source: Path, format: str = "auto") -> SourcePreview:
    """Look at the beginnings of the files.

    Files that look like a format but are not readable as such are shown as strangers, with the
    reason among the problems. Raises InvalidInput where there is no such source.
    """
    log = ProblemLog()
    with tempfile.TemporaryDirectory(prefix="fusionlens-look-") as scratch:
        files = open_source(source, Path(scratch), log, head=True)
        name = format if format != "auto" else recognised(files)
        tables: tuple[TablePreview, ...] = ()
        mapping: ColumnMapping | None = None
        if name:
            try:
                tables = _of_format(files, name, log)
            except InvalidInput as error:
                # named as the format names them, but with columns that it does not know
                if format != "auto":
                    raise
                log.warn(str(error))
                name = ""
        if not name:
            tables, mapping = _of_strangers(files, log)
    return SourcePreview(name, tables, mapping, _problems(log))


def recognised(files: SourceFiles) -> str:
    """The first format that knows these files; "" where none does."""
    for entry in IMPORT_FORMATS.entries():
        if entry.cls(entry.config()).recognises(files):
            return entry.name
    return ""


def file_with(files: SourceFiles, columns: Collection[str]) -> str:
    """The one table that has all of `columns`; "" where none or several have."""
    heads = _heads(files, ProblemLog())
    holders = [file for file, frame in heads.items() if set(columns) <= set(frame.columns)]
    return holders[0] if len(holders) == 1 else ""


def guessed_mapping(files: SourceFiles) -> ColumnMapping | None:
    """What the columns of unknown tables are, where that is nearly certain."""
    return _of_strangers(files, ProblemLog())[1]


def _of_format(files: SourceFiles, name: str, log: ProblemLog) -> tuple[TablePreview, ...]:
    entry = IMPORT_FORMATS[name]
    raw = entry.cls(entry.config()).read(files, log, silent)
    tables = [(raw.interactions, "interactions"), *([(raw.items, "items")] if raw.items else [])]
    return tuple(_known(table, use) for table, use in tables)


def _known(table: RawTable, use: str) -> TablePreview:
    frame = _head(table)
    roles = INTERACTION_ROLES if use == "interactions" else ITEM_ROLES
    guesses = tuple(
        ColumnGuess(c, Col(c), 1.0, "the format says it")
        if c in roles
        else ColumnGuess(c, None, 0.0, "")
        for c in frame.columns
    )
    return TablePreview(table.file, use, tuple(frame.columns), _rows(frame), guesses)


def _of_strangers(
    files: SourceFiles, log: ProblemLog
) -> tuple[tuple[TablePreview, ...], ColumnMapping | None]:
    heads = _heads(files, log)
    events = {file: guess_roles(frame, INTERACTION_ROLES) for file, frame in heads.items()}
    items = {file: guess_roles(frame, ITEM_ROLES) for file, frame in heads.items()}
    likely = {file: _likelihood(g, (Col.USER_ID, Col.ITEM_ID)) for file, g in events.items()}
    first = max(likely, key=lambda file: likely[file], default="")
    if not first or likely[first] <= 0:
        return tuple(_stranger(file, "", heads[file], ()) for file in heads), None
    described = {
        file: _likelihood(guesses, (Col.ITEM_ID,)) + _catalogue(guesses)
        for file, guesses in items.items()
        if file != first and _likelihood(guesses, (Col.ITEM_ID,)) > 0
    }
    second = max(described, key=lambda file: described[file], default="")
    uses = {first: "interactions", second: "items"}
    guesses = {second: items.get(second, ()), first: events[first]}
    tables = tuple(
        _stranger(file, uses.get(file, ""), frame, guesses.get(file, ()))
        for file, frame in heads.items()
    )
    mapping = ColumnMapping(
        first, second, _columns(events[first]), _columns(items[second]) if second else {}
    )
    return tables, mapping


def _heads(files: SourceFiles, log: ProblemLog) -> dict[str, pd.DataFrame]:
    heads: dict[str, pd.DataFrame] = {}
    for name in sorted(files.files, key=lambda name: (name.count("/"), name)):
        suffix = Path(name).suffix.lower()
        if suffix in TABLE_SUFFIXES and suffix not in _JSON and len(heads) < _MOST_TABLES:
            try:
                heads[name] = _head(read_table(files, name, log))
            except InvalidInput as error:
                log.warn(str(error))
    return heads


def _head(table: RawTable) -> pd.DataFrame:
    chunk = next(iter(table.chunks), None)
    if chunk is None:
        return pd.DataFrame(columns=list(table.columns), dtype=str)
    return chunk.frame.head(_JUDGED_ROWS)


def _likelihood(guesses: tuple[ColumnGuess, ...], roles: tuple[Col, ...]) -> float:
    """How sure the needed roles are together; 0 where one has no column."""
    found = {guess.role: guess.confidence for guess in guesses}
    product = 1.0
    for role in roles:
        product *= found.get(role, 0.0)
    return product


def _catalogue(guesses: tuple[ColumnGuess, ...]) -> float:
    return sum(g.confidence for g in guesses if g.role in (Col.TITLE, Col.TEXT, Col.IMAGE))


def _columns(guesses: tuple[ColumnGuess, ...]) -> dict[Col, str]:
    return {g.role: g.column for g in guesses if g.role is not None and g.confidence >= CERTAIN}


def _stranger(
    file: str, use: str, frame: pd.DataFrame, guesses: tuple[ColumnGuess, ...]
) -> TablePreview:
    unknown = tuple(ColumnGuess(str(column), None, 0.0, "") for column in frame.columns)
    return TablePreview(file, use, tuple(frame.columns), _rows(frame), guesses or unknown)


def _rows(frame: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in frame.head(SHOWN_ROWS).to_numpy().tolist())


def _problems(log: ProblemLog) -> tuple[str, ...]:
    first = [
        f"'{p.file}', row {p.row}: {p.reason}." if p.row else f"'{p.file}': {p.reason}."
        for p in log.problems[:SHOWN_ROWS]
    ]
    return (*log.warnings, *first)
