"""The plain format: `interactions`, `items` if there is one, as CSV or Parquet, and pictures."""

from typing import Final

from backend.data.archive import SourceFiles
from backend.data.ingest._base import IMPORT_FORMATS, ImportFormat, RawTable, RawTables
from backend.data.ingest._tables import read_table, require
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
_CLICKS: Final = ("click", "clicked", "label")


@IMPORT_FORMATS.register(
    "plain",
    config=Config,
    title="Tables and pictures",
    summary="interactions.csv with user_id and item_id, items.csv with item_id, and pictures.",
)
class PlainFormat(ImportFormat):
    """`user_id, item_id[, rating][, timestamp][, review][, split]`; `item_id[, title, ...]`.

    In place of a rating stands `click`, `clicked` or `label`, 1 or 0, in a log of impressions.
    """

    def recognises(self, source: SourceFiles) -> bool:
        return _find(source, "interactions") is not None

    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        name = _find(source, "interactions")
        if name is None:
            raise InvalidInput(
                "There is no interactions.csv or interactions.parquet at the top; found: "
                f"{source.listing()}."
            )
        interactions = _known(read_table(source, name, log), _INTERACTION_COLUMNS)
        interactions = _with_clicks(interactions)
        require(interactions, Col.USER_ID, Col.ITEM_ID)
        spare = [c for c in interactions.columns if c not in _INTERACTION_COLUMNS]
        if spare:
            log.warn(f"Columns of '{name}' that are not used: {', '.join(spare)}.")
        return RawTables(_items(source, log), interactions)


def _items(source: SourceFiles, log: ProblemLog) -> RawTable | None:
    name = _find(source, "items")
    if name is None:
        log.warn("There is no items file, so items are known by their identifier only.")
        return None
    items = _known(read_table(source, name, log), (*ITEM_COLUMNS, *RECORDING_COLUMNS))
    require(items, Col.ITEM_ID)
    return items


def _find(source: SourceFiles, stem: str) -> str | None:
    """At the top, a CSV before a Parquet before a table separated by tabs."""
    names = {name.lower(): name for name in sorted(source.files, reverse=True)}
    found = (names.get(stem + suffix) for suffix in (".csv", ".parquet", ".tsv"))
    return next((name for name in found if name), None)


def _with_clicks(table: RawTable) -> RawTable:
    """The first column that tells of clicks is the rating, unless there is one."""
    if Col.RATING in table.columns:
        return table
    named = [column for column in table.columns if column.lower() in _CLICKS]
    names = {column: str(Col.RATING) if column in named[:1] else column for column in table.columns}
    return table.renamed(names)


def _known(table: RawTable, columns: tuple[Col, ...]) -> RawTable:
    """Known columns are recognised in any capitals."""
    names: dict[str, str] = {}
    for column in table.columns:
        lower = column.lower()
        known = lower in columns and lower not in (*table.columns, *names.values())
        names[column] = lower if known else column
    return table.renamed(names)
