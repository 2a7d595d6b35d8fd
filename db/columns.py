"""Column types and expressions that behave alike on every database."""

import math
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Double
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, UTC in the database; a naive time is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class NanFloat(TypeDecorator[float]):
    """A float that may be NaN: SQLite stores NaN as NULL, so NULL reads as NaN."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        return None if value is None or math.isnan(value) else float(value)

    def process_result_value(self, value: float | None, dialect: Dialect) -> float:
        return math.nan if value is None else value


class database_seconds(FunctionElement[float]):  # noqa: N801  # reads as the SQL function it is
    """Seconds since 1970 by the clock of the database, so that all processes agree on leases."""

    type = Double()
    inherit_cache = True
    name = "database_seconds"


@compiles(database_seconds, "sqlite")
def _sqlite_seconds(element: Any, compiler: Any, **kw: Any) -> str:
    # unixepoch('subsec') needs SQLite 3.42.
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(database_seconds)
def _standard_seconds(element: Any, compiler: Any, **kw: Any) -> str:
    return "EXTRACT(EPOCH FROM CLOCK_TIMESTAMP())"
