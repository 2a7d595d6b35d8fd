"""What an experiment job does: trains the matrix cell by cell, then draws the verdict."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from backend.errors import USER_ERRORS, Cancelled, TrainingFailed
from backend.evaluation.metrics import metric_of
from backend.progress import Report
from backend.training.search import best_trial
from backend.workflows.execution import execute_run
from backend.workflows.experiment import (
    ExperimentPlan,
    Strategy,
    find_experiment,
    plan_from,
    plan_of,
    runs_of,
    seeds_of,
    strategies,
)
from backend.workflows.experiment_verdict import draw_verdict
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.training import Plan, prepare
from backend.workflows.tuning import Contender, contender, keep_search
from backend.workflows.tuning_trials import Effort, search_one
from backend.workflows.workspace import Workspace
from db.records import ExperimentRecord, RunRecord, RunState
from db.repositories import Experiments, Runs


def execute_experiment(workspace: Workspace, experiment_id: str, report: Report) -> None:
    """Train what is not there yet and judge; after a kill it goes on where it stopped.

    A run that exists already with the same data, settings, seed and code is reused. A strategy
    that cannot be trained is noted with its reason, and the others go on.
    """
    record = find_experiment(workspace, experiment_id)
    plan = plan_from(record)
    dataset = open_dataset(workspace, find_dataset(workspace, record.dataset_id))
    rows = strategies(dataset, plan)
    if plan.budget > 1:
        keep_search(workspace, record)
    for done, strategy in enumerate(rows):
        _Row(workspace, record.id, plan, strategy, _part(report, done, len(rows))).train()
    report("Comparing", 1.0)
    draw_verdict(workspace, record.id)


class _Row:
    """One strategy: its trials, then its seeds."""

    def __init__(
        self,
        workspace: Workspace,
        experiment_id: str,
        plan: ExperimentPlan,
        strategy: Strategy,
        report: Report,
    ) -> None:
        self.workspace, self.experiment_id = workspace, experiment_id
        self.plan, self.strategy, self.report = plan, strategy, report
        self.steps = 1

    def train(self) -> None:
        """Raises only what ends the whole experiment."""
        try:
            planned = self._planned(0, {})
            row = replace(contender(self._plan(0, {}), planned), key=self.strategy.key)
            trials = self.plan.budget if row.space and self.plan.budget > 1 else 0
            self.steps = len(seeds_of(self.plan, self.strategy)) + trials
            chosen = self._choose(row, trials) if trials else {}
            for place, seed in enumerate(seeds_of(self.plan, self.strategy)):
                self._run(seed, chosen, f"seed {seed}", trials + place)
        except Cancelled:
            raise
        except USER_ERRORS as error:
            self._note(error=str(error))

    def _choose(self, row: Contender, trials: int) -> Mapping[str, object]:
        """The settings with the best validation figure; no trial sees the test split."""

        def told(what: str, fraction: float) -> None:
            part = fraction * trials / self.steps
            self.report(f"{self.strategy.label}, {what}", part)

        effort = Effort(trials, "median", 0)
        found = search_one(self.workspace, self.experiment_id, row, effort, told)
        best = best_trial(found, metric_of(self.plan.metric)[0].higher_is_better)
        if best is None:
            raise TrainingFailed("None of its trials could be trained.")
        self._note(chosen=dict(best.settings), trials=len(found))
        return best.settings

    def _plan(self, seed: int, settings: Mapping[str, object]) -> Plan:
        return plan_of(self.plan, self.strategy, seed, settings)

    def _planned(self, seed: int, settings: Mapping[str, object]) -> RunRecord:
        return prepare(self.workspace, self._plan(seed, settings))[0]

    def _run(self, seed: int, settings: Mapping[str, object], name: str, step: int) -> RunRecord:
        planned = self._planned(seed, settings)
        run = self._known(planned) or self._stored(planned)
        self._note(runs={name: run.id})
        if run.state is not RunState.DONE:
            report = _part(self.report, step, self.steps, f"{self.strategy.label}, {name}: ")
            run = execute_run(self.workspace, run.id, report)
        return run

    def _known(self, planned: RunRecord) -> RunRecord | None:
        """A finished run of the same fingerprint, else an unfinished one of this experiment."""
        record = find_experiment(self.workspace, self.experiment_id)
        own = {run for cell in record.cells.values() for run in runs_of(cell).values()}
        there = alike(self.workspace, planned)
        finished = next((run for run in there if run.state is RunState.DONE), None)
        return finished or next((run for run in there if run.id in own), None)

    def _stored(self, run: RunRecord) -> RunRecord:
        with self.workspace.database.write() as session:
            return Runs(session).add(run)

    def _note(self, **changes: object) -> None:
        """Into the strategy's cell; `runs` are added to those that stand there."""
        with self.workspace.database.write() as session:
            experiments = Experiments(session)
            cells = {key: dict(cell) for key, cell in self._record(experiments).cells.items()}
            cell = cells[self.strategy.key]
            runs = {**runs_of(cell), **runs_of(changes)}
            cells[self.strategy.key] = {**cell, **changes, "runs": runs}
            experiments.update(self.experiment_id, cells=cells)

    def _record(self, experiments: Experiments) -> ExperimentRecord:
        return experiments.get(self.experiment_id)


def fingerprint(run: RunRecord) -> str:
    """What decides a run's numbers on one device: equal fingerprints, equal numbers."""
    story = {
        "dataset": run.dataset_fingerprint,
        "model": run.model,
        "fusion": run.fusion,
        "encoders": dict(run.encoders),
        "controls": dict(run.controls),
        "objective": run.objective,
        "split": dict(run.split),
        "configs": [dict(run.model_config), dict(run.fusion_config), dict(run.training_config)],
        "seed": run.seed,
        "code": run.code_version,
    }
    return json.dumps(story, sort_keys=True)


def alike(
    workspace: Workspace, planned: RunRecord, state: RunState | None = None
) -> list[RunRecord]:
    """Stored runs of the same fingerprint, newest first, of any state or one."""
    with workspace.database.read() as session:
        there = Runs(session).list(dataset_id=planned.dataset_id, state=state)
    wanted = fingerprint(planned)
    return [run for run in there if fingerprint(run) == wanted]


def _part(report: Report, done: int, total: int, prefix: str = "") -> Callable[[str, float], None]:
    return lambda what, fraction: report(prefix + what, (done + fraction) / max(1, total))
