import csv
import tempfile
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.data.archive import SourceFiles
from backend.data.ingest import RawChunk, import_dataset
from backend.data.ingest._tables import read_table
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput

CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\r"), max_size=12)


def _read(content: bytes) -> tuple[RawChunk, ProblemLog]:
    log = ProblemLog()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(content)
        return read_table(SourceFiles({"t.csv": path}, trusted=True), "t.csv", log).whole(), log


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=8))
def test_whatever_a_csv_writer_writes_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    buffer = StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    table, log = _read(buffer.getvalue().encode())
    assert [tuple(row) for row in table.frame.itertuples(index=False)] == rows
    assert log.problems == []


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(st.sampled_from(["x", "y z", "ü", "1"]), min_size=1, max_size=4)))
def test_ragged_records_are_told_by_their_line(rows: list[list[str]]) -> None:
    text = "a,b\n" + "".join(",".join(row) + "\n" for row in rows)
    table, log = _read(text.encode())
    good = [(line, row) for line, row in enumerate(rows, start=2) if len(row) == 2]
    assert table.frame.to_numpy().tolist() == [row for _, row in good]
    assert table.lines.tolist() == [line for line, _ in good]
    bad = [line for line, row in enumerate(rows, start=2) if len(row) != 2]
    assert [problem.row for problem in log.problems] == bad


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_data_set_or_a_reason(tail: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"
        source.mkdir()
        (source / "interactions.csv").write_bytes(
            b"user_id,item_id,rating,timestamp\nu,i,1,2\n" + tail
        )
        imported = import_dataset(source, Path(folder) / "datasets")
    assert imported.validation.interactions >= 1


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=100))
def test_any_bytes_as_a_whole_file(content: bytes) -> None:
    try:
        table, _ = _read(content)
    except InvalidInput:
        return
    assert len(table.frame) == len(table.lines)


def test_lines_are_counted_through_line_breaks_and_blank_lines() -> None:
    table, log = _read(b'a,b\n"x\ny",1\n\n2,3\n4\n5,6\n')
    assert table.lines.tolist() == [2, 5, 7]
    assert [problem.row for problem in log.problems] == [6]


def test_a_quote_that_never_ends_costs_its_record_only_once() -> None:
    table, log = _read(b'a,b\n1,2\n"3,4\n5,6\n')
    assert table.frame.to_numpy().tolist() == [["1", "2"]]
    assert [problem.row for problem in log.problems] == [3]


def test_a_field_beyond_the_limit_is_reported() -> None:
    table, log = _read(b"a,b\n1,2\n3," + b"x" * (5 << 20) + b"\n5,6\n")
    assert table.frame.to_numpy().tolist() == [["1", "2"], ["5", "6"]]
    assert log.rejected == 1


def test_columns_without_name_or_twice_are_left_out() -> None:
    table, log = _read(b" a ,,a,b\n1,2,3,4\n")
    assert table.frame.to_dict("list") == {"a": ["1"], "b": ["4"]}
    assert len(log.warnings) == 2


def test_parquet_types_become_text(tmp_path: Path) -> None:
    moment = pa.array([1_600_000_000, None], pa.timestamp("s"))
    pq.write_table(
        pa.table(
            {
                "n": [7, None],
                "f": [1.0, float("nan")],
                "s": ["007", None],
                "l": [["a", "b"], None],
                "t": moment,
                "b": [True, None],
            }
        ),
        tmp_path / "t.parquet",
    )
    source = SourceFiles({"t.parquet": tmp_path / "t.parquet"}, trusted=True)
    table = read_table(source, "t.parquet", ProblemLog()).whole()
    assert table.frame.to_dict("list") == {
        "n": ["7", ""],
        "f": ["1", "nan"],
        "s": ["007", ""],
        "l": ["a|b", ""],
        "t": ["2020-09-13T12:26:40", ""],
        "b": ["true", ""],
    }
    assert table.lines.tolist() == [2, 3]


@pytest.mark.parametrize("content", [b"", b"\n", b",,\n", b"\xef\xbb\xbf"])
def test_a_file_without_header_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        _read(content)
