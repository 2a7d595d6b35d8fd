"""What is known of the searches of a data set, and training what they found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from backend.errors import InvalidInput
from backend.evaluation.metrics import metric_of
from backend.training.search import Search, best_trial
from backend.workflows.jobviews import JobView, job_views
from backend.workflows.judging import monitored
from backend.workflows.loading import find_dataset
from backend.workflows.training import Plan, prepare, queue_runs
from backend.workflows.tuning import contenders, find_tuning, plan_from
from backend.workflows.tuning_trials import trials_of, tried
from backend.workflows.workspace import Workspace
from db.records import RunRecord, TrialRecord, TrialState, TuningRecord
from db.repositories import Jobs, Tunings


@dataclass(frozen=True)
class StrategyTrials:
    """One strategy of a search, as far as it is."""

    key: str
    label: str
    budget: int
    trials: tuple[TrialRecord, ...]
    best: TrialRecord | None
    """None before the first trial was finished."""

    @property
    def ended(self) -> int:
        return sum(trial.state is not TrialState.RUNNING for trial in self.trials)

    @property
    def pruned(self) -> int:
        """Trials that were ended early because others were ahead."""
        return sum(trial.state is TrialState.PRUNED for trial in self.trials)

    @property
    def default(self) -> float | None:
        """The figure of the default settings."""
        value = self.trials[0].value if self.trials else math.nan
        return None if math.isnan(value) else value

    @property
    def settings(self) -> tuple[str, ...]:
        """What is searched."""
        return tuple(self.trials[0].settings) if self.trials else ()


@dataclass(frozen=True)
class TuningView:
    """A search as it stands now."""

    id: str
    name: str
    created_at: datetime
    metric: str
    higher_is_better: bool
    rows: tuple[StrategyTrials, ...]
    job: JobView | None
    """The newest one; None for a search from the command line."""

    @property
    def active(self) -> bool:
        return self.job is not None and self.job.state in ("queued", "running")

    @property
    def complete(self) -> bool:
        return all(row.ended >= row.budget for row in self.rows)

    @property
    def best(self) -> StrategyTrials | None:
        """The strategy whose best trial is best; None before the first was finished."""
        sign = -1.0 if self.higher_is_better else 1.0
        done = [row for row in self.rows if row.best is not None]
        return min(done, key=lambda row: sign * cast(TrialRecord, row.best).value, default=None)


def view(workspace: Workspace, tuning_id: str) -> TuningView:
    """One search."""
    record = find_tuning(workspace, tuning_id)
    with workspace.database.read() as session:
        jobs = Jobs(session).list(dataset_id=record.dataset_id)
        mine = {job.id for job in jobs if job.payload.get("tuning_id") == record.id}
        views = job_views(session, dataset_id=record.dataset_id) if mine else ()
    newest = next((job for job in views if job.id in mine), None)
    return _view(workspace, record, newest)


def searches(workspace: Workspace, dataset_id: str) -> dict[str, str]:
    """Id -> name of every search of a data set, newest first; without those of experiments."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        found = Tunings(session).list(record.id)
    return {search.id: search.name for search in found if "asked" in search.plan}


def importance(workspace: Workspace, tuning_id: str, key: str) -> dict[str, float]:
    """How much each setting mattered, largest first, as shares of 1; empty while too few trials of
    the strategy are finished to tell."""
    plan = plan_from(find_tuning(workspace, tuning_id))
    row = next((row for row in contenders(workspace, plan) if row.key == key), None)
    if row is None:
        return {}
    ended = _ended(trials_of(workspace, tuning_id).get(key, ()))
    higher = metric_of(monitored(plan.plan.objective))[0].higher_is_better
    known = [tried(trial) for trial in ended]
    return Search(row.space, known, higher_is_better=higher, pruning="none").importance()


def best_plan(
    workspace: Workspace, tuning_id: str, key: str = "", seeds: Sequence[int] = ()
) -> Plan:
    """The best configuration of a strategy (empty: of all) as a plan of normal runs.

    Raises InvalidInput where no trial was finished yet.
    """
    found = view(workspace, tuning_id)
    rows = {row.key: row for row in found.rows}
    if key and key not in rows:
        raise InvalidInput(f"'{found.name}' has no strategy '{key}'; it has {', '.join(rows)}.")
    row = rows[key] if key else found.best
    if row is None or row.best is None:
        raise InvalidInput(f"No trial of '{found.name}' is finished yet; let it go on first.")
    asked = plan_from(find_tuning(workspace, tuning_id))
    plan = next(c.plan for c in contenders(workspace, asked) if c.key == row.key)
    settings = {**plan.settings, **row.best.settings}
    return replace(plan, settings=settings, seeds=tuple(seeds) or plan.seeds)


def train_best(
    workspace: Workspace, tuning_id: str, key: str = "", seeds: Sequence[int] = ()
) -> tuple[RunRecord, ...]:
    """Queue the best configuration as normal runs: only these open the test part."""
    runs = prepare(workspace, best_plan(workspace, tuning_id, key, seeds))
    queue_runs(workspace, runs)
    return runs


def _view(workspace: Workspace, record: TuningRecord, job: JobView | None) -> TuningView:
    metric = monitored(plan_from(record).plan.objective)
    higher = metric_of(metric)[0].higher_is_better
    trials = trials_of(workspace, record.id)
    rows = []
    for key, label, budget in cast(list[tuple[str, str, int]], record.plan["strategies"]):
        own = trials.get(key, ())
        best = best_trial([tried(trial) for trial in _ended(own)], higher)
        rows.append(StrategyTrials(key, label, budget, own, own[best.number] if best else None))
    return TuningView(record.id, record.name, record.created_at, metric, higher, tuple(rows), job)


def _ended(trials: Sequence[TrialRecord]) -> list[TrialRecord]:
    return [trial for trial in trials if trial.state is not TrialState.RUNNING]
