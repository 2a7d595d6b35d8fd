"""The plain format: `interactions`, `items` if there is one, as CSV or Parquet, and pictures."""

from typing import Final

from backend.data.archive import TABLE_SUFFIXES, SourceFiles
from backend.data.ingest._base import IMPORT_FORMATS, ImportFormat, RawTable, RawTables
from backend.data.ingest._tables import read_table
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import ITEM_COLUMNS, RECORDING_COLUMNS, Col
from models.config import Config

_INTERACTION_COLUMNS: Final = (
    Col.USER_ID,
    Col.ITEM_ID,
    Col.RATING,
    Col.TIMESTAMP,
    Col.REVIEW,
    Col.SPLIT,
)


@IMPORT_FORMATS.register(
    "plain",
    config=Config,
    title="Tables and pictures",
    summary="interactions.csv with user_id and item_id, items.csv with item_id, and pictures.",
)
class PlainFormat(ImportFormat):
    """`user_id, item_id[, rating][, timestamp][, review][, split]`; `item_id[, title, ...]`."""

    def recognises(self, source: SourceFiles) -> bool:
        return _find(source, "interactions") is not None

    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        name = _find(source, "interactions")
        if name is None:
            raise InvalidInput(
                "There is no interactions.csv or interactions.parquet at the top; found: "
                f"{source.listing()}."
            )
        report("reads interactions", 0.0)
        interactions = _known(read_table(name, source.files[name], log), _INTERACTION_COLUMNS)
        _require(interactions, (Col.USER_ID, Col.ITEM_ID))
        spare = [c for c in interactions.frame.columns if c not in _INTERACTION_COLUMNS]
        if spare:
            log.warn(f"Columns of '{name}' that are not used: {', '.join(spare)}.")
        report("reads items", 0.1)
        return RawTables(_items(source, log), interactions)


def _items(source: SourceFiles, log: ProblemLog) -> RawTable | None:
    name = _find(source, "items")
    if name is None:
        log.warn("There is no items file, so items are known by their identifier only.")
        return None
    items = _known(read_table(name, source.files[name], log), (*ITEM_COLUMNS, *RECORDING_COLUMNS))
    _require(items, (Col.ITEM_ID,))
    return items


def _find(source: SourceFiles, stem: str) -> str | None:
    names = {name.lower(): name for name in sorted(source.files, reverse=True)}
    found = (names.get(stem + suffix) for suffix in sorted(TABLE_SUFFIXES))
    return next((name for name in found if name), None)


def _known(table: RawTable, columns: tuple[Col, ...]) -> RawTable:
    """Known columns are recognised in any capitals."""
    taken = set(table.frame.columns)
    names = {
        c: c.lower() for c in table.frame.columns if c.lower() in columns and c.lower() not in taken
    }
    return RawTable(table.file, table.frame.rename(columns=names), table.rows)


def _require(table: RawTable, columns: tuple[Col, ...]) -> None:
    missing = [column for column in columns if column not in table.frame.columns]
    if missing:
        raise InvalidInput(
            f"'{table.file}' needs the column{'s' if len(missing) > 1 else ''} "
            f"{' and '.join(missing)}; it has: {', '.join(map(str, table.frame.columns))}."
        )
