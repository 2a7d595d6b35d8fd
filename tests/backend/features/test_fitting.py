from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from backend.errors import Cancelled, InvalidInput
from backend.features import fitting
from backend.features.contents import Contents
from backend.features.encoders import load_encoder
from backend.features.fitting import is_fitted, ready_encoder
from backend.features.store import FeatureStore
from backend.schema import Modality
from models.encoders import ENCODERS, Checkpoint, Content, TrainableConfig, TrainableEncoder
from models.registry import Entry

CPU = torch.device("cpu")


class _Mean(TrainableEncoder):
    """(letters minus the mean number of letters,); learns in three epochs."""

    modalities: ClassVar[frozenset[Modality]] = frozenset({Modality.TEXT})
    epochs: ClassVar[list[int]] = []
    mean: Tensor | None = None

    @property
    def dim(self) -> int:
        return 1

    def fingerprint(self) -> str:
        return "a" * 16

    def fit(self, contents, seed, progress, checkpoint: Checkpoint) -> None:  # type: ignore[no-untyped-def]
        start = int(checkpoint.load().get("epoch", torch.tensor(0)))
        for epoch in range(start, 3):
            self.epochs.append(epoch)
            checkpoint.save({"epoch": torch.tensor(epoch + 1)})
            progress("learns", (epoch + 1) / 3)
        self.mean = torch.tensor([float(np.mean([len(text) for text in contents])) + seed])

    def state(self) -> dict[str, Tensor]:
        assert self.mean is not None
        return {"mean": self.mean}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        self.mean = state["mean"]

    def encode(self, batch: Sequence[Content]) -> Tensor:
        assert self.mean is not None
        return torch.tensor([[float(len(str(text)))] for text in batch]) - self.mean


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    ENCODERS.names()
    entry = Entry("mean", _Mean, TrainableConfig, "Mean", "For tests.")
    monkeypatch.setitem(ENCODERS._entries, "mean", entry)
    monkeypatch.setattr(_Mean, "epochs", [])
    load_encoder.cache_clear()
    yield
    load_encoder.cache_clear()


def _texts(*texts: str) -> Contents:
    keys = [f"{place:02x}" * 32 if text else "" for place, text in enumerate(texts, start=1)]
    return Contents(keys, dict(zip(keys, texts, strict=True)).__getitem__)


def test_an_encoder_learns_once_per_catalogue(tmp_path: Path) -> None:
    store, contents = FeatureStore(tmp_path), _texts("a", "", "abc")
    assert not is_fitted("mean", Modality.TEXT, contents, store)
    ready = ready_encoder("mean", Modality.TEXT, contents, store, CPU)
    assert ready.encoder.encode(["abcd"]).tolist() == [[2.0]]
    again = ready_encoder("mean", Modality.TEXT, contents, store, CPU)
    assert is_fitted("mean", Modality.TEXT, contents, store)
    assert _Mean.epochs == [0, 1, 2]
    assert again.fingerprint == ready.fingerprint
    other = ready_encoder("mean", Modality.TEXT, _texts("a", "abcde"), store, CPU)
    assert _Mean.epochs == [0, 1, 2] * 2
    assert other.encoder.encode(["abcd"]).tolist() == [[1.0]]
    assert ready.encoder.encode(["abcd"]).tolist() == [[2.0]]
    assert other.fingerprint != ready.fingerprint


def test_the_order_of_items_does_not_matter_but_the_seed_does(tmp_path: Path) -> None:
    store, contents = FeatureStore(tmp_path), _texts("a", "abc")
    turned = Contents(list(reversed(contents.keys)), contents.load)
    first = ready_encoder("mean", Modality.TEXT, contents, store, CPU)
    assert ready_encoder("mean", Modality.TEXT, turned, store, CPU) == first
    seeded = ready_encoder("mean:seed=3", Modality.TEXT, contents, store, CPU)
    assert seeded.fingerprint != first.fingerprint
    assert seeded.encoder.encode(["abcd"]).tolist() == [[-1.0]]


def test_a_stopped_fit_goes_on_from_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "_KEPT_EVERY", 0.0)
    store, contents = FeatureStore(tmp_path), _texts("a", "abc")

    def stop(what: str, fraction: float) -> None:
        if fraction > 0.5:
            raise Cancelled(what)

    with pytest.raises(Cancelled):
        ready_encoder("mean", Modality.TEXT, contents, store, CPU, stop)
    assert not is_fitted("mean", Modality.TEXT, contents, store)
    ready_encoder("mean", Modality.TEXT, contents, store, CPU)
    assert _Mean.epochs == [0, 1, 2]
    assert not list(tmp_path.rglob("unfinished*"))


def test_a_damaged_checkpoint_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "_KEPT_EVERY", 0.0)
    store, contents = FeatureStore(tmp_path), _texts("a", "abc")

    def damage(what: str, fraction: float) -> None:
        for path in tmp_path.rglob("unfinished*"):
            path.write_bytes(path.read_bytes()[:-1] + b"?")
            raise Cancelled(what)

    with pytest.raises(Cancelled):
        ready_encoder("mean", Modality.TEXT, contents, store, CPU, damage)
    ready_encoder("mean", Modality.TEXT, contents, store, CPU)
    assert _Mean.epochs == [0, 0, 1, 2]


@pytest.mark.parametrize("damage", ["change", "remove"])
def test_a_damaged_state_is_learned_again(tmp_path: Path, damage: str) -> None:
    store, contents = FeatureStore(tmp_path), _texts("a", "abc")
    first = ready_encoder("mean", Modality.TEXT, contents, store, CPU)
    [state] = tmp_path.rglob("*.state")
    state.write_bytes(b"else") if damage == "change" else state.unlink()
    second = ready_encoder("mean", Modality.TEXT, contents, store, CPU)
    assert _Mean.epochs == [0, 1, 2] * 2
    assert second.fingerprint == first.fingerprint


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nothing to learn from: no item has text"):
        ready_encoder("mean", Modality.TEXT, _texts("", ""), FeatureStore(tmp_path), CPU)
