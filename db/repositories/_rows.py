"""Between a table's columns and a record's fields of the same names."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Delete, Insert, Select, Update, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import CursorResult, RowMapping
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.errors import RecordNotFound
from db.tables import Base

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")


def values_of(record: "DataclassInstance", table: type[Base]) -> dict[str, Any]:
    """The record's fields that are columns of `table`."""
    columns = table.__table__.columns
    return {
        f.name: getattr(record, f.name) for f in dataclasses.fields(record) if f.name in columns
    }


def record_of(kind: type[R], row: RowMapping, **other: object) -> R:
    """The record with the fields that `row` holds; `other` overrides or adds fields."""
    known = {f.name: row[f.name] for f in dataclasses.fields(kind) if f.name in row}
    return kind(**{**known, **other})


def columns(table: type[Base]) -> Select[Any]:
    """`SELECT` of all columns, past the session's identity map: always what the database says."""
    return select(table.__table__)


def upsert(session: Session, table: type[Base], records: Sequence["DataclassInstance"]) -> None:
    """Insert, or overwrite the rows of the same primary key."""
    if not records:
        return
    keys = [column.name for column in table.__table__.primary_key]
    statement = insert(table)
    fresh = {c.name: c for c in statement.excluded if c.name not in keys}
    statement = statement.on_conflict_do_update(index_elements=keys, set_=fresh)
    session.execute(statement, [values_of(record, table) for record in records])


def change(session: Session, statement: Insert | Update | Delete) -> int:
    """Execute and count the rows that were changed."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount


def whole_id(session: Session, column: InstrumentedAttribute[str], prefix: str, what: str) -> str:
    """The one identifier that starts with `prefix`; none or several: `RecordNotFound`."""
    matches: ColumnElement[bool] = column.startswith(prefix, autoescape=True)
    found = session.scalars(select(column).where(matches).limit(2)).all() if prefix else []
    exact = session.scalar(select(column).where(column == prefix))
    if exact is not None:
        return exact
    if len(found) == 1:
        return found[0]
    if found:
        raise RecordNotFound(f"Several {what}s start with '{prefix}'. Give more of the identifier.")
    raise RecordNotFound(f"There is no {what} '{prefix}'. List the {what}s to see which there are.")
