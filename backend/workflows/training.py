"""What the Train page does: choose, estimate, start, watch, cancel, resume."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import product
from typing import TypeVar, get_args

from sqlalchemy.orm import Session

from backend import __version__
from backend.data.dataset import Dataset
from backend.data.split import SplitConfig
from backend.devices import torch_device
from backend.errors import InvalidInput
from backend.features.controls import check_control
from backend.features.encoders import OPTIONAL, encoders_for, parse_encoder
from backend.jobs.queue import Queue
from backend.schema import Col, Modality, Objective
from backend.training.config import TrainingConfig, training_config
from backend.workflows.ensembling import as_ensemble, is_ensemble
from backend.workflows.execution import environment
from backend.workflows.jobviews import JobView, job_view, job_views
from backend.workflows.labels import run_label
from backend.workflows.loading import (
    by_run,
    default_encoders,
    find_dataset,
    find_run,
    liked,
    make_split,
    modalities_of,
    objectives_of,
    open_dataset,
)
from backend.workflows.raw_content import encoders_of, learning_cost
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, EpochRecord, JobRecord, JobState, RunRecord, RunState
from db.repositories import Jobs, Runs
from models.config import Config, Setting, Value, unknown_name
from models.encoders import ENCODERS
from models.fusion import FUSIONS
from models.recommenders import RECOMMENDERS, ClosedFormRecommender, Recommender
from models.registry import Entry

T = TypeVar("T")


@dataclass(frozen=True)
class Choice:
    """One option of a form, with what a person wants to know about it and its settings."""

    name: str
    title: str
    summary: str
    settings: tuple[Setting, ...]
    reads_content: bool = False
    """Whether a model needs encoded content, be it in training alone."""
    takes_fusion: bool = False
    takes_members: bool = False
    """Whether finished runs go into it."""
    learns_to_read: bool = False
    """Whether it reads pictures and texts itself, whatever encoder is chosen for them."""


@dataclass(frozen=True)
class Choices:
    """All that can be chosen for a data set."""

    models: tuple[Choice, ...]
    fusions: tuple[Choice, ...]
    encoders: Mapping[str, tuple[Choice, ...]]
    """Per modality that the data set has; the first is the default."""
    optional: frozenset[str]
    """Modalities among them that are left out where nobody chose."""
    training: tuple[Setting, ...]
    splits: tuple[str, ...]
    """What this data set allows, the default first ("given" where a split column exists)."""
    objectives: tuple[str, ...]
    """"ranking" first; "rating" only where ratings vary, "ctr" only where they tell of clicks."""
    default_positive: str
    """"rating>=4" for explicit ratings, "rating>=1" for logged clicks, else ""."""


@dataclass(frozen=True)
class Plan:
    """Runs to start: the product of models (x fusions for models that take one) and seeds."""

    dataset_id: str
    models: tuple[str, ...]
    fusions: tuple[str, ...] = ()
    encoders: Mapping[str, str] = field(default_factory=dict)
    """Modality -> encoder; empty: the defaults for every modality the data set has."""
    controls: Mapping[str, str] = field(default_factory=dict)
    """Modality -> "shuffled" or "noise": its features lose their meaning and nothing else, so that
    a run can be set against one that has it."""
    objective: str = "ranking"
    split: str = ""
    """Empty: the data set's default."""
    positive: str | None = None
    """None: the data set's default."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Loose keys, each handed to the config that knows it; a typo raises ConfigError."""
    seeds: tuple[int, ...] = (0,)
    device: str = "auto"


@dataclass(frozen=True)
class Estimate:
    """What a plan will cost."""

    runs: int
    seconds: float
    basis: str
    """Where the figure comes from, in words."""
    memory: float = 0.0
    """MiB that the largest run takes beyond the program itself; 0 where it is not worth telling."""


@dataclass(frozen=True)
class RunProgress:
    """A run with its curve and where it stands."""

    run: RunRecord
    label: str
    job: JobView | None
    epochs: tuple[EpochRecord, ...]
    max_epochs: int


