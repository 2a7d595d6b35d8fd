"""What a report on an experiment says: everything that its readers need, without a workspace."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend.data.dataset import Dataset, SplitData
from backend.errors import InvalidInput
from backend.workflows.audit import audit_experiment
from backend.workflows.experiment import ExperimentPlan, find_experiment, plan_from, runs_of
from backend.workflows.experiment_measures import Measures, measures
from backend.workflows.experiment_verdict import ExperimentVerdict
from backend.workflows.experiment_view import ExperimentView, view
from backend.workflows.health import leaks
from backend.workflows.labels import protocol_label
from backend.workflows.loading import find_dataset, make_split, modalities_of, open_dataset
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord
from db.repositories import Runs


@dataclass(frozen=True)
class DataFacts:
    """What the experiment was done on."""

    name: str
    origin: str
    """ "generated (scenario shop), with a known truth" or "imported"."""
    fingerprint: str
    users: int
    items: int
    interactions: int
    modalities: Mapping[str, float]
    """Share of the items that have it."""
    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class RunFacts:
    """One training of the experiment, enough to find and repeat it."""

    id: str
    strategy: str
    name: str
    """ "seed 0", "trial 1"."""
    settings: Mapping[str, str]
    test: float | None
    validation: float | None
    seconds: float


@dataclass(frozen=True)
class ReportContents:
    """An experiment that has its verdict; `view` is what the page shows."""

    view: ExperimentView
    verdict: ExperimentVerdict
    question: str
    data: DataFacts
    protocol: tuple[str, ...]
    """Sentences."""
    limits: tuple[str, ...]
    """Sentences."""
    measures: Measures
    runs: tuple[RunFacts, ...]
    commands: tuple[str, ...]
    environment: Mapping[str, str]
    """Versions that the numbers may depend on."""


def contents(workspace: Workspace, experiment_id: str) -> ReportContents:
    """Raises InvalidInput while the experiment has no verdict."""
    found = view(workspace, experiment_id)
    if found.verdict is None:
        raise InvalidInput(
            f"'{found.name}' has no verdict yet, and a report is made of that. Wait until the "
            "experiment has finished, or start it again where it failed."
        )
    record = find_experiment(workspace, found.id)
    plan, data = plan_from(record), find_dataset(workspace, record.dataset_id)
    dataset = open_dataset(workspace, data)
    named = {run: (k, n) for k, cell in record.cells.items() for n, run in runs_of(cell).items()}
    with workspace.database.read() as session:
        runs = Runs(session).many(list(named))
    split = make_split(dataset, runs[0])
    labels = {key: str(cell["label"]) for key, cell in record.cells.items()}
    return ReportContents(
        view=found,
        verdict=found.verdict,
        question=_question(data.name, runs),
        data=_facts(data, dataset, split),
        protocol=tuple(_protocol(plan, runs[0])),
        limits=(
            *_limits(plan, data, found.verdict),
            *(f"Data: {leak.sentence} {leak.why}" for leak in leaks(workspace, data.id)),
            *(f"Numbers: {odd.sentence}" for odd in audit_experiment(workspace, found.id)),
        ),
        measures=measures(workspace, found.id),
        runs=tuple(
            _run(run, labels[named[run.id][0]], named[run.id][1], plan.metric) for run in runs
        ),
        commands=(_source(data), found.command, f"python -m backend report {found.id} report"),
        environment={
            "code": runs[0].code_version,
            **{k: str(v) for k, v in runs[0].environment.items()},
        },
    )


def _question(dataset: str, runs: tuple[RunRecord, ...]) -> str:
    modalities = list(dict.fromkeys(m for run in runs for m in run.encoders))
    joined = ", ".join(modalities[:-1]) + f" and {modalities[-1]}"
    return (
        f"Is it worth fusing {joined} on '{dataset}': are the recommendations better than with one "
        "of them alone, and better than with clicks alone?"
    )


def _facts(record: DatasetRecord, dataset: Dataset, split: SplitData) -> DataFacts:
    origin = "imported"
    if record.scenario:
        origin = f"generated (scenario {record.scenario}), so that its truth is known"
    return DataFacts(
        record.name,
        origin,
        record.fingerprint,
        record.users,
        record.items,
        record.interactions,
        {str(m): float(dataset.present(m).mean()) for m in modalities_of(dataset)},
        len(split.train.users),
        len(split.validation.users),
        len(split.test.users),
    )


def _protocol(plan: ExperimentPlan, run: RunRecord) -> Iterator[str]:
    yield f"Tested by: {protocol_label(run)}. All strategies see the same parts."
    yield (
        "Every item that a person has not chosen in training is a candidate: nothing is sampled "
        "for the ranking."
    )
    tries = "its defaults" if plan.budget == 1 else f"{plan.budget} settings, the same budget"
    yield (
        f"Each strategy was trained with {tries}, and with {plan.seeds} "
        f"{'seed' if plan.seeds == 1 else 'seeds'} where chance plays a part. Settings, epoch, "
        "best fusion and best rivals were chosen on the validation part alone."
    )
    yield (
        "The interval of a gain comes from a paired bootstrap over people and seeds (95 %), the "
        "p-values are corrected for the number of rivals (Holm)."
    )
    yield (
        "Fusion is called worth it only where the gain over the best single modality and over the "
        "best model of clicks is shown; it is called harmful where a rival is better beyond chance."
    )


def _limits(plan: ExperimentPlan, data: DatasetRecord, verdict: ExperimentVerdict) -> Iterator[str]:
    yield (
        "One data set, offline: what people would have chosen had they seen other lists is not "
        "known, and other data may answer otherwise."
    )
    if plan.seeds == 1:
        yield "One seed only: how much chance in training matters was not measured."
    if plan.budget == 1:
        yield (
            "Defaults were compared. With tuned settings the order of strategies that lie close "
            "may change."
        )
    if data.has_truth:
        yield "The data are generated. They show that a method works, not that a market does."
    if verdict.more_users:
        yield (
            f"{verdict.users:,} people were tested; about {verdict.more_users:,} more would be "
            "needed to tell this gain from chance, if it is real."
        )
    for why in verdict.failed.values():
        yield f"One strategy is missing because it could not be trained: {why}"


def _run(run: RunRecord, strategy: str, name: str, metric: str) -> RunFacts:
    configs = (run.split, run.model_config, run.fusion_config, run.training_config)
    settings: dict[str, object] = {f"encoder ({m})": e for m, e in run.encoders.items()}
    settings |= {f"control ({m})": c for m, c in run.controls.items()}
    for config in configs:
        settings |= config
    return RunFacts(
        run.id,
        strategy,
        name,
        {key: str(value) for key, value in settings.items()},
        run.metrics.get(metric),
        run.validation.get(metric),
        run.seconds,
    )


def _source(record: DatasetRecord) -> str:
    """The command that makes the data set, or the one to import the same files with."""
    name = f"--name {shlex.quote(record.name)}"
    if record.scenario is None:
        return f"python -m backend import PATH-OF-THE-SAME-FILES {name}"
    settings = " ".join(
        f"--set {shlex.quote(f'{key}={value}')}" for key, value in record.config.items()
    )
    return f"python -m backend demo --scenario {record.scenario} {name} {settings}"
