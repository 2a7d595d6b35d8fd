"""Trains any recommender: solves closed forms, steps the others with early stopping."""

import hashlib
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from backend.errors import Cancelled, TrainingFailed
from backend.progress import Report, silent
from backend.training.checkpoint import (
    Checkpoint,
    EpochResult,
    load_checkpoint,
    optimizer_tensors,
    restore_optimizer,
    save_checkpoint,
    save_tensors,
)
from backend.training.config import TrainingConfig
from backend.training.sampling import HARD, CandidateSampler
from backend.training.seeds import derived_seed, seeded
from models.recommenders import (
    Batch,
    ClosedFormRecommender,
    Embeddings,
    IterativeRecommender,
    Recommender,
    TrainingData,
)

__all__ = [
    "CHECKPOINT_FILE",
    "MODEL_FILE",
    "EpochResult",
    "TrainingResult",
    "train",
]

MODEL_FILE = "model.safetensors"
CHECKPOINT_FILE = "checkpoint.safetensors"
_SECONDS_BETWEEN_CHECKPOINTS = 3.0
_SECONDS_BETWEEN_REPORTS = 0.2

Validate = Callable[[Embeddings], Mapping[str, float]]
Direction = Literal["max", "min"]


@dataclass(frozen=True)
class TrainingResult:
    """How training ended. `epochs` were run in all, `best_epoch` has the weights that were kept;
    `seconds` include evaluation and, after a resume, the time before it."""

    best_epoch: int
    epochs: int
    seconds: float
    parameters: int
    stopped: Literal["early", "complete", "solved"]


def ignore_epoch(result: EpochResult) -> None:
    """An `on_epoch` that nobody reads."""


def leave_as_it_is(model: Recommender) -> None:
    """A `finish` that has nothing to do."""


def train(
    model: Recommender,
    data: TrainingData,
    config: TrainingConfig,
    *,
    validate: Validate,
    monitor: str = "ndcg@20",
    direction: Direction = "max",
    folder: Path,
    seed: int,
    device: torch.device,
    on_epoch: Callable[[EpochResult], None] = ignore_epoch,
    report: Report = silent,
    finish: Callable[[Recommender], None] = leave_as_it_is,
) -> TrainingResult:
    """Leaves the best weights in `model` and in `folder/model.safetensors`; `finish` may change the
    model before it is stored, as calibration does.

    Where `folder` has a checkpoint of the same model, data, settings and seed, training goes on
    from it and gives the numbers of an uninterrupted run. An epoch may then be told to `on_epoch`
    a second time (with the same numbers), so store results by epoch. `report` may raise
    `Cancelled`; the checkpoint stays usable. Raises TrainingFailed where the loss is not a number
    or memory does not suffice for half the batch either.
    """
    model.to(device)
    data = data.to(device)
    if isinstance(model, ClosedFormRecommender):
        result = _solve(model, data, validate, on_epoch, report)
    elif isinstance(model, IterativeRecommender):
        plan = _Plan(validate, monitor, direction, folder, seed, device, on_epoch, report)
        result = _Training(model, data, config, plan).run()
    else:
        raise TypeError(f"{type(model).__name__} can neither be solved nor trained")
    with torch.no_grad():
        finish(model)
    save_tensors(folder / MODEL_FILE, model.state_dict(), {"model": type(model).__name__})
    return result


def _solve(
    model: ClosedFormRecommender,
    data: TrainingData,
    validate: Validate,
    on_epoch: Callable[[EpochResult], None],
    report: Report,
) -> TrainingResult:
    start = time.perf_counter()
    report("Solving", 0.0)
    with torch.no_grad():
        model.solve(data)
        model.eval()
        report("Evaluating", 0.5)
        validation = dict(validate(model.embed()))
    seconds = time.perf_counter() - start
    on_epoch(EpochResult(1, 0.0, validation, seconds, improved=True))
    learned = sum(buffer.numel() for buffer in model.state_dict().values())
    return TrainingResult(1, 1, seconds, learned, "solved")


