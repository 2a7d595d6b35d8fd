from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.jobs.queue import Queue
from backend.settings import Settings
from db.session import Database, open_database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings.database)
    yield opened
    opened.close()


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database)
