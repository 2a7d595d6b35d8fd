import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from db import migrations
from db.errors import DatabaseError
from db.migrations.alembic_run import known_versions
from db.repositories import Datasets, Jobs, Runs
from db.session import open_database
from db.tables import Base

FIXTURES = Path(__file__).parent / "fixtures"
OLDER = sorted(FIXTURES.glob("schema_*.sql"))


def _old_database(dump: Path, folder: Path) -> Path:
    path = folder / "fusionlens.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    return path


def _indexes(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
        return {name: " ".join(sql.split()) for name, sql in rows if sql}


def _assert_equals_the_tables(path: Path, folder: Path) -> None:
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
        assert "alembic_version" in inspect(connection).get_table_names()
    # Alembic does not compare the WHERE of a partial index.
    fresh = folder / "from_tables.db"
    Base.metadata.create_all(create_engine(f"sqlite:///{fresh}"))
    assert _indexes(path) == _indexes(fresh)


def test_a_fresh_database_equals_the_tables(tmp_path: Path) -> None:
    open_database(tmp_path / "x.db").close()
    _assert_equals_the_tables(tmp_path / "x.db", tmp_path)
    assert not (tmp_path / "backups").exists()


def test_head_is_the_newest_version() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_heads() == [migrations.HEAD]


def test_every_older_version_has_a_frozen_fixture() -> None:
    frozen = {dump.stem.removeprefix("schema_") for dump in OLDER}
    assert frozen == known_versions() - {migrations.HEAD}


@pytest.mark.parametrize("dump", OLDER, ids=lambda dump: dump.stem)
def test_an_older_database_is_backed_up_and_migrated(dump: Path, tmp_path: Path) -> None:
    path = _old_database(dump, tmp_path)
    database = open_database(path)
    with database.read() as session:
        (shop,) = Datasets(session).list()
        (run,) = Runs(session).list()
        (job,) = Jobs(session).list()
        assert [epoch.loss for epoch in Runs(session).epochs(run.id)] == [0.7, 0.5]
    assert (shop.name, run.dataset_id, job.run_id) == ("Robe d'été 👗", shop.id, run.id)
    assert run.metrics == {"ndcg@20": 0.25}
    database.close()
    _assert_equals_the_tables(path, tmp_path)
    (backup,) = (tmp_path / "backups").iterdir()
    with closing(sqlite3.connect(backup)) as connection:
        version = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        names = connection.execute("SELECT name FROM datasets").fetchall()
    assert (f"schema_{version}", names) == (dump.stem, [("Robe d'été 👗",)])


def test_a_migration_that_fails_leaves_the_old_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _old_database(OLDER[0], tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        # In the way of what a later step creates.
        connection.execute("CREATE TABLE added_items (x INTEGER)")
        before = list(connection.iterdump())
    with pytest.raises(Exception, match="already exists"):
        open_database(path)
    with closing(sqlite3.connect(path)) as connection:
        assert list(connection.iterdump()) == before


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    open_database(path).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match=r"newer FusionLens .* Update FusionLens"):
        open_database(path)
    assert not (tmp_path / "backups").exists()


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x INTEGER)")
    with pytest.raises(DatabaseError, match="another program"):
        open_database(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(b"Dear diary, " * 100)
    with pytest.raises(DatabaseError, match="not a database"):
        open_database(path)
    assert path.read_bytes() == b"Dear diary, " * 100


def test_an_up_to_date_database_opens_without_alembic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_database(tmp_path / "x.db").close()
    monkeypatch.setattr(migrations, "_upgrade", lambda *_: pytest.fail("migrated again"))
    open_database(tmp_path / "x.db").close()
