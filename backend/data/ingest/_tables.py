"""A table of any of the kinds that people have, by the name of its file."""

from backend.data.archive import SourceFiles
from backend.data.ingest._base import RawTable
from backend.data.ingest._delimited import Layout, read_delimited
from backend.data.ingest._parquet import read_parquet
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput


def read_table(
    source: SourceFiles, name: str, log: ProblemLog, layout: Layout | None = None
) -> RawTable:
    """The table `name` of a source, as CSV or its kin unless the name says Parquet."""
    if name.lower().endswith(".parquet"):
        return read_parquet(source, name)
    return read_delimited(source, name, log, layout)


def require(table: RawTable, *columns: str) -> None:
    """Raises InvalidInput that names the missing columns and those that are there."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise InvalidInput(
            f"'{table.file}' needs the column{'s' if len(missing) > 1 else ''} "
            f"{' and '.join(missing)}; it has: {', '.join(table.columns)}."
        )
