"""The state of a training that can go on: safetensors with its story in the header, no pickle."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialized
from torch import Tensor

from backend.durable import write_durably
from backend.errors import DamagedArtefact


@dataclass(frozen=True)
class EpochResult:
    """One pass over the data. `loss` is the mean over its steps; `validation` is empty in epochs
    without an evaluation; `improved` where it gave the best value so far."""

    epoch: int
    loss: float
    validation: Mapping[str, float]
    seconds: float
    improved: bool


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next epoch depends on. `fingerprint` names the configuration."""

    fingerprint: str
    epoch: int
    batch_size: int
    history: tuple[EpochResult, ...]
    model: dict[str, Tensor]
    best: dict[str, Tensor]
    optimizer: dict[str, Tensor]


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Writes a safetensors file whole or not at all, also when the power fails."""
    on_cpu = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    content = serialized(on_cpu, metadata=dict(metadata))
    write_durably(path, lambda file: file.write(content))


def load_tensors(path: Path, device: torch.device) -> tuple[dict[str, Tensor], dict[str, str]]:
    """(tensors, metadata). Raises DamagedArtefact where the file cannot be read."""
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            return {
                name: file.get_tensor(name) for name in tuple(file.keys())
            }, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise DamagedArtefact(
            f"The file {path.name} of this run cannot be read ({error}). Train the run again."
        ) from error


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Atomic; see `save_tensors`."""
    groups = {
        "model": checkpoint.model,
        "best": checkpoint.best,
        "optimizer": checkpoint.optimizer,
    }
    tensors = {f"{group}/{k}": t for group, named in groups.items() for k, t in named.items()}
    story = {
        "fingerprint": checkpoint.fingerprint,
        "epoch": checkpoint.epoch,
        "batch_size": checkpoint.batch_size,
        "history": [asdict(result) for result in checkpoint.history],
    }
    save_tensors(path, tensors, {"training": json.dumps(story)})


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """One flat name per tensor; parameters are numbered as the optimizer numbers them."""
    slots = optimizer.state_dict()["state"]
    return {f"{i}.{name}": t for i, slot in slots.items() for name, t in slot.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Inverse of `optimizer_tensors`, for a fresh optimizer of the same parameters."""
    slots: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, _, name = key.partition(".")
        # Adam counts steps on the CPU, whatever the device of the weights.
        slots.setdefault(int(number), {})[name] = tensor.cpu() if name == "step" else tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": slots, "param_groups": groups})


def load_checkpoint(path: Path, fingerprint: str, device: torch.device) -> Checkpoint | None:
    """The checkpoint at `path`, or None where there is none of this configuration.

    A damaged file counts as none: training then starts again, which gives the same result.
    """
    if not path.exists():
        return None
    try:
        tensors, metadata = load_tensors(path, device)
        story = json.loads(metadata["training"])
        if story["fingerprint"] != fingerprint:
            return None
        history = tuple(EpochResult(**result) for result in story["history"])
        epoch, batch_size = int(story["epoch"]), int(story["batch_size"])
    except (DamagedArtefact, KeyError, TypeError, ValueError):
        return None
    groups: dict[str, dict[str, Tensor]] = {"model": {}, "best": {}, "optimizer": {}}
    for name, tensor in tensors.items():
        group, _, key = name.partition("/")
        groups[group][key] = tensor
    return Checkpoint(fingerprint, epoch, batch_size, history, **groups)
