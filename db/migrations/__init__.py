"""Schema versions: `versions/NNNN_*.py`, applied in order by Alembic.

A new version: change `db/tables.py`, add a file with the next number, raise `HEAD`, and freeze the
schema before it as `tests/db/fixtures/schema_NNNN.sql`. The tests compare the outcome with the
tables.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from db.errors import DatabaseError, DatabaseUnavailable

HEAD = "0007"
"""The newest version in `versions`; a constant, because importing Alembic takes longer than asking
the database."""

WAIT_SECONDS = 120
"""How long to wait for another process that is migrating."""


def bring_up_to_date(path: Path) -> None:
    """Migrate the file at `path` (may be empty) to `HEAD`; an older one is backed up first."""
    try:
        if _version(path) == HEAD:
            return
        with FileLock(path.with_name(path.name + ".lock"), timeout=WAIT_SECONDS, mode=0o600):
            version = _version(path)
            if version != HEAD:
                _upgrade(path, version)
    except sqlite3.OperationalError as problem:
        raise DatabaseUnavailable(f"The database {path} cannot be opened: {problem}.") from problem
    except sqlite3.DatabaseError as problem:
        raise DatabaseError(
            f"{path} is not a database or is damaged. Move it away, or restore a copy from the "
            "'backups' folder beside it."
        ) from problem


def _version(path: Path) -> str | None:
    """The schema version of the file, None if it is empty."""
    with closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise DatabaseError(
                f"{path} is a database of another program. Choose another workspace folder."
            )
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def _upgrade(path: Path, version: str | None) -> None:
    from db.migrations.alembic_run import known_versions, upgrade

    if version is not None:
        if version not in known_versions():
            raise DatabaseError(
                f"The database {path} was written by a newer FusionLens (schema {version}, this "
                f"one knows {HEAD}). Update FusionLens, or choose another workspace folder."
            )
        back_up(path, version)
    upgrade(path)


def back_up(path: Path, version: str) -> Path:
    """A compact copy in the folder `backups` beside the database; returns where."""
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    copy = folder / f"{path.stem}-schema{version}-{moment}.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    return copy