def choices(workspace: Workspace, dataset_id: str) -> Choices:
    """What the forms offer for this data set."""
    record = find_dataset(workspace, dataset_id)
    dataset = open_dataset(workspace, record)
    objectives = objectives_of(dataset)
    models = [
        _choice(entry) for entry in RECOMMENDERS.entries() if entry.cls.objectives & set(objectives)
    ]
    return Choices(
        models=tuple(models),
        fusions=tuple(_choice(entry) for entry in FUSIONS.entries()),
        encoders={
            str(m): tuple(_choice(ENCODERS[name]) for name in encoders_for(dataset, m))
            for m in modalities_of(dataset)
            if encoders_for(dataset, m)
        },
        optional=frozenset(map(str, OPTIONAL)),
        training=TrainingConfig.settings(),
        splits=_splits(dataset),
        objectives=objectives,
        default_positive=liked(dataset),
    )


def estimate(workspace: Workspace, plan: Plan) -> Estimate:
    """From earlier runs of the same model on this data set, else a rule of thumb."""
    record = find_dataset(workspace, plan.dataset_id)
    specs = _combinations(plan)
    with workspace.database.read() as session:
        done = Runs(session).list(dataset_id=record.id, state=RunState.DONE)
    known: dict[tuple[str, str | None], float] = {}
    for run in done:
        known.setdefault((run.model, run.fusion), run.seconds or 0.0)
    seconds, memory = 0.0, 0.0
    guessed = False
    for model, fusion, _ in specs:
        entry = RECOMMENDERS[model]
        learning = learning_cost(
            entry,
            _pick(entry.config, plan.settings),
            _pick(TrainingConfig, plan.settings),
            record,
        )
        memory = max(memory, learning.memory)
        if (model, fusion) in known:
            seconds += known[model, fusion]
        else:
            guessed = True
            seconds += _rule_of_thumb(model, record) + learning.seconds
    basis = (
        "a rule of thumb; it becomes exact once each model was trained here"
        if guessed
        else "earlier runs of the same models on this data set"
    )
    return Estimate(len(specs), seconds, basis, memory)


def start(workspace: Workspace, plan: Plan) -> tuple[RunRecord, ...]:
    """Validate everything first, then queue one job per run; encoding happens inside the job."""
    runs = prepare(workspace, plan)
    queue_runs(workspace, runs)
    return runs


def queue_runs(workspace: Workspace, runs: Sequence[RunRecord]) -> None:
    """Store runs and their jobs in one transaction: all of them or none."""
    with workspace.database.write() as session:
        for run in runs:
            Runs(session).add(run)
            _add_job(session, run, "Train")


def _add_job(session: Session, run: RunRecord, verb: str) -> JobRecord:
    return Jobs(session).add(
        "train",
        f"{verb} {run.name}",
        {"run_id": run.id},
        dataset_id=run.dataset_id,
        run_id=run.id,
        device=str(torch_device(run.device)),
    )


def prepare(workspace: Workspace, plan: Plan) -> tuple[RunRecord, ...]:
    """The runs of a plan, fully checked (settings, encoders, split), neither stored nor queued."""
    record = find_dataset(workspace, plan.dataset_id)
    dataset = open_dataset(workspace, record)
    if not plan.models:
        raise InvalidInput("Choose at least one model.")
    encoders = dict(plan.encoders) or default_encoders(dataset)
    _check_encoders(encoders, dataset)
    _check_controls(plan.controls, encoders)
    _check_objective(plan.objective, dataset)
    torch_device(plan.device)
    runs = [
        _new_run(plan, record, dataset, encoders, model, fusion, seed)
        for model, fusion, seed in _combinations(plan)
    ]
    runs = [as_ensemble(workspace, run, plan.split) if is_ensemble(run) else run for run in runs]
    used = set().union(*(_known_keys(run) for run in runs))
    for key in plan.settings:
        if key not in used:
            raise unknown_name("setting", key, sorted(used))
    make_split(dataset, runs[0])
    return tuple(runs)


