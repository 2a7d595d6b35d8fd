import multiprocessing
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import ClassVar, cast

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import Tensor

from backend.data.dataset import Dataset, save_dataset
from backend.data.media import picture_path, store_picture
from backend.errors import Cancelled, DamagedArtefact, InvalidInput
from backend.features import extract
from backend.features.contents import Contents, item_text
from backend.features.encoders import default_encoder, load_encoder, parse_encoder
from backend.features.extract import encode_few, encode_modality
from backend.features.fitting import ready_encoder
from backend.features.store import FeatureStore
from backend.schema import Modality
from models.config import Config, setting
from models.encoders import ENCODERS, Content, Encoder
from models.errors import ConfigError
from models.registry import Entry


@dataclass(frozen=True, kw_only=True)
class _CountingConfig(Config):
    scale: float = setting(1.0, help="Factor.", low=0.0, high=9.0)


class _Counting(Encoder):
    """(mean of red or number of letters, 1), times scale; remembers what it was asked."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.IMAGE, Modality.TEXT})
    asked: ClassVar[list[int]] = []
    room: ClassVar[int] = 1000
    config: _CountingConfig

    @property
    def dim(self) -> int:
        return 2

    def fingerprint(self) -> str:
        return f"{self.modality}{self.config.scale}".ljust(16, "0")[:16]

    def encode(self, batch: Sequence[Content]) -> Tensor:
        if len(batch) > self.room:
            raise torch.OutOfMemoryError
        self.asked.append(len(batch))
        rows = [[_size(content) * self.config.scale, 1.0] for content in batch]
        return torch.tensor(rows).reshape(-1, 2)


def _size(content: Content) -> float:
    return float(len(content)) if isinstance(content, str) else float(np.asarray(content)[0, 0, 0])


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    ENCODERS.names()
    entry = Entry[Encoder]("counting", _Counting, _CountingConfig, "Counting", "For tests.")
    monkeypatch.setitem(ENCODERS._entries, "counting", entry)
    monkeypatch.setattr(_Counting, "asked", [])
    monkeypatch.setattr(_Counting, "room", 1000)
    load_encoder.cache_clear()
    yield
    load_encoder.cache_clear()


def _picture(red: int, root: Path) -> str:
    buffer = BytesIO()
    Image.new("RGB", (16, 16), (red, 0, 0)).save(buffer, "PNG")
    return store_picture(buffer.getvalue(), root)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    root = tmp_path / "data"
    items = pd.DataFrame(
        {
            "item_id": ["a", "b", "c", "d"],
            "title": ["ab", "", "ab", "title"],
            "text": ["", "", "", "text"],
            "category": ["", "", "", "shoes"],
            "price": [np.nan] * 4,
            "image": [_picture(200, root), "", _picture(40, root), _picture(200, root)],
        }
    )
    interactions = pd.DataFrame(
        {"user_num": [0], "item_num": [0], "rating": np.ones(1, np.float32), "timestamp": [0]}
    )
    return save_dataset(items, interactions, np.array(["u"]), root)


def test_each_content_is_encoded_once(dataset: Dataset, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features")
    first = encode_modality(dataset, Modality.TEXT, "counting", store)
    assert (first.encoded, first.cached, first.missing, first.dim) == (3, 0, 1, 2)
    assert _Counting.asked == [2]
    assert first.table.values.tolist() == [[2, 1], [0, 0], [2, 1], [len("title. shoes. text"), 1]]
    assert first.table.present.tolist() == [True, False, True, True]
    assert first.per_second > 0
    again = encode_modality(dataset, Modality.TEXT, "counting", store)
    assert (again.encoded, again.cached, again.missing, again.per_second) == (0, 3, 1, 0.0)
    assert torch.equal(again.table.values, first.table.values)
    assert _Counting.asked == [2]
    other = encode_modality(dataset, Modality.TEXT, "counting:scale=2", store)
    assert other.encoded == 3
    assert other.table.values[0].tolist() == [4, 1]


def test_pictures(dataset: Dataset, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features")
    found = encode_modality(dataset, Modality.IMAGE, "counting", store, batch_size=1)
    assert (found.encoded, found.missing) == (3, 1)
    assert _Counting.asked == [1, 1]
    red = found.table.values[:, 0].tolist()
    assert red[0] == red[3] == pytest.approx(200, abs=3)
    assert red[2] == pytest.approx(40, abs=3)


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_a_damaged_picture_names_its_item(dataset: Dataset, tmp_path: Path, damage: str) -> None:
    path = picture_path(dataset.root, str(dataset.items["image"].iat[2]))
    path.write_bytes(b"else") if damage == "change" else path.unlink()
    with pytest.raises(DamagedArtefact, match="item c"):
        encode_modality(dataset, Modality.IMAGE, "counting", FeatureStore(tmp_path / "f"))


def test_what_was_encoded_before_a_cancel_is_kept(dataset: Dataset, tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features")

    def cancel(what: str, fraction: float) -> None:
        if fraction > 0:
            raise Cancelled(what)

    with pytest.raises(Cancelled):
        encode_modality(dataset, Modality.TEXT, "counting", store, report=cancel, batch_size=1)
    rest = encode_modality(dataset, Modality.TEXT, "counting", store)
    assert _Counting.asked == [1, 1]
    assert rest.table.present.tolist() == [True, False, True, True]


def test_a_killed_process_leaves_its_shards(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "features"
    monkeypatch.setattr(extract, "_KEPT_EVERY", 0.0)

    def work() -> None:
        def die(what: str, fraction: float) -> None:
            if fraction > 0:
                os._exit(9)  # as SIGKILL would end it: no finally, no flush

        store = FeatureStore(root)
        encode_modality(dataset, Modality.TEXT, "counting", store, report=die, batch_size=1)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join(60)
    assert process.exitcode == 9
    rest = encode_modality(dataset, Modality.TEXT, "counting", FeatureStore(root))
    assert _Counting.asked == [1]
    assert rest.table.present.tolist() == [True, False, True, True]
    assert (rest.encoded, rest.cached) == (1, 2)


def test_the_speed_is_told(dataset: Dataset, tmp_path: Path) -> None:
    said: list[str] = []
    store = FeatureStore(tmp_path / "features")
    encode_modality(
        dataset, Modality.TEXT, "counting", store, report=lambda w, f: said.append(w), batch_size=1
    )
    assert said[0] == "encodes text"
    assert all(re.fullmatch(r"encodes text, \d+/s(, .+ left)?", what) for what in said[1:])


def test_a_full_gpu_gets_smaller_batches(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Counting, "room", 1)
    store = FeatureStore(tmp_path / "features")
    found = encode_modality(dataset, Modality.TEXT, "counting", store)
    assert _Counting.asked == [1, 1]
    assert found.table.values[:, 0].tolist() == [2, 0, 2, 18]


def test_a_data_set_without_the_content_has_nothing_present(
    dataset: Dataset, tmp_path: Path
) -> None:
    dataset.items["image"] = ""
    found = encode_modality(dataset, Modality.IMAGE, "counting", FeatureStore(tmp_path / "f"))
    assert (found.encoded, found.missing) == (0, 4)
    assert found.table.values.shape == (4, 2)
    assert not found.table.present.any()


def test_a_few_items_beside_the_catalogue(tmp_path: Path) -> None:
    store, cpu = FeatureStore(tmp_path / "features"), torch.device("cpu")
    texts = {"ab" * 32: "abc", "cd" * 32: "x"}
    contents = Contents(["ab" * 32, "", "cd" * 32], texts.__getitem__)
    for _ in range(2):
        ready = ready_encoder("counting", Modality.TEXT, contents, store, cpu)
        table = encode_few(store, ready, contents)
        assert table.values.tolist() == [[3, 1], [0, 0], [1, 1]]
        assert table.present.tolist() == [True, False, True]
    assert _Counting.asked == [2]


def test_specs() -> None:
    name, config = parse_encoder("counting: scale=3 ")
    assert (name, cast(_CountingConfig, config).scale) == ("counting", 3.0)
    assert parse_encoder("open_clip:model=RN50,pretrained=openai")[1].to_mapping() == {
        "model": "RN50",
        "pretrained": "openai",
        "checkpoint": "",
    }
    for spec, hint in [
        ("countin", "counting"),
        ("counting:scal=1", "scale"),
        ("counting:scale", "key=value"),
        ("counting:scale=x", "float"),
    ]:
        with pytest.raises(ConfigError, match=hint):
            parse_encoder(spec)


def test_what_an_encoder_does_not_read() -> None:
    assert default_encoder(Modality.IMAGE) in ENCODERS
    assert default_encoder(Modality.TEXT) in ENCODERS
    with pytest.raises(InvalidInput, match="does not read text; use counting, given, lstm"):
        load_encoder("efficientnet", Modality.TEXT, torch.device("cpu"))


def test_item_text() -> None:
    assert item_text("Boot", "Shoes", "Warm.") == "Boot. Shoes. Warm."
    assert item_text(" Boot ", "", " ") == "Boot"
    assert item_text("", "", "") == ""
