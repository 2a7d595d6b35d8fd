from collections.abc import Iterator
from pathlib import Path

import pytest

from db.records import DatasetRecord, RunRecord
from db.session import Database, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "home" / "fusionlens.db")
    yield opened
    opened.close()


def dataset(name: str = "shop", **fields: object) -> DatasetRecord:
    known: dict[str, object] = {
        "fingerprint": "f" * 8,
        "source": "demo",
        "users": 3,
        "items": 4,
        "interactions": 5,
    }
    return DatasetRecord(name=name, **{**known, **fields})  # type: ignore[arg-type]


def run(dataset_id: str, **fields: object) -> RunRecord:
    known: dict[str, object] = {
        "name": "a run",
        "dataset_id": dataset_id,
        "dataset_fingerprint": "f" * 8,
        "model": "fused",
    }
    return RunRecord(**{**known, **fields})  # type: ignore[arg-type]
