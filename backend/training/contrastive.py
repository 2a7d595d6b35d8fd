"""Trains whatever gives vectors of pictures and texts, by telling the pairs of a batch apart."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from backend.errors import Cancelled, TrainingFailed
from backend.progress import Report, silent
from backend.training.checkpoint import (
    Checkpoint,
    EpochResult,
    load_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
)
from backend.training.seeds import derived_seed, seeded
from models.alignment import MOST_SCALE, ContrastiveConfig, contrastive_loss, parameter_groups

Rows = NDArray[np.int64]
Load = Callable[[Rows], tuple[Tensor, Tensor]]
"""Rows of pairs to what the model takes of their pictures and texts, on its device."""
MONITOR: Final = "reciprocal_rank"
_SECONDS_BETWEEN_CHECKPOINTS: Final = 5.0


@dataclass(frozen=True)
class Learned:
    """How learning ended. The model has the weights of `best_epoch` out of `epochs`; `losses` are
    the mean losses of all of them."""

    best_epoch: int
    epochs: int
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Lesson:
    """What is learned from, and where an unfinished state is kept.

    `order` gives the rows of an epoch; `validate` a figure that is to become large, or is None
    where all epochs of the configuration are to be run. `checkpoint` is used again by a call of
    the same `fingerprint`, which then gives the numbers of an uninterrupted one.
    """

    load: Load
    order: Callable[[torch.Generator], Rows]
    validate: Callable[[], float] | None
    checkpoint: Path
    fingerprint: str
    seed: int
    device: torch.device


def learn_pairs(
    model: nn.Module, lesson: Lesson, config: ContrastiveConfig, report: Report = silent
) -> Learned:
    """Leaves the best weights in `model`, which gives (f32[B, D], f32[B, D], scale) and has a
    parameter `logit_scale`, as open_clip models do.

    `report` may raise Cancelled; the checkpoint stays. Raises TrainingFailed where the loss is not
    a number or memory does not suffice.
    """
    return _Learning(model.to(lesson.device), lesson, config, report).run()


class _Learning:
    def __init__(
        self, model: nn.Module, lesson: Lesson, config: ContrastiveConfig, report: Report
    ) -> None:
        self.model, self.lesson, self.config, self.report = model, lesson, config, report
        groups = parameter_groups(model, config.weight_decay)
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate)
        self.history: list[EpochResult] = []
        self.best: dict[str, Tensor] = {}
        self.saved_at = time.perf_counter()

    def run(self) -> Learned:
        self._restore()
        while len(self.history) < self.config.epochs and self._stale() < self.config.patience:
            self._one_epoch(len(self.history) + 1)
        self._save()
        if self.best:
            self.model.load_state_dict(self.best)
        self.model.eval()
        best = max((r.epoch for r in self.history if r.improved), default=len(self.history))
        return Learned(best, len(self.history), tuple(r.loss for r in self.history))

    def _stale(self) -> int:
        improved = [r.improved for r in self.history if r.validation]
        return improved[::-1].index(True) if True in improved else 0

    def _one_epoch(self, epoch: int) -> None:
        start = time.perf_counter()
        try:
            loss = self._pass_over_pairs(epoch)
        except torch.OutOfMemoryError as error:
            raise TrainingFailed(
                f"The device ran out of memory with {self.config.batch_size} pairs per step. "
                "Choose a smaller batch_size."
            ) from error
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"The loss stopped being a number in pass {epoch}. Use a lower learning_rate "
                f"(it was {self.config.learning_rate:g})."
            )
        self.model.eval()
        figures = {MONITOR: self.lesson.validate()} if self.lesson.validate else {}
        seen = [r.validation[MONITOR] for r in self.history if r.improved]
        improved = bool(figures) and (not seen or figures[MONITOR] > seen[-1])
        if improved:
            self.best = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        self.history.append(
            EpochResult(epoch, loss, figures, time.perf_counter() - start, improved)
        )
        due = time.perf_counter() - self.saved_at > _SECONDS_BETWEEN_CHECKPOINTS
        if due:
            self._save()
        try:
            self._tell(epoch, epoch)
        except Cancelled:
            if not due:
                self._save()
            raise

    def _pass_over_pairs(self, epoch: int) -> float:
        generator = torch.Generator().manual_seed(derived_seed(self.lesson.seed, epoch, "pairs"))
        rows = self.lesson.order(generator)
        # Equal batches: a small last one would be far easier than the others.
        batches = np.array_split(rows, max(1, math.ceil(len(rows) / self.config.batch_size)))
        self.model.train()
        total = 0.0
        with seeded(self.lesson.seed, epoch, "model", device=self.lesson.device):
            for done, batch in enumerate(batches):
                if done:
                    self._tell(epoch, epoch - 1 + done / len(batches))
                total += self._step(batch)
        return total / len(batches)

    def _tell(self, epoch: int, done: float) -> None:
        self.report(f"learns from pairs, pass {epoch}", done / self.config.epochs)

    def _step(self, batch: Rows) -> float:
        device = self.lesson.device.type
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            image, text, scale = self.model(*self.lesson.load(batch))[:3]
        loss = contrastive_loss(image.float(), text.float(), scale.float())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        with torch.no_grad():
            cast(Tensor, self.model.logit_scale).clamp_(0.0, math.log(MOST_SCALE))
        return float(loss.detach())

    def _save(self) -> None:
        save_checkpoint(
            self.lesson.checkpoint,
            Checkpoint(
                self.lesson.fingerprint,
                len(self.history),
                self.config.batch_size,
                tuple(self.history),
                self.model.state_dict(),
                self.best,
                optimizer_tensors(self.optimizer),
            ),
        )
        self.saved_at = time.perf_counter()

    def _restore(self) -> None:
        kept = load_checkpoint(self.lesson.checkpoint, self.lesson.fingerprint, self.lesson.device)
        if kept is not None:
            self.model.load_state_dict(kept.model)
            restore_optimizer(self.optimizer, kept.optimizer)
            self.history, self.best = list(kept.history), dict(kept.best)
