"""Fast and careful reading give the same records, wherever a block happens to end."""

import csv
import gzip
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.data.archive import SourceFiles
from backend.data.ingest import _blocks
from backend.data.ingest._delimited import Layout, _Reader, read_delimited
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput

PIECE = st.sampled_from(["a", "ü", ",", '"', '""', "\n", "\r\n", "\r", "x y", "1", "\x00", "::"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


def _source(folder: Path, content: bytes) -> SourceFiles:
    (folder / "t").write_bytes(content)
    return SourceFiles({"t": folder / "t"}, trusted=True)


def _read(
    folder: Path, content: bytes, layout: Layout | None = None
) -> tuple[list[list[str]], list[int], ProblemLog]:
    log = ProblemLog()
    whole = read_delimited(_source(folder, content), "t", log, layout).whole()
    return whole.frame.to_numpy().tolist(), whole.lines.tolist(), log


@settings(deadline=None, max_examples=80)
@given(st.lists(PIECE, max_size=25))
def test_fast_and_careful_agree(folder: Path, pieces: list[str]) -> None:
    content = ("p,q\n" + "".join(pieces)).encode()
    either = _read(folder, content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Reader, "_fast", lambda self, block: None)
        careful = _read(folder, content)
    assert either[:2] == careful[:2]
    assert either[2].problems == careful[2].problems


@settings(deadline=None, max_examples=80)
@given(st.lists(PIECE, max_size=25), st.integers(1, 9))
def test_where_a_block_ends_does_not_matter(folder: Path, pieces: list[str], size: int) -> None:
    content = ("p,q\n" + "".join(pieces)).encode()
    whole = _read(folder, content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_blocks, "BLOCK", size)
        cut = _read(folder, content)
    assert cut[:2] == whole[:2]
    assert cut[2].problems == whole[2].problems


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.text(max_size=9), st.text(max_size=9)), min_size=1, max_size=9))
def test_lines_are_those_of_the_csv_reader(folder: Path, rows: list[tuple[str, str]]) -> None:
    buffer = StringIO()
    csv.writer(buffer).writerows([("p", "q"), *rows])
    text = buffer.getvalue().encode("utf-8", "replace").decode()
    reader = csv.reader(StringIO(text, newline=""))
    expected, before = [], 0
    for record in reader:
        expected.append((before + 1, record))
        before = reader.line_num
    _, lines, _ = _read(folder, text.encode())
    good = [line for line, record in expected[1:] if len(record) == 2]
    assert lines == good


def test_only_lines_that_are_not_utf8_are_read_as_windows_1252(folder: Path) -> None:
    content = b"p,q\n" + "é,1\n".encode() + "é,2\n".encode("cp1252") + "ü,3\n".encode()
    rows, _, log = _read(folder, content)
    assert rows == [["é", "1"], ["é", "2"], ["ü", "3"]]
    assert len(log.warnings) == 1
    _, _, log = _read(folder, content, Layout(legacy=True))
    assert log.warnings == []


def test_delimiters_of_several_characters_and_no_header(folder: Path) -> None:
    layout = Layout("::", header=("id", "title", "genres"), quoted=False)
    content = b'1::Toy "Story: x::Comedy|Fun\n2::A::B::C\n3::"::\n'
    rows, lines, log = _read(folder, content, layout)
    assert rows == [["1", 'Toy "Story: x', "Comedy|Fun"], ["3", '"', ""]]
    assert lines == [1, 3]
    assert [problem.row for problem in log.problems] == [2]
    first = ("id", "t")
    rows, lines, _ = _read(folder, b"id::t\n4::x\n", Layout("::"))
    assert (rows, lines) == ([["4", "x"]], [2])
    assert read_delimited(_source(folder, b"id::t\n"), "t", log, Layout("::")).columns == first


def test_what_is_too_much_belongs_to_the_last_column(folder: Path) -> None:
    layout = Layout(",", header=("item", "title"), spills=True)
    rows, _, log = _read(folder, b"1,One, two, three\n2,Two\n", layout)
    assert rows == [["1", "One, two, three"], ["2", "Two"]]
    assert log.problems == []


def test_an_endless_line_costs_no_memory_and_no_neighbour(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_blocks, "BLOCK", 100)
    monkeypatch.setattr(_blocks, "LONGEST_LINE", 250)
    content = b"p,q\n1,2\n" + b"x" * 5000 + b"\n3,4\n5,6\n"
    rows, lines, log = _read(folder, content)
    assert rows == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert lines == [2, 4, 5]
    assert {problem.row for problem in log.problems} == {3}


def test_old_line_breaks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_blocks, "BLOCK", 8)
    rows, lines, _ = _read(folder, b"p,q\r1,2\r3,4\r\r5,6")
    assert rows == [["1", "2"], ["3", "4"], ["5", "6"]]
    assert lines == [2, 3, 5]


def test_gzip_is_unpacked_on_the_way_and_a_bomb_is_refused(folder: Path) -> None:
    rows, lines, _ = _read(folder, gzip.compress(b"p,q\n1,2\n"))
    assert (rows, lines) == ([["1", "2"]], [2])
    with pytest.raises(InvalidInput, match="far more"):
        _read(folder, gzip.compress(b"p,q\n" + bytes(40 << 20)))
    for damaged in (gzip.compress(b"p,q\n1,2\n" * 99)[:-9], b"\x1f\x8bno gzip at all"):
        with pytest.raises(InvalidInput, match="damaged gzip"):
            _read(folder, damaged)


def test_the_head_is_enough_for_a_preview(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_blocks, "BLOCK", 10)
    source = SourceFiles(_source(folder, b"p,q\n1,2\n3,4\n5,6\n").files, trusted=True, head=True)
    assert read_delimited(source, "t", ProblemLog()).whole().frame.to_numpy().tolist() == [
        ["1", "2"]
    ]
