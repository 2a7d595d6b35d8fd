import multiprocessing
import stat
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db.errors import DatabaseUnavailable
from db.session import Database, open_database


def _counter(path: Path) -> Database:
    database = open_database(path)
    with database.write() as session:
        session.execute(text("CREATE TABLE counter (n INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))
    return database


def _count_up(path: Path, times: int) -> None:
    database = open_database(path)
    for _ in range(times):
        with database.write() as session:
            # Read first, then write what was read: a deferred transaction would lose or lock.
            n = session.scalar(text("SELECT n FROM counter"))
            session.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})


def test_six_processes_lose_no_write_and_see_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    database = _counter(path)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_count_up, args=(path, 200)) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * 6
    with database.read() as session:
        assert session.scalar(text("SELECT n FROM counter")) == 6 * 200


def _fail_half_way(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
        raise ZeroDivisionError


def test_an_error_rolls_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(database)
    with database.read() as session:
        names = session.scalars(text("SELECT name FROM sqlite_master WHERE name = 't'")).all()
    assert names == []


def test_reading_sees_one_snapshot(tmp_path: Path) -> None:
    database = _counter(tmp_path / "x.db")
    with database.read() as reader:
        assert reader.scalar(text("SELECT n FROM counter")) == 0
        with database.write() as writer:
            writer.execute(text("UPDATE counter SET n = 1"))
        assert reader.scalar(text("SELECT n FROM counter")) == 0
    with database.read() as reader:
        assert reader.scalar(text("SELECT n FROM counter")) == 1


def test_writing_while_reading_is_refused(tmp_path: Path) -> None:
    database = _counter(tmp_path / "x.db")
    with pytest.raises(OperationalError), database.read() as session:
        session.execute(text("UPDATE counter SET n = 1"))
    with database.write() as session:
        session.execute(text("UPDATE counter SET n = 2"))


def test_settings_of_the_connection(database: Database) -> None:
    with database.write() as session:
        values = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    full = 2
    assert values == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_folder_and_file_are_for_this_user_only(database: Database) -> None:
    assert stat.S_IMODE(database.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(database.path.stat().st_mode) == 0o600


def _fill(database: Database) -> None:
    with database.write() as session:
        pages = session.scalar(text("PRAGMA page_count"))
        session.execute(text(f"PRAGMA max_page_count = {pages}"))
        session.execute(text("CREATE TABLE big (content TEXT)"))
        session.execute(text("INSERT INTO big VALUES (:content)"), {"content": "x" * 10**6})


def test_a_full_disk_is_a_sentence(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match="disk is full"):
        _fill(database)
    database.close()
    with database.read() as session:
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailable, match="Choose a workspace folder"):
        open_database(tmp_path / "file" / "x.db")


def test_a_damaged_file_is_a_sentence(database: Database) -> None:
    database.close()
    content = bytearray(database.path.read_bytes())
    content[4096 * 2 :] = b"\xff" * (len(content) - 4096 * 2)
    database.path.write_bytes(content)
    with pytest.raises(DatabaseUnavailable, match="damaged"), database.read() as session:
        session.execute(text("SELECT count(*) FROM datasets, runs, jobs, epochs"))


def _open_at(path: Path, moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))
    open_database(path).close()


def test_processes_that_open_a_fresh_database_together_all_succeed(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    moment = time.time() + 2.5
    openers = [
        spawn.Process(target=_open_at, args=(tmp_path / "home" / "x.db", moment)) for _ in range(3)
    ]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert [opener.exitcode for opener in openers] == [0] * 3
