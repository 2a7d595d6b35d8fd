"""Tables whose columns were given their roles by hand."""

from collections.abc import Mapping

from backend.data.archive import SourceFiles
from backend.data.ingest._base import RawTable, RawTables
from backend.data.ingest._tables import read_table
from backend.data.mapping import ColumnMapping
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.schema import Col


def read_mapped(source: SourceFiles, mapping: ColumnMapping, log: ProblemLog) -> RawTables:
    """The two tables that `mapping` names. Raises InvalidInput for a file or column not there."""
    mapping.require()
    events = _table(source, mapping.interactions, log)
    roles = _roles(events, mapping.interaction_columns)
    spare = [column for column in events.columns if column not in roles]
    if spare:
        log.warn(f"Columns of '{events.file}' that are not used: {', '.join(spare)}.")
    return RawTables(_items(source, mapping, log), events.renamed(roles))


def _items(source: SourceFiles, mapping: ColumnMapping, log: ProblemLog) -> RawTable | None:
    if not mapping.items:
        log.warn("There is no items file, so items are known by their identifier only.")
        return None
    table = _table(source, mapping.items, log)
    roles = _roles(table, mapping.item_columns)
    names = dict(roles)
    for column in table.columns:
        if column not in roles:
            names[column] = _attribute(column, {*table.columns, *names.values()} - {column})
    return table.renamed({column: names[column] for column in table.columns})


def _attribute(column: str, taken: set[str]) -> str:
    """A column without a role must not slip into one by its name."""
    while column in taken or column.lower() in set(Col):
        column += "_"
    return column


def _table(source: SourceFiles, file: str, log: ProblemLog) -> RawTable:
    if file not in source.files:
        raise InvalidInput(f"There is no file '{file}'; found: {source.listing()}.")
    return read_table(source, file, log)


def _roles(table: RawTable, columns: Mapping[Col, str]) -> dict[str, str]:
    """Column -> role."""
    roles: dict[str, str] = {}
    for role, column in columns.items():
        if not column:
            continue
        if column not in table.columns:
            raise InvalidInput(
                f"'{table.file}' has no column '{column}'; it has: {', '.join(table.columns)}."
            )
        if column in roles:
            both = f"{roles[column]} and {role}"
            raise InvalidInput(f"The column '{column}' of '{table.file}' cannot be both {both}.")
        roles[column] = str(role)
    return roles
