"""The handle that every workflow takes: where things live, and the database."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backend.settings import Settings
from db.session import Database, open_database


@dataclass(frozen=True)
class Workspace:
    """One workspace directory with its opened, migrated database."""

    settings: Settings
    database: Database


def open_workspace(home: Path | None = None) -> Workspace:
    """The workspace at `home` (else FUSIONLENS_HOME, else ./workspace), created where absent.

    Opened once per process and directory.
    """
    return _open(Settings.from_env(home))


@lru_cache(maxsize=8)
def _open(settings: Settings) -> Workspace:
    for folder in (
        settings.home,
        settings.datasets,
        settings.features,
        settings.aligned,
        settings.runs,
        settings.logs,
        settings.uploads,
    ):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Workspace(settings, open_database(settings.database))
