import os
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from backend.data.dataset import load_dataset
from backend.data.ingest import IMPORT_FORMATS, Imported, import_dataset
from backend.durable import file_sha256
from backend.errors import Cancelled, InvalidInput
from backend.schema import Modality
from models.errors import ConfigError
from tests.recordings import clip_bytes, moving, sound_bytes, tone

REAL = Path(os.environ.get("FUSIONLENS_REAL_DATA", "../shared/data"))


def _picture(colour: str, side: int = 20) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (side, side), colour).save(buffer, "PNG")
    return buffer.getvalue()


def _folder(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def _import(tmp_path: Path, files: dict[str, str | bytes]) -> Imported:
    return import_dataset(_folder(tmp_path / "source", files), tmp_path / "datasets")


def _reasons(imported: Imported) -> list[tuple[int | None, str]]:
    return [(p.row, p.reason) for p in imported.validation.problems]


GOOD: dict[str, str | bytes] = {
    "items.csv": (
        'item_id,title,price,image,Colour\n007,"Boot, ""high""",9.5,pics/a.png,red\n8,Shoe,,,\n'
    ),
    "interactions.csv": (
        "user_id,item_id,rating,timestamp,split\n"
        "00u,8,4,10,train\n"
        "v,007,2.5,20,val\n"
        "00u,007,5,30,test\n"
    ),
    "pics/a.png": _picture("red"),
}


def test_a_good_folder(tmp_path: Path) -> None:
    imported = _import(tmp_path, GOOD)
    dataset, validation = imported.dataset, imported.validation
    assert validation.rejected == 0
    assert validation.problems == ()
    assert validation.warnings == ()
    assert (validation.items, validation.users) == (2, 2)
    assert (validation.interactions, validation.pictures) == (3, 1)
    assert dataset.root == tmp_path / "datasets" / dataset.fingerprint
    assert dataset.items["item_id"].tolist() == ["007", "8"]
    assert dataset.items["title"].tolist() == ['Boot, "high"', "Shoe"]
    assert dataset.items["price"].tolist()[0] == 9.5
    assert np.isnan(dataset.items["price"].iat[1])
    assert dataset.attributes == ("Colour",)
    assert dataset.user_ids.tolist() == ["00u", "v"]
    rows = dataset.interactions
    assert rows["user_num"].tolist() == [0, 1, 0]
    assert rows["item_num"].tolist() == [1, 0, 0]
    assert rows["rating"].dtype == np.float32
    assert rows["timestamp"].tolist() == [10, 20, 30]
    assert rows["split"].tolist() == ["train", "validation", "test"]
    path = dataset.image_path(0)
    assert path is not None
    assert path.stem == dataset.items["image"].iat[0]
    assert path.exists()
    assert dataset.image_path(1) is None
    pd.testing.assert_frame_equal(load_dataset(dataset.root).items, dataset.items)


def test_zip_folder_and_parquet_give_the_same_data_set(tmp_path: Path) -> None:
    first = _import(tmp_path, GOOD).dataset
    source = tmp_path / "source"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for path in source.rglob("*.*"):
            archive.write(path, f"top/{path.relative_to(source)}")
    zipped = import_dataset(tmp_path / "a.zip", tmp_path / "datasets").dataset
    assert (zipped.fingerprint, zipped.root) == (first.fingerprint, first.root)
    for name in ("items", "interactions"):
        table = pd.read_csv(source / f"{name}.csv", dtype={"item_id": str, "user_id": str})
        table.to_parquet(source / f"{name}.parquet")
        (source / f"{name}.csv").unlink()
    parquet = import_dataset(source, tmp_path / "datasets").dataset
    assert parquet.fingerprint == first.fingerprint
    assert [p.name for p in (tmp_path / "datasets").iterdir()] == [first.fingerprint]


def test_every_bad_row_is_reported_and_the_rest_is_kept(tmp_path: Path) -> None:
    long = "x" * 129
    imported = _import(
        tmp_path,
        {
            "items.csv": (
                "item_id,title,price,image\n"
                "a,A,1,\n"
                ",no id,1,\n"
                "a,again,1,\n"
                "b,B,cheap,\n"
                "c,too,many,fields,here\n"
                "d,D,-1,gone.jpg\n"
                "e,E,,broken.jpg\n"
                "f,F,inf,https://example.org/f.jpg\n"
            ),
            "broken.jpg": b"\xff\xd8\xff\xe0 no",
            "interactions.csv": (
                "user_id,item_id,rating,timestamp,split\n"
                "u,a,1,5,train\n"
                "u,nowhere,1,5,train\n"
                ",a,1,5,train\n"
                "u,,1,5,train\n"
                f"{long},a,1,5,train\n"
                "u,a,,6,train\n"
                "u,a,nan,6,train\n"
                "u,a,inf,6,train\n"
                "u,a,1e308,6,train\n"
                "u,a,good,6,train\n"
                "u,a,1,yesterday,train\n"
                "u,a,1,1e30,train\n"
                "u,a,1,7,holdout\n"
                "u,a,2,5,test\n"
                "u,a\n"
                "\n"
                '"v","b",1,2020-01-02T00:00:00Z,test\n'
            ),
        },
    )
    validation = imported.validation
    assert imported.dataset.items["item_id"].tolist() == ["a", "b", "d", "e", "f"]
    rows = imported.dataset.interactions
    assert rows["item_num"].tolist() == [0, 1]
    assert rows["timestamp"].tolist() == [5, 1_577_923_200]
    items = {(p.row, p.column) for p in validation.problems if p.file == "items.csv"}
    assert items == {
        (3, "item_id"),
        (4, "item_id"),
        (5, "price"),
        (6, ""),
        (7, "price"),
        (7, "image"),
        (8, "image"),
        (9, "price"),
    }
    found = {(p.row, p.column) for p in validation.problems if p.file == "interactions.csv"}
    assert found == {
        (3, "item_id"),
        (4, "user_id"),
        (5, "item_id"),
        (6, "user_id"),
        (7, "rating"),
        (8, "rating"),
        (9, "rating"),
        (10, "rating"),
        (11, "rating"),
        (12, "timestamp"),
        (13, "timestamp"),
        (14, "split"),
        (15, "item_id"),
        (16, ""),
    }
    assert validation.rejected == 3 + 14
    assert any("address" in warning for warning in validation.warnings)
    assert validation.pictures == 0


def test_without_items_they_are_made_from_interactions(tmp_path: Path) -> None:
    imported = _import(
        tmp_path,
        {
            "interactions.csv": "user_id,item_id\nu,b\nu,a\nv,b\nv,b\n",
            "images/a.png": _picture("blue"),
        },
    )
    items = imported.dataset.items
    assert items["item_id"].tolist() == ["b", "a"]
    assert (items["image"] != "").tolist() == [False, True]
    assert imported.dataset.interactions["rating"].tolist() == [1.0, 1.0, 1.0]
    assert imported.dataset.interactions["timestamp"].tolist() == [0, 0, 0]
    assert "split" not in imported.dataset.interactions
    assert _reasons(imported) == [(5, "the same user, item and time were given before")]


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({}, "found: nothing"),
        ({"stuff.csv": "a,b\n"}, "found: stuff.csv"),
        ({"items.csv": "item_id\n1\n"}, "interactions.csv"),
        ({"interactions.csv": "user,item\n1,2\n"}, "user_id and item_id; it has: user, item"),
        ({"interactions.csv": "user_id\n1\n"}, "column item_id"),
        ({"interactions.csv": ""}, "empty"),
        ({"interactions.csv": "user_id,item_id\n"}, "no usable row"),
        ({"interactions.csv": "user_id,item_id\n,1\n"}, "row 2, user_id is empty"),
        ({"interactions.csv": "user_id,item_id\n1,2\n", "items.csv": "id\n1\n"}, "column item_id"),
        ({"interactions.parquet": b"PAR1 not"}, "not a readable Parquet"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, files: dict[str, str | bytes], named: str
) -> None:
    (tmp_path / "source").mkdir()
    with pytest.raises(InvalidInput, match=named):
        _import(tmp_path, files)
    assert list((tmp_path / "datasets").iterdir()) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = "User_ID,Item_ID\nJosé,a\nÄnne,b\n".replace(",", delimiter)
    imported = _import(tmp_path, {"interactions.csv": text.encode(encoding)})
    assert imported.dataset.user_ids.tolist() == ["José", "Änne"]
    told = any("not UTF-8" in warning for warning in imported.validation.warnings)
    assert told == (encoding != "utf-8-sig")


def test_milliseconds_are_recognised(tmp_path: Path) -> None:
    text = "user_id,item_id,timestamp\nu,a,1600214400123\nu,b,\n"
    imported = _import(tmp_path, {"interactions.csv": text})
    assert imported.dataset.interactions["timestamp"].tolist() == [1_600_214_400, 0]
    assert any("milliseconds" in warning for warning in imported.validation.warnings)


def test_truth_is_taken_from_folders_only(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "interactions.csv": "user_id,item_id\nu,a\n",
        "truth.json": "{}",
        "truth.npz": b"x",
    }
    root = _import(tmp_path, files).dataset.root
    assert (root / "truth.json").read_text() == "{}"
    assert (root / "truth.npz").exists()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    root = import_dataset(tmp_path / "a.zip", tmp_path / "others").dataset.root
    assert not list(root.glob("truth.*"))


def test_a_damaged_data_set_is_mended_by_importing_again(tmp_path: Path) -> None:
    dataset = _import(tmp_path, GOOD).dataset
    path = dataset.image_path(0)
    assert path is not None
    path.unlink()
    import_dataset(tmp_path / "source", tmp_path / "datasets")
    assert path.exists()
    (dataset.root / "meta.json").unlink()
    assert import_dataset(tmp_path / "source", tmp_path / "datasets").dataset.n_items == 2
    (dataset.root / "items.parquet").write_bytes(b"broken")
    again = import_dataset(tmp_path / "source", tmp_path / "datasets").dataset
    assert load_dataset(again.root).n_items == 2


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    def cancel(what: str, fraction: float) -> None:
        if fraction > 0.25:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        import_dataset(_folder(tmp_path / "source", GOOD), tmp_path / "datasets", cancel)
    assert list((tmp_path / "datasets").iterdir()) == []


def test_progress_rises_to_one_stage_after_the_other(tmp_path: Path) -> None:
    seen: list[float] = []
    import_dataset(
        _folder(tmp_path / "source", GOOD),
        tmp_path / "datasets",
        lambda what, fraction: seen.append(fraction),
    )
    assert seen == sorted(seen)
    assert seen[-1] <= 1.0


def test_an_unknown_format_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="plain"):
        import_dataset(_folder(tmp_path / "source", GOOD), tmp_path / "datasets", format="plan")
    assert "plain" in IMPORT_FORMATS


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "users", "items", "interactions", "fingerprint"),
    [
        ("hm_fashion_5core", 8925, 3186, 64804, "3d2c0c3c814676ba"),
        ("ml_latest_small_5core", 610, 3627, 90075, "7e0fbecef14935ae"),
    ],
)
def test_real_sets_come_in_whole(
    tmp_path: Path, name: str, users: int, items: int, interactions: int, fingerprint: str
) -> None:
    if not (REAL / name).is_dir():
        pytest.skip(f"the data set {name} is not at FUSIONLENS_REAL_DATA")
    imported = import_dataset(REAL / name, tmp_path)
    validation = imported.validation
    assert imported.dataset.fingerprint == fingerprint  # kept runs and features go by it
    assert validation.rejected == 0
    assert (validation.users, validation.items) == (users, items)
    assert (validation.interactions, validation.pictures) == (interactions, items)


