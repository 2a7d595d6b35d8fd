"""Learning without labels: two views of the same thing are told from all others."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.encoders._base import Checkpoint, Progress
from models.errors import ModelError

BatchLoss = Callable[[Tensor, torch.Generator], Tensor]
"""Mean loss f32[] of the items numbered i64[B]; the generator lives on the CPU."""


@dataclass(frozen=True)
class Schedule:
    """How long to learn and how fast; `rate` is reached after a tenth and falls as a cosine."""

    epochs: int
    batch: int
    rate: float
    decay: float = 1e-4


def learn(
    network: nn.Module,
    loss_of: BatchLoss,
    count: int,
    schedule: Schedule,
    *,
    seed: int,
    what: str,
    progress: Progress,
    checkpoint: Checkpoint,
) -> None:
    """Trains `network` in place on items 0 to `count` - 1 and leaves it in evaluation mode.

    All chance follows from (seed, epoch), so a training that was stopped goes on from its
    checkpoint to the same weights. Raises ModelError where the loss is not a number.
    """
    optimizer = torch.optim.AdamW(network.parameters(), schedule.rate, weight_decay=schedule.decay)
    start = _restore(checkpoint.load(), network, optimizer)
    steps = math.ceil(count / schedule.batch)
    network.train()
    for epoch in range(start, schedule.epochs):
        chance = torch.Generator().manual_seed(derived(seed, epoch))
        with seeded(seed, epoch, network):
            for step, batch in enumerate(_batches(count, schedule.batch, chance)):
                done = (epoch * steps + step) / (schedule.epochs * steps)
                progress(f"{what}, pass {epoch + 1} of {schedule.epochs}", done)
                _step(optimizer, loss_of(batch, chance), schedule.rate * _pace(done))
        checkpoint.save(_everything(network, optimizer, epoch + 1))
    network.eval()


def nt_xent(left: Tensor, right: Tensor, temperature: float) -> Tensor:
    """f32[]: of f32[B, D] twice, row b of one side is to find row b of the other among all
    (Chen et al. 2020, https://arxiv.org/abs/2002.05709)."""
    both = functional.normalize(torch.cat([left, right]), dim=1)
    likeness = both @ both.T / temperature
    itself = torch.eye(len(both), dtype=torch.bool, device=both.device)
    likeness = likeness.masked_fill(itself, -torch.inf)
    count = len(left)
    target = torch.arange(2 * count, device=both.device).roll(count)
    return functional.cross_entropy(likeness, target)


def derived(*parts: int | str) -> int:
    """A 63-bit seed that depends on every part."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class seeded:  # noqa: N801 (reads as a statement: with seeded(...))
    """torch's global generators seeded inside, as before outside: for weights and dropout."""

    def __init__(self, seed: int, part: int | str, network: nn.Module | None = None) -> None:
        devices = {p.device for p in network.parameters()} if network is not None else set()
        cuda = [device for device in devices if device.type == "cuda"]
        self._fork = torch.random.fork_rng(devices=cuda)
        self._seed = derived(seed, "torch", part)

    def __enter__(self) -> None:
        self._fork.__enter__()
        torch.manual_seed(self._seed)

    def __exit__(self, *what: object) -> None:
        self._fork.__exit__(None, None, None)


def _batches(count: int, size: int, chance: torch.Generator) -> list[Tensor]:
    """Of nearly equal size: a last batch of one item would have nothing to be told from."""
    order = torch.randperm(count, generator=chance)
    return list(order.tensor_split(math.ceil(count / size)))


def _step(optimizer: torch.optim.Optimizer, loss: Tensor, rate: float) -> None:
    if not torch.isfinite(loss):
        raise ModelError("Learning went astray: the loss is not a number. Lower the learning rate.")
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _pace(done: float) -> float:
    """Rises over the first tenth, then falls to zero."""
    if done < 0.1:
        return 0.1 + 9 * done
    return 0.5 * (1 + math.cos(math.pi * (done - 0.1) / 0.9))


def _everything(
    network: nn.Module, optimizer: torch.optim.Optimizer, epoch: int
) -> dict[str, Tensor]:
    """One flat table of tensors; Adam's state is numbered by parameter."""
    state = {f"network/{name}": tensor for name, tensor in network.state_dict().items()}
    for number, slots in optimizer.state_dict()["state"].items():
        state |= {f"optimizer/{number}/{slot}": tensor for slot, tensor in slots.items()}
    return state | {"epoch": torch.tensor(epoch)}


def _restore(state: dict[str, Tensor], network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """The epoch to go on with."""
    if not state:
        return 0
    prefix = "network/"
    weights = {k.removeprefix(prefix): t for k, t in state.items() if k.startswith(prefix)}
    network.load_state_dict(weights)
    slots: dict[int, dict[str, Tensor]] = {}
    for key, tensor in state.items():
        if key.startswith("optimizer/"):
            _, number, slot = key.split("/")
            slots.setdefault(int(number), {})[slot] = tensor
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": slots, "param_groups": groups})
    return int(state["epoch"])
