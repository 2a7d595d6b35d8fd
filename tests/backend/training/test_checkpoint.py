from pathlib import Path

import pytest
import torch

from backend.errors import DamagedArtefact
from backend.training.checkpoint import (
    Checkpoint,
    EpochResult,
    load_checkpoint,
    load_tensors,
    save_checkpoint,
    save_tensors,
)

CPU = torch.device("cpu")


def checkpoint() -> Checkpoint:
    return Checkpoint(
        fingerprint="abc",
        epoch=2,
        batch_size=64,
        history=(
            EpochResult(1, 0.1 + 0.2, {"ndcg@20": 1 / 3}, 0.5, True),
            EpochResult(2, 0.25, {}, 0.5, False),
        ),
        model={"w": torch.arange(6.0).view(2, 3)},
        best={"w": torch.ones(2, 3)},
        optimizer={"0.step": torch.tensor(7.0), "0.exp_avg": torch.full((2, 3), 0.5)},
    )


def test_comes_back_to_the_last_bit(tmp_path: Path):
    save_checkpoint(tmp_path / "c.safetensors", checkpoint())
    found = load_checkpoint(tmp_path / "c.safetensors", "abc", CPU)
    assert found is not None
    assert (found.epoch, found.batch_size, found.history) == (2, 64, checkpoint().history)
    for group in ("model", "best", "optimizer"):
        for name, tensor in getattr(checkpoint(), group).items():
            assert torch.equal(getattr(found, group)[name], tensor)
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]


def test_another_configuration_is_not_resumed(tmp_path: Path):
    save_checkpoint(tmp_path / "c.safetensors", checkpoint())
    assert load_checkpoint(tmp_path / "c.safetensors", "other", CPU) is None
    assert load_checkpoint(tmp_path / "missing.safetensors", "abc", CPU) is None


@pytest.mark.parametrize("keep", [0, 5, 40, 200])
def test_a_truncated_file_counts_as_none(tmp_path: Path, keep: int):
    path = tmp_path / "c.safetensors"
    save_checkpoint(path, checkpoint())
    path.write_bytes(path.read_bytes()[:keep])
    assert load_checkpoint(path, "abc", CPU) is None
    with pytest.raises(DamagedArtefact, match="cannot be read"):
        load_tensors(path, CPU)


def test_tensors_that_share_memory_are_saved_apart(tmp_path: Path):
    base = torch.arange(4.0)
    save_tensors(tmp_path / "t.safetensors", {"a": base, "b": base[1:3]}, {"k": "v"})
    tensors, metadata = load_tensors(tmp_path / "t.safetensors", CPU)
    assert tensors["b"].tolist() == [1.0, 2.0]
    assert metadata == {"k": "v"}
