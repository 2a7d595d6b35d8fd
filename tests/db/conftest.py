from collections.abc import Iterator
from pathlib import Path

import pytest

from db.session import Database, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "home" / "fusionlens.db")
    yield opened
    opened.close()