@dataclass(frozen=True)
class _Plan:
    validate: Validate
    monitor: str
    direction: Direction
    folder: Path
    seed: int
    device: torch.device
    on_epoch: Callable[[EpochResult], None]
    report: Report


@dataclass
class _State:
    epoch: int = 0
    history: list[EpochResult] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)


class _Training:
    def __init__(
        self, model: IterativeRecommender, data: TrainingData, config: TrainingConfig, plan: _Plan
    ) -> None:
        self.model, self.data, self.config, self.plan = model, data, config, plan
        self.path = plan.folder / CHECKPOINT_FILE
        self.fingerprint = _fingerprint(model, data, config, plan)
        self.sampler = CandidateSampler(data, config.sampling)
        self.batch_size = config.batch_size
        self.state = _State()
        self.optimizer = self._fresh_optimizer()
        self.saved_at = -math.inf
        self.told_at = -math.inf

    def run(self) -> TrainingResult:
        checkpoint = load_checkpoint(self.path, self.fingerprint, self.plan.device)
        if checkpoint is None:
            # Epoch 0 is on disk before the first step, so that there is always a way back.
            self._save()
        else:
            self._restore(checkpoint)
            self.batch_size = checkpoint.batch_size
        while not self._finished():
            self._one_epoch()
        self._save()
        if self.state.best:
            self.model.load_state_dict(self.state.best)
        self.model.eval()
        history = self.state.history
        return TrainingResult(
            best_epoch=max((r.epoch for r in history if r.improved), default=len(history)),
            epochs=self.state.epoch,
            seconds=sum(r.seconds for r in history),
            parameters=sum(p.numel() for p in self.model.parameters()),
            stopped="early" if self._stale() >= self.config.patience else "complete",
        )

    def _finished(self) -> bool:
        return self.state.epoch >= self.config.epochs or self._stale() >= self.config.patience

    def _stale(self) -> int:
        evaluated = [result.improved for result in self.state.history if result.validation]
        return evaluated[::-1].index(True) if True in evaluated else len(evaluated)

    def _one_epoch(self) -> None:
        start = time.perf_counter()
        epoch = self.state.epoch + 1
        try:
            loss = self._pass_over_data(epoch)
        except torch.OutOfMemoryError as error:
            self._halve_batch(error)
            return
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"The loss stopped being a number in epoch {epoch}. Use a lower learning rate "
                f"(it was {self.config.learning_rate:g}); the last good checkpoint is kept."
            )
        validation = self._validation(epoch)
        improved = self._improves(validation)
        if improved:
            self.state.best = {k: v.detach().clone() for k, v in self.model.state_dict().items()}
        result = EpochResult(epoch, loss, validation, time.perf_counter() - start, improved)
        self.state.epoch = epoch
        self.state.history.append(result)
        self.plan.on_epoch(result)
        due = time.perf_counter() - self.saved_at > _SECONDS_BETWEEN_CHECKPOINTS
        if due:
            self._save()
        try:
            self._tell(epoch, 0.0, always=True)
        except Cancelled:
            if not due:
                self._save()
            raise

    def _pass_over_data(self, epoch: int) -> float:
        device, count = self.plan.device, len(self.data.users)
        generator = torch.Generator(device)
        generator.manual_seed(derived_seed(self.plan.seed, epoch, "batches"))
        if self.config.sampling == HARD and self.model.sampling == "pairwise":
            self.sampler.begin_epoch(self._embedded())
        self.model.train()
        total = torch.zeros((), device=device)
        steps = max(1, math.ceil(count / self.batch_size))
        with seeded(self.plan.seed, epoch, "model", device=device):
            self.model.begin_epoch(epoch)
            order = self._order(generator)
            for step in range(steps if count else 0):
                rows = order[step * self.batch_size : (step + 1) * self.batch_size]
                with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                    loss = self.model.loss(self._batch(rows, generator))
                self.optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimizer.step()
                total += loss.detach().float()
                self._tell(epoch - 1, (step + 1) / steps)
        return float(total) / steps

    def _order(self, generator: torch.Generator) -> Tensor:
        """i64[N]: rows at random; whole users at random where the model wants it so."""
        device = self.plan.device
        if not self.model.whole_users:
            return torch.randperm(len(self.data.users), generator=generator, device=device)
        turn = torch.randperm(self.data.n_users, generator=generator, device=device)
        return turn[self.data.users].argsort(stable=True)

    def _batch(self, rows: Tensor, generator: torch.Generator) -> Batch:
        users, items = self.data.users[rows], self.data.items[rows]
        negatives, log_q = users.new_empty(0), None
        if self.model.sampling == "pairwise":
            negatives = self.sampler.own(users, items, self.config.negatives, generator)
        elif self.model.sampling == "shared":
            negatives, log_q = self.sampler.shared(items, self.config.candidates, generator)
        times = None if self.data.times is None else self.data.times[rows]
        return Batch(users, items, negatives, self.data.ratings[rows], times, log_q)

    def _validation(self, epoch: int) -> dict[str, float]:
        if epoch % self.config.eval_every and epoch != self.config.epochs:
            return {}
        return dict(self.plan.validate(self._embedded()))

    @torch.no_grad()
    def _embedded(self) -> Embeddings:
        self.model.eval()
        return self.model.embed()

    def _improves(self, validation: Mapping[str, float]) -> bool:
        if not validation:
            return False
        sign = 1.0 if self.plan.direction == "max" else -1.0
        seen = [r.validation[self.plan.monitor] for r in self.state.history if r.improved]
        return not seen or sign * validation[self.plan.monitor] > sign * seen[-1]

    def _tell(self, done: int, part: float, always: bool = False) -> None:
        now = time.perf_counter()
        if always or now - self.told_at > _SECONDS_BETWEEN_REPORTS:
            self.told_at = now
            self.plan.report(
                f"Training, epoch {min(done + 1, self.config.epochs)}",
                min(1.0, (done + part) / self.config.epochs),
            )

    def _halve_batch(self, error: torch.OutOfMemoryError) -> None:
        if self.batch_size < self.config.batch_size or self.batch_size == 1:
            raise TrainingFailed(
                f"The device ran out of memory, also with {self.batch_size} interactions per "
                "step. Choose a smaller batch size or a smaller model."
            ) from error
        self.batch_size //= 2
        if self.plan.device.type == "cuda":
            torch.cuda.empty_cache()
        checkpoint = load_checkpoint(self.path, self.fingerprint, self.plan.device)
        if checkpoint is None:
            raise TrainingFailed("The device ran out of memory.") from error
        self._restore(checkpoint)
        self.plan.report(f"Out of memory; going on with batches of {self.batch_size}", 0.0)

    def _fresh_optimizer(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            self.model.parameters(),
            lr=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
            fused=True,
        )

    def _save(self) -> None:
        save_checkpoint(
            self.path,
            Checkpoint(
                self.fingerprint,
                self.state.epoch,
                self.batch_size,
                tuple(self.state.history),
                self.model.state_dict(),
                self.state.best,
                optimizer_tensors(self.optimizer),
            ),
        )
        self.saved_at = time.perf_counter()

    def _restore(self, checkpoint: Checkpoint) -> None:
        self.model.load_state_dict(checkpoint.model)
        self.optimizer = self._fresh_optimizer()
        restore_optimizer(self.optimizer, checkpoint.optimizer)
        self.state = _State(checkpoint.epoch, list(checkpoint.history), dict(checkpoint.best))


def _fingerprint(
    model: Recommender, data: TrainingData, config: TrainingConfig, plan: _Plan
) -> str:
    digest = hashlib.sha256()
    shapes = [[name, list(tensor.shape)] for name, tensor in model.state_dict().items()]
    story = [
        type(model).__name__,
        model.config.to_mapping(),
        model.objective,
        shapes,
        config.to_mapping(),
        plan.monitor,
        plan.direction,
        plan.seed,
    ]
    digest.update(json.dumps(story).encode())
    for tensor in (data.users, data.items, data.ratings, data.times):
        if tensor is not None:
            digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
