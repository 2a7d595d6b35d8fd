"""Alembic, driven without an ini file: one transaction for all steps, so a failure leaves none."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool


def known_versions() -> frozenset[str]:
    """All schema versions that this code can start from."""
    scripts = ScriptDirectory.from_config(_config())
    return frozenset(script.revision for script in scripts.walk_revisions())


def upgrade(path: Path, target: str = "head") -> None:
    """Bring the file to `target`; the caller holds the lock and has made a backup."""
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={"timeout": 120, "isolation_level": None},
    )
    with engine.connect() as connection:
        # Persistent in the file. Foreign keys stay off here: SQLite changes a table by rebuilding
        # it, and dropping the old one would delete what refers to it.
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        connection.exec_driver_sql("COMMIT")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
