"""Whatever lies in a folder: what is good comes in, the rest is told, and nothing crashes."""

import csv
import io
import struct
import tempfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.data.dataset import load_dataset
from backend.data.ingest import IMPORT_FORMATS, Imported, import_dataset, preview_source
from backend.errors import InvalidInput

BASES: dict[str, dict[str, bytes]] = {
    "plain": {
        "interactions.csv": b"user_id,item_id,rating,timestamp,split,review\nu,1,5,9,train,x\n",
        "items.csv": b"item_id,title,price,image\n1,One,2.5,a.jpg\n",
    },
    "mmrec": {
        "x.inter": b"userID\titemID\trating\ttimestamp\tx_label\n0\t0\t5\t9\t0\n",
        "i_id_mapping.csv": b"asin\titemID\nB0\t0\n",
        "u_id_mapping.csv": b"user_id\tuserID\nA0\t0\n",
    },
    "recbole": {
        "x.inter": b"user_id:token\titem_id:token\trating:float\nu\t1\t5\n",
        "x.item": b"item_id:token\ttitle:token_seq\tclass:token_seq\n1\tOne\ta b\n",
    },
    "movielens": {
        "ratings.dat": b"1::1::5::978300760\n",
        "movies.dat": b"1::Toy Story (1995)::Comedy\n",
        "tags.dat": b"1::1::fun::978300760\n",
    },
    "amazon": {
        "r.json": b'{"reviewerID": "u", "asin": "B0", "overall": 5, "unixReviewTime": 9}\n',
        "meta_r.json": b'{"asin": "B0", "title": "One"}\n',
    },
    "microlens": {
        "M_pairs.csv": b"user,item,timestamp\n1,1,1583378629552\n",
        "M_title_en.csv": b"1,One\n",
        "M_likes_and_views.txt": b"1\t2\t3\n",
        "M_comment_en.txt": b"1\t1\tnice\n",
    },
    "hm_kaggle": {
        "transactions_train.csv": b"t_dat,customer_id,article_id,price\n2020-01-01,u,01,0.1\n",
        "articles.csv": b"article_id,prod_name,detail_desc\n01,One,\n",
    },
}
CELL = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["", "a", "1", "0x1", "1e308", "-1e309", "nan", "inf", "=1+1", "\u202e", "\x00"]
    ),
)
TAIL = st.one_of(
    st.binary(max_size=120),
    st.lists(st.lists(CELL, max_size=6), max_size=8).map(
        lambda rows: "\n".join("\t".join(row) for row in rows).encode("utf-8", "replace")
    ),
    st.lists(
        st.sampled_from(
            [b"1", b"u", b"::", b",", b"\t", b"\n", b'"', b"\r", b"{", b"}", b"'", b":", b"\xff"]
        ),
        max_size=60,
    ).map(b"".join),
)


