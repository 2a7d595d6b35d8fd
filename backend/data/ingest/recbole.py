"""RecBole's atomic files: columns `name:type`, separated by tabs."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from backend.data.archive import SourceFiles
from backend.data.ingest._base import IMPORT_FORMATS, ImportFormat, RawChunk, RawTable, RawTables
from backend.data.ingest._blocks import first_line
from backend.data.ingest._delimited import Layout
from backend.data.ingest._tables import read_table, require
from backend.data.roles import INTERACTION_ROLES, ITEM_ROLES, roles_by_name
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col, SplitName
from models.config import Config

_BENCHMARK: Final = {
    SplitName.TRAIN: "*.train.inter",
    SplitName.VALIDATION: "*.valid.inter",
    SplitName.TEST: "*.test.inter",
}
_PROSE: Final = (Col.TITLE, Col.TEXT)


@IMPORT_FORMATS.register(
    "recbole",
    config=Config,
    title="RecBole",
    summary="Atomic files NAME.inter and NAME.item with typed columns such as user_id:token.",
)
class RecBoleFormat(ImportFormat):
    """`NAME.train.inter`, `.valid.inter`, `.test.inter` in its place keep their split."""

    def recognises(self, source: SourceFiles) -> bool:
        name = source.find("*.inter")
        return name is not None and ":token" in first_line(source, name)

    def read(self, source: SourceFiles, log: ProblemLog, report: Report) -> RawTables:
        benchmark = {split: source.find(pattern) for split, pattern in _BENCHMARK.items()}
        names = {split: name for split, name in benchmark.items() if name}
        if names:
            parts = [_with_split(_interactions(source, n, log), s) for s, n in names.items()]
            return RawTables(_items(source, log), _joined(parts))
        name = source.find("*.inter")
        if name is None:
            raise InvalidInput(f"There is no .inter file; found: {source.listing()}.")
        return RawTables(_items(source, log), _interactions(source, name, log))


def _interactions(source: SourceFiles, name: str, log: ProblemLog) -> RawTable:
    table = read_table(source, name, log, Layout("\t"))
    plain = table.renamed({column: column.partition(":")[0] for column in table.columns})
    roles = roles_by_name(plain.columns, INTERACTION_ROLES)
    found = plain.renamed({column: str(role) for column, role in roles.items()})
    require(found, Col.USER_ID, Col.ITEM_ID)
    spare = [column for column in plain.columns if column not in roles]
    if spare:
        log.warn(f"Columns of '{name}' that are not used: {', '.join(spare)}.")
    return found


def _items(source: SourceFiles, log: ProblemLog) -> RawTable | None:
    name = source.find("*.item")
    if name is None:
        log.warn("There is no .item file, so items are known by their identifier only.")
        return None
    table = read_table(source, name, log, Layout("\t"))
    kinds = dict(column.partition(":")[::2] for column in table.columns)
    vectors = [column for column, kind in kinds.items() if kind == "float_seq"]
    if vectors:
        log.warn(f"Columns of '{name}' that are not used: {', '.join(vectors)}.")
    plain = table.renamed({column: column.partition(":")[0] for column in table.columns})
    roles = roles_by_name(kinds, ITEM_ROLES)
    names = {c: str(roles.get(c, c)) for c in plain.columns if c not in vectors}
    lists = [names[c] for c in names if kinds[c] == "token_seq" and roles.get(c) not in _PROSE]
    found = plain.renamed(names)
    require(found, Col.ITEM_ID)
    return found.changed(found.columns, lambda frame: _barred(frame, lists))


def _barred(frame: pd.DataFrame, lists: list[str]) -> pd.DataFrame:
    """Several tokens, which RecBole parts by blanks, parted by bars."""
    joined = {c: frame[c].str.strip().str.replace(r"\s+", "|", regex=True) for c in lists}
    return frame.assign(**joined)


def _with_split(table: RawTable, split: SplitName) -> RawTable:
    columns = tuple(column for column in table.columns if column != Col.SPLIT)
    return table.changed(
        (*columns, Col.SPLIT), lambda frame: frame[list(columns)].assign(split=str(split))
    )


def _joined(parts: list[RawTable]) -> RawTable:
    def chunks() -> Iterator[RawChunk]:
        for part in parts:
            yield from part.chunks

    return RawTable(parts[0].file, parts[0].columns, chunks())
