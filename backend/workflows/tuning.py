"""A search for settings: what to try, on what, how often; equal budgets, validation only."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import cast

from backend.devices import torch_device
from backend.errors import InvalidInput
from backend.jobs.queue import Queue
from backend.training.config import TrainingConfig
from backend.training.search import PRUNINGS, Dimension, Pruning, search_space
from backend.workflows.jobviews import JobView, job_view
from backend.workflows.labels import run_label
from backend.workflows.loading import find_dataset
from backend.workflows.training import Estimate, Plan, estimate, prepare
from backend.workflows.workspace import Workspace
from db.records import ExperimentRecord, JobState, RunRecord, TuningRecord
from db.repositories import Jobs, Tunings
from models.config import Setting
from models.fusion import FUSIONS
from models.recommenders import RECOMMENDERS, ClosedFormRecommender

MOST_TRIALS = 500
JOB = "tune"


@dataclass(frozen=True)
class TuningPlan:
    """What to search. `plan` names models, fusions, data and protocol; its settings stay as they
    are, and its first seed is that of every trial."""

    plan: Plan
    trials: int = 20
    """Per strategy, the defaults among them."""
    pruning: Pruning = "median"
    name: str = ""


@dataclass(frozen=True)
class Contender:
    """One strategy of a search. `run` is a run of it with the default settings, never stored."""

    key: str
    """ "ease", "fused/late"."""
    label: str
    run: RunRecord
    plan: Plan
    space: tuple[Dimension, ...] = field(default=())

    def trials(self, budget: int) -> int:
        """One where there is nothing to choose."""
        return budget if self.space else 1


def contenders(workspace: Workspace, tuning: TuningPlan) -> tuple[Contender, ...]:
    """The strategies of a search, fully checked."""
    if not tuning.plan.models:
        raise InvalidInput("Choose at least one model.")
    if len(tuning.plan.seeds) != 1:
        raise InvalidInput("A search takes one seed; repeat the best configuration afterwards.")
    for model in tuning.plan.models:
        if RECOMMENDERS[model].cls.takes_members:
            raise InvalidInput(
                f"'{model}' weighs its members itself; there is nothing to search. Leave it out."
            )
    runs = prepare(workspace, tuning.plan)
    return tuple(contender(tuning.plan, run) for run in runs)


def contender(plan: Plan, run: RunRecord) -> Contender:
    """The strategy of a planned run; what `plan` sets is not searched."""
    fusions = (run.fusion,) if run.fusion else ()
    known = _specs(run)
    defaults = {**run.training_config, **run.fusion_config, **run.model_config}
    names = {spec.name for spec in known}
    return Contender(
        key="/".join([run.model, *fusions]),
        label=run_label(run),
        run=run,
        plan=replace(
            plan,
            models=(run.model,),
            fusions=fusions,
            settings={key: value for key, value in plan.settings.items() if key in names},
        ),
        space=search_space(known, defaults, plan.settings),
    )


def cost(workspace: Workspace, tuning: TuningPlan) -> Estimate:
    """How many trials and about how long, were none of them ended early."""
    each = [
        (found.trials(tuning.trials), estimate(workspace, found.plan))
        for found in contenders(workspace, tuning)
    ]
    basis = max((one.basis for _, one in each), key=len)
    return Estimate(sum(n for n, _ in each), sum(n * one.seconds for n, one in each), basis)


def create(workspace: Workspace, tuning: TuningPlan) -> TuningRecord:
    """Check everything and store the search; nothing is tried yet."""
    record = find_dataset(workspace, tuning.plan.dataset_id)
    if not 1 <= tuning.trials <= MOST_TRIALS:
        raise InvalidInput(f"Choose 1 to {MOST_TRIALS} trials per strategy.")
    if tuning.pruning not in PRUNINGS:
        raise InvalidInput(f"Choose how trials end early: {', '.join(PRUNINGS)}.")
    rows = contenders(workspace, tuning)
    with workspace.database.write() as session:
        taken = Tunings(session).names(record.id)
        name = (tuning.name.strip() or f"Search {len(taken) + 1}")[:80]
        plan = replace(tuning.plan, dataset_id=record.id)
        return Tunings(session).add(
            TuningRecord(
                name=name,
                dataset_id=record.id,
                plan={
                    "asked": asdict(replace(tuning, plan=plan, name=name)),
                    "strategies": [[r.key, r.label, r.trials(tuning.trials)] for r in rows],
                },
            )
        )


def start(workspace: Workspace, tuning: TuningPlan) -> tuple[TuningRecord, JobView]:
    """Store the search and queue its job."""
    record = create(workspace, tuning)
    return record, go_on(workspace, record.id)


def go_on(workspace: Workspace, tuning_id: str) -> JobView:
    """Queue a search, be it new or stopped; trials that have ended are kept."""
    record = find_tuning(workspace, tuning_id)
    if job_of(workspace, record) is not None:
        raise InvalidInput(f"'{record.name}' is under way already.")
    job = Queue(workspace.database).enqueue(
        JOB,
        f"Search '{record.name}'",
        {"tuning_id": record.id},
        dataset_id=record.dataset_id,
        device=str(torch_device(plan_from(record).plan.device)),
        max_attempts=10,
    )
    return job_view(workspace, job.id)


def keep_search(workspace: Workspace, experiment: ExperimentRecord) -> None:
    """Make room for the trials of an experiment, under its own identifier."""
    with workspace.database.write() as session:
        Tunings(session).keep(
            TuningRecord(
                id=experiment.id,
                name=experiment.name,
                dataset_id=experiment.dataset_id,
                plan={"experiment": experiment.id},
            )
        )


def find_tuning(workspace: Workspace, tuning_id: str) -> TuningRecord:
    """By id or an unambiguous beginning of one."""
    with workspace.database.read() as session:
        return Tunings(session).get(tuning_id)


def plan_from(record: TuningRecord) -> TuningPlan:
    """The plan as it was asked for."""
    stored = dict(cast(Mapping[str, object], record.plan["asked"]))
    plan = dict(cast(Mapping[str, object], stored["plan"]))
    for name in ("models", "fusions", "seeds"):
        plan[name] = tuple(cast(list[object], plan[name]))
    return TuningPlan(**{**stored, "plan": Plan(**plan)})  # type: ignore[arg-type]


def job_of(workspace: Workspace, record: TuningRecord) -> JobView | None:
    """The search's job where it waits or is under way."""
    with workspace.database.read() as session:
        jobs = Jobs(session).list(
            states=(JobState.QUEUED, JobState.RUNNING), dataset_id=record.dataset_id
        )
    mine = [job.id for job in jobs if job.payload.get("tuning_id") == record.id]
    return job_view(workspace, mine[0]) if mine else None


def _specs(run: RunRecord) -> tuple[Setting, ...]:
    """All settings that the run has."""
    entry = RECOMMENDERS[run.model]
    specs = entry.config.settings()
    specs += FUSIONS[run.fusion].config.settings() if run.fusion else ()
    solved = issubclass(entry.cls, ClosedFormRecommender)
    return specs if solved else specs + TrainingConfig.settings()
