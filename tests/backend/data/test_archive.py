import gzip
import stat
import zipfile
from collections import deque
from pathlib import Path

import pytest

from backend.data.archive import ArchiveLimits, SourceFiles, open_source
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput


def _zip(path: Path, entries: list[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def _open(
    source: Path, tmp_path: Path, limits: ArchiveLimits | None = None
) -> tuple[SourceFiles, list[str]]:
    log = ProblemLog()
    return open_source(source, tmp_path / "scratch", log, limits), log.warnings


def test_a_zip_with_one_top_folder_reads_like_the_folder(tmp_path: Path) -> None:
    source = _zip(
        tmp_path / "a.zip",
        [
            ("shop/v1/items.csv", b"item_id\n"),
            ("shop/v1/images/a.jpg", b"x"),
            ("__MACOSX/._a", b""),
        ],
    )
    files, warnings = _open(source, tmp_path)
    assert set(files.files) == {"items.csv", "images/a.jpg"}
    assert files.files["images/a.jpg"].read_bytes() == b"x"
    assert not files.trusted
    assert warnings == []


@pytest.mark.parametrize(
    "name", ["../evil.csv", "/tmp/evil.csv", "a/../../evil.csv", "..\\evil.csv", "C:/evil.csv"]
)
def test_names_never_lead_out(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    source = _zip(inner / "a.zip", [(name, b"evil"), ("items.csv", b"item_id\n")])
    files, warnings = _open(source, inner)
    assert set(files.files) == {"items.csv"}
    assert len(warnings) == 1
    written = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert written <= {"a.zip", "00000000"}


def test_links_duplicates_and_other_kinds_are_left_out(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("images/link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.warns(UserWarning, match="Duplicate name"):
        source = _zip(
            tmp_path / "a.zip",
            [
                (link, b"/etc/passwd"),
                ("items.csv", b"first"),
                ("items.csv", b"second"),
                ("model.pkl", b"x"),
                ("inner.zip", b"x"),
            ],
        )
    files, warnings = _open(source, tmp_path)
    assert set(files.files) == {"items.csv"}
    assert files.files["items.csv"].read_bytes() == b"first"
    assert len(warnings) == 4


def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path: Path) -> None:
    source = _zip(tmp_path / "a.zip", [("items.csv", bytes(64 << 20))])
    assert source.stat().st_size < 100_000
    with pytest.raises(InvalidInput, match="refused"):
        _open(source, tmp_path)
    written = sum(p.stat().st_size for p in (tmp_path / "scratch").rglob("*"))
    assert written < 16 << 20


def test_caps_on_entries_and_bytes(tmp_path: Path) -> None:
    source = _zip(tmp_path / "a.zip", [(f"{n}.csv", b"abc") for n in range(4)])
    with pytest.raises(InvalidInput, match="entries"):
        _open(source, tmp_path, ArchiveLimits(entries=3))
    with pytest.raises(InvalidInput, match="larger"):
        _open(source, tmp_path, ArchiveLimits(total_bytes=11))
    with pytest.raises(InvalidInput, match="refused"):
        _open(source, tmp_path, ArchiveLimits(entry_bytes=2))


def test_unbounded_compressions_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("items.csv", b"item_id")
    with pytest.raises(InvalidInput, match="deflate"):
        _open(tmp_path / "a.zip", tmp_path)


def test_damaged_and_foreign_files(tmp_path: Path) -> None:
    source = _zip(tmp_path / "a.zip", [("items.csv", b"item_id\n" * 1000)])
    content = bytearray(source.read_bytes())
    content[45] ^= 0xFF
    source.write_bytes(content)
    with pytest.raises(InvalidInput, match="damaged"):
        _open(source, tmp_path)
    (tmp_path / "b.zip").write_bytes(b"no zip at all")
    with pytest.raises(InvalidInput, match="neither"):
        _open(tmp_path / "b.zip", tmp_path)
    with pytest.raises(InvalidInput, match="no folder or file"):
        _open(tmp_path / "c.zip", tmp_path)


def test_a_folder_is_read_in_place_without_what_lies_outside(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "images").mkdir(parents=True)
    (folder / "items.csv").write_text("item_id\n")
    (tmp_path / "secret.jpg").write_text("secret")
    (folder / "images" / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "images" / "in.jpg").symlink_to(folder / "items.csv")
    files, warnings = _open(folder, tmp_path)
    assert set(files.files) == {"items.csv", "images/in.jpg"}
    assert files.trusted
    assert len(warnings) == 1
    assert not (tmp_path / "scratch").exists()


def test_gzip_files_go_by_the_name_of_what_they_hold(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "reviews.json.gz").write_bytes(gzip.compress(b"{}\n"))
    (folder / "items.csv.gz").write_bytes(gzip.compress(b"packed\n"))
    (folder / "items.csv").write_text("unpacked\n")
    for source in (folder, _zip_of(folder, tmp_path / "a.zip")):
        files, warnings = _open(source, tmp_path / f"from-{source.name}")
        assert set(files.files) == {"reviews.json", "items.csv"}
        with files.stream("reviews.json") as stream:
            assert stream.read() == b"{}\n"
        with files.stream("items.csv") as stream:
            assert stream.read() == b"unpacked\n"
        assert len(warnings) == 1


def _zip_of(folder: Path, archive: Path) -> Path:
    return _zip(archive, [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())])


def test_a_bomb_within_a_zip_is_refused_when_it_is_read(tmp_path: Path) -> None:
    source = _zip(tmp_path / "a.zip", [("r.json.gz", gzip.compress(bytes(40 << 20)))])
    files, _ = _open(source, tmp_path)
    with files.stream("r.json") as stream, pytest.raises(InvalidInput, match="far more"):
        deque(iter(lambda: stream.read(1 << 20), b""), maxlen=0)
    small = ArchiveLimits(entry_bytes=5)
    table = _zip(tmp_path / "b.zip", [("r.csv.gz", gzip.compress(b"a,b\n1,2\n"))])
    files, _ = _open(table, tmp_path / "b")
    with files.stream("r.csv", small) as stream, pytest.raises(InvalidInput, match="far more"):
        stream.read()


@pytest.mark.parametrize("name", ["model.pkl", "model.pt", "model.PTH", "features.pickle.gz"])
def test_pickles_are_refused_in_words(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / name).write_bytes(b"x")
    (folder / "items.csv").write_text("item_id\n")
    for source in (folder, _zip_of(folder, tmp_path / "a.zip")):
        files, warnings = _open(source, tmp_path / f"from-{source.name}")
        assert set(files.files) == {"items.csv"}
        assert [("pickle" in warning, ".npy" in warning) for warning in warnings] == [(True, True)]
    with pytest.raises(InvalidInput, match="pickle"):
        _open(folder / name, tmp_path)


def test_a_single_table_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "orders.tsv").write_text("a\n")
    files, _ = _open(tmp_path / "orders.tsv", tmp_path)
    assert list(files.files) == ["orders.tsv"]
    assert not files.trusted


def test_files_are_found_by_pattern_the_highest_first() -> None:
    files = SourceFiles({n: Path(n) for n in ("deep/a/x.Inter", "b/y.inter", "z.csv")}, True)
    assert files.find("*.inter") == "b/y.inter"
    assert files.find("none.*", "Z.*") == "z.csv"
    assert files.find("*.npy") is None