def _huge_png() -> bytes:
    """12,000 x 12,000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 12_000, 12_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IEND", b"")


def test_a_hostile_folder(bring_in: Callable[..., Imported], jpeg: bytes, tmp_path: Path) -> None:
    good = [f"u{n % 7},{'é' if n == 40 else n % 5},{n % 5 + 1}" for n in range(60)]
    events = [
        "user_id,item_id,rating",
        *good[:30],
        "ragged,1",
        "ragged,1,2,3,4",
        "",
        '"open quote in the middle"x,1,3',
        "u0,nowhere,3",
        f"{'long' * 40},1,3",
        *good[30:],
    ]
    images = ["good.jpg", "broken.jpg", "huge.png", "empty.jpg", "../../etc/passwd"]
    imported = bring_in(
        {
            "interactions.csv": "\n".join(events).encode("cp1252"),
            "items.csv": "item_id,title,image\n"
            + "".join(f"{n},Item {n},{image}\n" for n, image in enumerate(images))
            + "0,twice,\n,nameless,\né,Éclair,\n",
            "good.jpg": jpeg,
            "broken.jpg": jpeg[:200],
            "huge.png": _huge_png(),
            "empty.jpg": b"",
            "audio/1.wav": b"",
            "video/2.mp4": b"\x00" * 100,
            "empty.csv": b"",
            "notes.parquet": b"PAR1",
            "model.pkl": b"\x80\x04.",
            "image_feat.npy": b"",
            "deep/er/and/deeper.txt": b"x",
        }
    )
    dataset, validation = imported.dataset, imported.validation
    assert dataset.items["item_id"].tolist() == ["0", "1", "2", "3", "4", "é"]
    assert (dataset.items["image"] != "").tolist() == [True] + [False] * 5
    told = {(p.file, p.row, p.column) for p in validation.problems}
    assert {("interactions.csv", row, "") for row in (32, 33)} <= told
    assert ("interactions.csv", 36, "item_id") in told
    assert ("interactions.csv", 37, "user_id") in told
    assert {("items.csv", 7, "item_id"), ("items.csv", 8, "item_id")} <= told
    assert {("items.csv", row, "image") for row in (3, 4, 5, 6)} <= told
    assert {(p.column) for p in validation.problems} >= {"audio", "video"}
    assert any("pickle" in warning for warning in validation.warnings)
    assert any("Windows-1252" in warning for warning in validation.warnings)
    accepted = len(good) - validation.counts.get(
        "the same user, item and time were given before", 0
    )
    assert len(dataset.interactions) == accepted + 1  # the odd quote is but an odd name
    assert load_dataset(dataset.root).fingerprint == dataset.fingerprint
    assert not (tmp_path / "etc").exists()


def test_every_format_is_tried(folder: Callable[..., Path]) -> None:
    assert set(BASES) == set(IMPORT_FORMATS.names())


@pytest.mark.parametrize("name", sorted(BASES))
def test_the_world_of_each_format_is_recognised_and_complete(name: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        source = _written(Path(scratch), BASES[name])
        assert preview_source(source).format == name
        imported = import_dataset(source, Path(scratch) / "sets")
        assert (imported.validation.interactions, imported.validation.rejected) == (1, 0)


@pytest.mark.parametrize("name", sorted(BASES))
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_anything_behind_a_good_beginning(name: str, data: st.DataObject) -> None:
    """The good row stays, whatever follows in any of the files; or one sentence says why not."""
    tails = {file: data.draw(TAIL, label=file) for file in BASES[name]}
    with tempfile.TemporaryDirectory() as scratch:
        files = {file: content + tails[file] for file, content in BASES[name].items()}
        source = _written(Path(scratch), files)
        try:
            imported = import_dataset(source, Path(scratch) / "sets", format=name)
        except InvalidInput:
            return
        assert imported.validation.interactions >= 1
        assert load_dataset(imported.dataset.root).n_items >= 1
        preview_source(source, name)


@pytest.mark.parametrize("name", sorted(BASES))
@settings(deadline=None, max_examples=15)
@given(data=st.data())
def test_any_bytes_for_any_file(name: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        files = dict(BASES[name])
        files[data.draw(st.sampled_from(sorted(files)))] = data.draw(TAIL)
        source = _written(Path(scratch), files)
        for format in ("auto", name):
            try:
                import_dataset(source, Path(scratch) / "sets", format=format)
            except InvalidInput:
                continue
        with suppress(InvalidInput):  # a sentence is an answer too
            preview_source(source)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["u", "v", "", "x" * 200, "ü"]),
            st.sampled_from(["1", "2", "", "9", " 1 "]),
            st.sampled_from(["5", "", "nan", "1e400", "-3.5", "five"]),
            st.sampled_from(["", "0", "1700000000", "2024-02-30", "2024-02-29", "-1", "1e30"]),
        ),
        max_size=12,
    )
)
def test_every_row_is_accepted_or_told(rows: list[tuple[str, str, str, str]]) -> None:
    buffer = io.StringIO()
    table = [("user_id", "item_id", "rating", "timestamp"), ("k", "1", "1", "1700000001"), *rows]
    csv.writer(buffer).writerows(table)
    with tempfile.TemporaryDirectory() as scratch:
        files = {"interactions.csv": buffer.getvalue().encode(), "items.csv": b"item_id\n1\n2\n"}
        imported = import_dataset(_written(Path(scratch), files), Path(scratch) / "sets")
    assert imported.validation.interactions + imported.validation.rejected == len(rows) + 1
    assert np.isfinite(imported.dataset.interactions["rating"]).all()
    assert {problem.row for problem in imported.validation.problems} <= set(range(3, len(rows) + 3))


def _written(scratch: Path, files: dict[str, bytes]) -> Path:
    source = scratch / "source"
    source.mkdir(exist_ok=True)
    for name, content in files.items():
        (source / name).write_bytes(content)
    return source