def progress(workspace: Workspace, dataset_id: str, limit: int = 50) -> tuple[RunProgress, ...]:
    """Active runs first, then the latest ended ones."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        runs = Runs(session).list(dataset_id=record.id, limit=limit)
        epochs = by_run(Runs(session).epochs([run.id for run in runs]))
        jobs = {job.run_id: job for job in job_views(session, dataset_id=record.id)}
    active = {RunState.QUEUED: 1, RunState.RUNNING: 0}
    ordered = sorted(runs, key=lambda run: active.get(run.state, 2))
    return tuple(
        RunProgress(
            run,
            run_label(run),
            jobs.get(run.id),
            tuple(epochs.get(run.id, ())),
            _max_epochs(run),
        )
        for run in ordered
    )


def cancel(workspace: Workspace, run_id: str) -> None:
    """Ask the run to stop at its next checkpoint; it can be resumed."""
    run = find_run(workspace, run_id)
    with workspace.database.read() as session:
        jobs = Jobs(session).list((JobState.QUEUED, JobState.RUNNING), run_id=run.id)
    if not jobs:
        raise InvalidInput(f"Run '{run.name}' is {run.state}; there is nothing to stop.")
    for job in jobs:
        cancel_job(workspace, job.id)


def cancel_job(workspace: Workspace, job_id: str) -> JobView:
    """Ask a job to stop; one that waits is cancelled at once, its run with it."""
    job = Queue(workspace.database).request_cancel(job_view(workspace, job_id).id)
    if job.run_id and job.state is JobState.CANCELLED:
        with workspace.database.write() as session:
            Runs(session).update(job.run_id, state=RunState.CANCELLED)
    return job_view(workspace, job.id)


def resume(workspace: Workspace, run_id: str) -> JobView:
    """Queue a cancelled or failed run again from its checkpoint."""
    run = find_run(workspace, run_id)
    if run.state not in (RunState.CANCELLED, RunState.FAILED):
        raise InvalidInput(f"Run '{run.name}' is {run.state}; only stopped runs can be resumed.")
    with workspace.database.write() as session:
        Runs(session).update(run.id, state=RunState.QUEUED, error=None)
        job = _add_job(session, run, "Resume")
    return job_view(workspace, job.id)


def _max_epochs(run: RunRecord) -> int:
    """1 for models that are solved in one go."""
    if issubclass(RECOMMENDERS[run.model].cls, ClosedFormRecommender):
        return 1
    return int(str(run.training_config["epochs"]))


def _combinations(plan: Plan) -> list[tuple[str, str | None, int]]:
    """(model, fusion or None, seed) for every run of the plan."""
    found: list[tuple[str, str | None, int]] = []
    for model in plan.models:
        takes = RECOMMENDERS[model].cls.takes_fusion
        fusions: tuple[str | None, ...] = (plan.fusions or ("early_concat",)) if takes else (None,)
        for fusion in fusions:
            if fusion is not None:
                _ = FUSIONS[fusion]
        found += [(model, fusion, seed) for fusion, seed in product(fusions, plan.seeds)]
    return found


def _new_run(
    plan: Plan,
    record: DatasetRecord,
    dataset: Dataset,
    encoders: Mapping[str, str],
    model: str,
    fusion: str | None,
    seed: int,
) -> RunRecord:
    entry = RECOMMENDERS[model]
    if plan.objective not in entry.cls.objectives:
        raise InvalidInput(
            f"{entry.title} does not do '{plan.objective}'. "
            f"It does: {', '.join(sorted(entry.cls.objectives))}."
        )
    positive = plan.positive
    if positive is None:
        positive = liked(dataset) if plan.objective == "ranking" else ""
    split = SplitConfig.from_mapping(
        {"kind": plan.split or _splits(dataset)[0], "positive": positive}
    )
    settings = entry.config.from_mapping(_pick(entry.config, plan.settings))
    training = training_config(entry.cls, _pick(TrainingConfig, plan.settings))
    run = RunRecord(
        id=secrets.token_hex(4),
        name="",
        dataset_id=record.id,
        dataset_fingerprint=record.fingerprint,
        model=model,
        fusion=fusion,
        encoders=encoders_of(entry, settings, encoders, dataset),
        controls=dict(plan.controls) if entry.cls.uses_content() else {},
        objective=plan.objective,
        split=split.to_mapping(),
        model_config=settings.to_mapping(),
        fusion_config=_configured(FUSIONS[fusion].config, plan.settings) if fusion else {},
        training_config=training.to_mapping(),
        seed=seed,
        state=RunState.QUEUED,
        device=plan.device,
        code_version=__version__,
        environment=environment(),
        created_at=datetime.now(UTC),
    )
    return replace(run, name=run_label(run))


def _configured(config: type[Config], settings: Mapping[str, object]) -> dict[str, Value]:
    return config.from_mapping(_pick(config, settings)).to_mapping()


def _pick(config: type[Config], settings: Mapping[str, object]) -> dict[str, object]:
    names = {spec.name for spec in config.settings()}
    return {key: value for key, value in settings.items() if key in names}


def _known_keys(run: RunRecord) -> set[str]:
    return {*run.model_config, *run.fusion_config, *run.training_config}


def _check_encoders(encoders: Mapping[str, str], dataset: Dataset) -> None:
    there = {str(m) for m in modalities_of(dataset)}
    for modality, spec in encoders.items():
        if modality not in there:
            raise InvalidInput(
                f"This data set has no {modality}. It has: {', '.join(sorted(there)) or 'none'}."
            )
        name, _ = parse_encoder(spec)
        able = encoders_for(dataset, Modality(modality))
        if name not in able:
            raise InvalidInput(
                f"The encoder '{name}' does not read {modality} here; use "
                f"{', '.join(able) or 'another modality'}."
            )


def _check_objective(objective: str, dataset: Dataset) -> None:
    able = objectives_of(dataset)
    if objective in able or objective not in get_args(Objective):
        return
    lacking = {
        "rating": "Rating prediction needs ratings that differ, in a column named rating",
        "ctr": "Click prediction needs impressions that were clicked and others that were not, 1 "
        "and 0 in a column named click",
    }
    raise InvalidInput(
        f"{lacking[objective]}. The interactions of this data set are something else; it can learn "
        f"{' or '.join(able)}."
    )


def _check_controls(controls: Mapping[str, str], encoders: Mapping[str, str]) -> None:
    for modality, control in controls.items():
        check_control(control)
        if modality not in encoders:
            raise InvalidInput(
                f"A control for {modality} needs a model that reads it; read are: "
                f"{', '.join(sorted(encoders)) or 'none'}."
            )


def _choice(entry: Entry[T]) -> Choice:
    return Choice(
        entry.name,
        entry.title,
        entry.summary,
        entry.config.settings(),
        reads_content=issubclass(entry.cls, Recommender) and entry.cls.uses_content(),
        takes_fusion=getattr(entry.cls, "takes_fusion", False),
        takes_members=getattr(entry.cls, "takes_members", False),
        learns_to_read=issubclass(entry.cls, Recommender)
        and bool(entry.cls.raw_readers(entry.config())),
    )


def _splits(dataset: Dataset) -> tuple[str, ...]:
    given = ("given",) if Col.SPLIT in dataset.interactions.columns else ()
    timed = bool((dataset.interactions[Col.TIMESTAMP] > 0).any())
    return (*given, "random", *(("temporal", "global_time") if timed else ()), "cold_items")


def _rule_of_thumb(model: str, record: DatasetRecord) -> float:
    """Seconds on two cores, from the README's table: closed forms grow with items squared."""
    if issubclass(RECOMMENDERS[model].cls, ClosedFormRecommender):
        return 1.0 + 3.0 * (record.items / 3000) ** 2
    return 5.0 + 45.0 * record.interactions / 50_000