def test_recordings_are_named_or_found_and_bad_ones_reported(tmp_path: Path) -> None:
    sound = sound_bytes(tone(300, 0.5))
    imported = _import(
        tmp_path,
        {
            "items.csv": (
                "item_id,title,audio,Colour\n"
                "a,A,songs/a.wav,red\nb,B,,\nc,C,broken.mp3,\nd,D,gone.wav,\ne,E,,\n"
            ),
            "interactions.csv": "user_id,item_id\nu,a\nu,b\nu,c\nu,d\nu,e\n",
            "songs/a.wav": sound,
            "audio/b.wav": sound,
            "broken.mp3": b"\xff\xfb no",
            "video/a.mp4": clip_bytes(moving(), sound=tone(900, 1, rate=48_000)),
            "video/e.mp4": clip_bytes(moving(), sound=tone(900, 1, rate=48_000)),
            "video/b.mp4": b"text named mp4",
        },
    )
    dataset, validation = imported.dataset, imported.validation
    assert _reasons(imported) == [
        (5, "the recording is not there"),
        (4, "The recording is damaged and cannot be decoded."),
        (3, "The file is not a WAV, FLAC, OGG, MP3, MP4, M4A, MOV, WebM or MKV recording."),
    ]
    assert validation.rejected == 0
    assert validation.recordings == 5
    assert dataset.present(Modality.AUDIO).tolist() == [True, True, False, False, True]
    assert dataset.present(Modality.VIDEO).tolist() == [True, False, False, False, True]
    assert dataset.items["audio"].iat[0] == dataset.items["audio"].iat[1]
    assert dataset.items["audio"].iat[4] not in ("", dataset.items["audio"].iat[0])
    assert dataset.attributes == ("Colour",)
    assert any("sound tracks of 1 videos" in warning for warning in validation.warnings)
    played = dataset.recording(Modality.AUDIO, 0)
    assert played is not None
    assert file_sha256(played) == dataset.items["audio"].iat[0]
    assert dataset.recording(Modality.VIDEO, 1) is None
    still = dataset.thumbnail_path(4)
    assert still is not None
    with Image.open(still) as picture:
        assert picture.size == (64, 64)
    assert dataset.thumbnail_path(1) is None


def test_where_a_recording_lies_does_not_change_the_data_set(tmp_path: Path) -> None:
    rows = {"interactions.csv": "user_id,item_id\nu,a\n"}
    sound = sound_bytes(tone(300, 0.5))
    named = {"items.csv": "item_id,Colour,audio\na,red,x.wav\n", "x.wav": sound}
    found = {"items.csv": "item_id,Colour\na,red\n", "audio/a.wav": sound}
    first = import_dataset(_folder(tmp_path / "1", rows | named), tmp_path / "datasets").dataset
    path = first.recording(Modality.AUDIO, 0)
    assert path is not None
    path.write_bytes(b"damaged since")
    second = import_dataset(_folder(tmp_path / "2", rows | found), tmp_path / "datasets").dataset
    assert second.fingerprint == first.fingerprint
    assert file_sha256(path) == path.stem


def test_a_catalogue_without_recordings_has_no_such_columns(tmp_path: Path) -> None:
    dataset = _import(tmp_path, GOOD).dataset
    assert {"audio", "video"}.isdisjoint(dataset.items.columns)
