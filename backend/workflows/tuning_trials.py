"""What a search's job does: trial after trial, each judged on validation and by nothing else."""

import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from backend.errors import USER_ERRORS, Cancelled
from backend.progress import Report
from backend.training.checkpoint import EpochResult
from backend.training.config import TrainingConfig
from backend.training.search import Pruning, Search, Tried
from backend.training.trainer import train
from backend.workflows.execution import Course, fresh_model, open_course
from backend.workflows.judging import Judge, judge
from backend.workflows.training import prepare
from backend.workflows.tuning import Contender, contenders, find_tuning, plan_from
from backend.workflows.workspace import Workspace
from db.records import RunRecord, TrialRecord, TrialState
from db.repositories import Tunings


class _Ended(Exception):
    """The pruner gave the trial up."""


@dataclass(frozen=True)
class Effort:
    """How hard a search tries."""

    trials: int
    pruning: Pruning
    seed: int


def execute_tuning(workspace: Workspace, tuning_id: str, report: Report) -> None:
    """Try what was not tried yet; after a kill or a stop it goes on inside the same trial.

    A trial that cannot be trained is noted with its reason, and the others go on.
    """
    record = find_tuning(workspace, tuning_id)
    plan = plan_from(record)
    effort = Effort(plan.trials, plan.pruning, plan.plan.seeds[0])
    rows = contenders(workspace, plan)
    for place, row in enumerate(rows):

        def told(what: str, fraction: float, done: int = place, label: str = row.label) -> None:
            report(f"{label}, {what}", (done + fraction) / len(rows))

        search_one(workspace, record.id, row, effort, told)
    report("Finished", 1.0)


def search_one(
    workspace: Workspace, tuning_id: str, row: Contender, effort: Effort, report: Report
) -> tuple[Tried, ...]:
    """All trials of one strategy, those of an earlier attempt included."""
    course = open_course(workspace, row.run, lambda what, fraction: report(what, 0.0))
    one = _Strategy(workspace, tuning_id, row, effort, course)
    count = row.trials(effort.trials)
    for number in range(len(one.tried), count):

        def told(what: str, fraction: float, n: int = number) -> None:
            report(f"trial {n + 1} of {count}: {what}", (n + min(fraction, 1.0)) / count)

        one.try_next(number, told)
    return tuple(one.tried)


def trials_of(workspace: Workspace, tuning_id: str) -> dict[str, tuple[TrialRecord, ...]]:
    """Strategy -> its trials in order."""
    with workspace.database.read() as session:
        found = Tunings(session).trials(tuning_id)
    keys = dict.fromkeys(trial.strategy for trial in found)
    return {key: tuple(t for t in found if t.strategy == key) for key in keys}


def tried(record: TrialRecord) -> Tried:
    """A stored trial that has ended, as the search sees it."""
    return Tried(
        number=record.number,
        settings=cast(Mapping[str, float], record.settings),
        state=record.state.value,  # type: ignore[arg-type]  # a running one has not ended
        curve={int(epoch): value for epoch, value in record.curve.items()},
        value=None if math.isnan(record.value) else record.value,
    )


class _Strategy:
    """The trials of one strategy on data that were loaded once."""

    def __init__(
        self,
        workspace: Workspace,
        tuning_id: str,
        row: Contender,
        effort: Effort,
        course: Course,
    ) -> None:
        self.workspace, self.tuning_id, self.row, self.course = workspace, tuning_id, row, course
        self.judge: Judge = judge(row.run.objective, course.data, course.split)
        known = trials_of(workspace, tuning_id).get(row.key, ())
        self.tried = [tried(t) for t in known if t.state is not TrialState.RUNNING]
        self.unfinished = {t.number: t for t in known if t.state is TrialState.RUNNING}
        self.search = Search(
            row.space,
            self.tried,
            higher_is_better=self.judge.higher_is_better,
            pruning=effort.pruning,
            seed=effort.seed,
        )

    def try_next(self, number: int, report: Report) -> None:
        """Raises only what ends the whole search."""
        trial = self._begin(number)
        for epoch, value in trial.curve.items():
            self.search.hopeless(int(epoch), value)
        folder = self.workspace.settings.tunings / self.tuning_id / self.row.key / str(number)
        keeper = _Keeper(self, trial)
        try:
            self._train(keeper, folder, report)
            keeper.store(state=TrialState.DONE)
        except _Ended:
            keeper.store(state=TrialState.PRUNED)
        except Cancelled:
            raise
        except USER_ERRORS as error:
            keeper.store(state=TrialState.FAILED, error=str(error))
        shutil.rmtree(folder, ignore_errors=True)
        ended = tried(keeper.trial)
        self.search.end(ended)
        self.tried.append(ended)

    def _begin(self, number: int) -> TrialRecord:
        begun = self.unfinished.get(number)
        known = cast(Mapping[str, float], begun.settings) if begun else None
        settings = self.search.begin(number, known)
        return begun or TrialRecord(
            tuning_id=self.tuning_id, strategy=self.row.key, number=number, settings=settings
        )

    def _train(self, keeper: "_Keeper", folder: Path, report: Report) -> None:
        keeper.store()
        run = self._run(keeper.trial)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        train(
            fresh_model(self.workspace, run, self.course),
            self.course.data,
            TrainingConfig.from_mapping(run.training_config),
            validate=self.judge.validate,
            monitor=self.judge.metric,
            direction=self.judge.direction,
            folder=folder,
            seed=run.seed,
            device=self.course.device,
            on_epoch=keeper.on_epoch,
            report=report,
        )

    def _run(self, trial: TrialRecord) -> RunRecord:
        settings = {**self.row.plan.settings, **trial.settings}
        return prepare(self.workspace, replace(self.row.plan, settings=settings))[0]


class _Keeper:
    """Writes down what becomes of a trial."""

    def __init__(self, strategy: _Strategy, trial: TrialRecord) -> None:
        self.strategy, self.trial = strategy, trial
        better: Callable[..., float] = max if strategy.judge.higher_is_better else min
        self.best = better

    def on_epoch(self, result: EpochResult) -> None:
        """Ends the trial by `_Ended` where it is hopeless. An epoch may be told twice."""
        seconds = self.trial.seconds + result.seconds
        value = result.validation.get(self.strategy.judge.metric)
        if str(result.epoch) in self.trial.curve:
            return
        if value is None:
            self.trial = replace(self.trial, seconds=seconds)
            return
        curve = {**self.trial.curve, str(result.epoch): value}
        self.store(curve=curve, value=self.best(curve.values()), seconds=seconds)
        if self.strategy.search.hopeless(result.epoch, value):
            raise _Ended

    def store(self, **changes: object) -> None:
        self.trial = replace(self.trial, **changes)  # type: ignore[arg-type]
        with self.strategy.workspace.database.write() as session:
            Tunings(session).put_trial(self.trial)
