"""The database file: opened, migrated if it is older, and its two kinds of transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.errors import DatabaseUnavailable
from db.migrations import bring_up_to_date

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""


def open_database(path: Path) -> "Database":
    """The database at `path`: created, or migrated after a backup, where needed.

    Missing folders are made for this user only (0700). Raises `DatabaseError` with a sentence when
    the file is not a FusionLens database, is newer than this code, or cannot be read.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as problem:
        raise DatabaseUnavailable(
            f"The database {path} cannot be opened ({problem.strerror}). "
            "Choose a workspace folder that you may write to."
        ) from problem
    bring_up_to_date(path)
    return Database(path)


class Database:
    """Short transactions on one SQLite file, from any thread or process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)
        self._reading = self._engine.execution_options(begin="BEGIN", query_only=1)
        self._writing = self._engine.execution_options(begin="BEGIN IMMEDIATE", query_only=0)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One snapshot: sees nothing that others commit meanwhile; a write in it raises."""
        with _plain_errors(self.path), Session(self._reading) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """The only writer while it lasts; commits at the end, rolls back when anything raises."""
        with _plain_errors(self.path), Session(self._writing) as session, session.begin():
            # Taken before the first read, so that what was read is still true when written.
            session.connection()
            yield session

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


def _engine(path: Path) -> Engine:
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS},
        pool_size=5,
        max_overflow=20,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, record: Any) -> None:
    # Python's driver would otherwise emit its own deferred BEGIN.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql(f"PRAGMA query_only = {options['query_only']}")
    connection.exec_driver_sql(options["begin"])


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Turn what the disk or other processes do to us into a sentence; defects pass unchanged."""
    try:
        yield
    except DBAPIError as problem:
        reason = str(problem.orig)
        for sign, sentence in _SENTENCES.items():
            if sign in reason:
                raise DatabaseUnavailable(f"The database {path} {sentence}") from problem
        raise


_SENTENCES = {
    "database is locked": "has been in use by another process for too long. Try again in a moment.",
    "disk is full": "cannot grow because the disk is full. Free some space and try again.",
    "disk I/O error": "cannot be read or written. Check the disk and its free space.",
    "unable to open": "cannot be opened. Check that the workspace folder still exists.",
    "malformed": "is damaged. Restore a copy from the 'backups' folder beside it.",
    "not a database": "is damaged. Restore a copy from the 'backups' folder beside it.",
}
