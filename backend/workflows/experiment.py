"""An experiment: every strategy under one protocol and one budget, with baselines and controls."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from backend.data.dataset import Dataset
from backend.data.split import SplitConfig
from backend.devices import torch_device
from backend.errors import InvalidInput
from backend.jobs.queue import Queue
from backend.schema import HEADLINE_METRIC
from backend.training.config import TrainingConfig
from backend.workflows.jobviews import JobView, job_view
from backend.workflows.loading import default_encoders, find_dataset, open_dataset
from backend.workflows.training import Plan, estimate, prepare
from backend.workflows.workspace import Workspace
from db.records import ExperimentRecord
from db.repositories import Experiments
from models.config import Setting, unknown_name
from models.fusion import FUSIONS
from models.recommenders import RECOMMENDERS, ClosedFormRecommender

Role = Literal["clicks", "single", "fusion", "control"]
"""Sees clicks only (or content without meaning); reads one modality; reads all; must not win."""

BASELINES = ("popularity", "item_knn", "ease")
CONTENT = ("fused", "ease_multimodal")
"""What is compared where nobody chose: the strategies on one backbone, and the closed form that a
fusion has to beat to be worth its training."""
REFERENCE = "late"
"""The fusion in which a single modality and a control of 'fused' are trained; with one modality
all of them are a projection of the same size."""


@dataclass(frozen=True)
class ExperimentPlan:
    """What to compare. Everything empty means: the fused model with every fusion strategy, and
    multimodal EASE."""

    dataset_id: str
    name: str = ""
    models: tuple[str, ...] = ()
    """`fused` (all fusions), `fused:late`, `vbpr`, ...; models that see clicks only are added to
    the baselines."""
    encoders: Mapping[str, str] = field(default_factory=dict)
    seeds: int = 3
    budget: int = 1
    """Trials per strategy on validation; 1 trains the defaults."""
    split: str = ""
    positive: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    device: str = "auto"

    @property
    def metric(self) -> str:
        return HEADLINE_METRIC


@dataclass(frozen=True)
class Strategy:
    """One row of the matrix."""

    key: str
    role: Role
    model: str
    fusion: str | None = None
    encoders: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """ "Fused · Late fusion · image only"."""
        parts = [RECOMMENDERS[self.model].title]
        if self.fusion:
            parts.append(FUSIONS[self.fusion].title)
        if self.role == "single":
            parts.append(f"{next(iter(self.encoders))} only")
        if len(set(self.controls.values())) == 1 and set(self.controls) == set(self.encoders):
            words = {"removed": "without content", "noise": "noise for content"}
            control = next(iter(self.controls.values()))
            parts.append(words.get(control, f"all content {control}"))
        else:
            parts += [f"{modality} {control}" for modality, control in self.controls.items()]
        return " · ".join(parts)

    @property
    def solved(self) -> bool:
        """Without randomness: one seed says it all."""
        return issubclass(RECOMMENDERS[self.model].cls, ClosedFormRecommender)


@dataclass(frozen=True)
class Cost:
    """What an experiment will take, from earlier runs or a rule of thumb."""

    runs: int
    seconds: float
    basis: str


def strategies(dataset: Dataset, plan: ExperimentPlan) -> tuple[Strategy, ...]:
    """Baselines, single modalities, fusions, controls, in the order in which they are trained.

    Raises InvalidInput where the data set has fewer than two modalities: nothing to fuse.
    """
    encoders = dict(plan.encoders) or default_encoders(dataset)
    if len(encoders) < 2:
        raise InvalidInput(
            "An experiment compares ways to fuse modalities, and this data set has "
            f"{'only ' + next(iter(encoders)) if encoders else 'no content'}. Train single models "
            "on the Train page instead."
        )
    asked = plan.models or CONTENT
    clicks, content = [*BASELINES], []
    for name in asked:
        model, _, fusion = name.partition(":")
        if not RECOMMENDERS[model].cls.uses_content():
            clicks += [model] if model not in clicks else []
        else:
            content += [(model, chosen) for chosen in _fusions(model, fusion)]
    if not content:
        raise InvalidInput("Choose at least one model that reads content.")
    found = [Strategy(model, "clicks", model) for model in clicks]
    found += _singles(content, encoders)
    found += [_named("fusion", model, fusion, encoders) for model, fusion in content]
    for model in dict.fromkeys(model for model, _ in content):
        found += _controls(model, encoders)
    return tuple({strategy.key: strategy for strategy in found}.values())


def plan_of(
    experiment: ExperimentPlan, strategy: Strategy, seed: int, settings: Mapping[str, object]
) -> Plan:
    """The plan of one run of a strategy; loose settings go to the strategies that know them."""
    known = {spec.name for spec in settings_of(strategy)}
    loose = {key: value for key, value in experiment.settings.items() if key in known}
    return Plan(
        dataset_id=experiment.dataset_id,
        models=(strategy.model,),
        fusions=(strategy.fusion,) if strategy.fusion else (),
        encoders=strategy.encoders,
        controls=strategy.controls,
        split=experiment.split,
        positive=experiment.positive,
        settings={**loose, **settings},
        seeds=(seed,),
        device=experiment.device,
    )


def settings_of(strategy: Strategy) -> tuple[Setting, ...]:
    """All settings that a run of the strategy has."""
    specs = RECOMMENDERS[strategy.model].config.settings()
    if strategy.fusion:
        specs += FUSIONS[strategy.fusion].config.settings()
    return specs if strategy.solved else specs + TrainingConfig.settings()


def seeds_of(plan: ExperimentPlan, strategy: Strategy) -> range:
    """The seeds that a strategy is trained with."""
    return range(1 if strategy.solved else plan.seeds)


def cost(workspace: Workspace, plan: ExperimentPlan) -> Cost:
    """How many runs and about how long."""
    dataset = open_dataset(workspace, find_dataset(workspace, plan.dataset_id))
    runs, seconds, basis = 0, 0.0, ""
    for strategy in strategies(dataset, plan):
        one = estimate(workspace, plan_of(plan, strategy, 0, {}))
        count = len(seeds_of(plan, strategy)) + (plan.budget if plan.budget > 1 else 0)
        runs, seconds = runs + count, seconds + count * one.seconds
        basis = max(basis, one.basis, key=len)
    return Cost(runs, seconds, basis)


def create(workspace: Workspace, plan: ExperimentPlan) -> ExperimentRecord:
    """Check everything and store the experiment, with its empty matrix; nothing is trained yet."""
    record = find_dataset(workspace, plan.dataset_id)
    plan = replace(plan, dataset_id=record.id)
    if not 1 <= plan.seeds <= 20 or not 1 <= plan.budget <= 200:
        raise InvalidInput("Choose 1 to 20 seeds and a budget of 1 to 200 trials per strategy.")
    found = strategies(open_dataset(workspace, record), plan)
    SplitConfig.from_mapping({"kind": plan.split} if plan.split else {})
    for strategy in found:
        prepare(workspace, plan_of(plan, strategy, 0, {}))
    _check_settings(plan, found)
    with workspace.database.write() as session:
        experiments = Experiments(session)
        name = plan.name.strip() or f"Experiment {len(experiments.names(record.id)) + 1}"
        return experiments.add(
            ExperimentRecord(
                name=name[:80],
                dataset_id=record.id,
                plan=asdict(replace(plan, name=name[:80])),
                cells={s.key: {"role": s.role, "label": s.label, "runs": {}} for s in found},
            )
        )


def start(workspace: Workspace, plan: ExperimentPlan) -> tuple[ExperimentRecord, JobView]:
    """Store the experiment and queue its job."""
    record = create(workspace, plan)
    job = Queue(workspace.database).enqueue(
        "experiment",
        f"Experiment '{record.name}'",
        {"experiment_id": record.id},
        dataset_id=record.dataset_id,
        device=str(torch_device(plan.device)),
        max_attempts=10,
    )
    return record, job_view(workspace, job.id)


def plan_from(record: ExperimentRecord) -> ExperimentPlan:
    """The plan as it was asked for."""
    values = dict(record.plan)
    values["models"] = tuple(values["models"])  # type: ignore[arg-type]
    return ExperimentPlan(**values)  # type: ignore[arg-type]


def find_experiment(workspace: Workspace, experiment_id: str) -> ExperimentRecord:
    """By id or an unambiguous beginning of one."""
    with workspace.database.read() as session:
        return Experiments(session).get(experiment_id)


def runs_of(cell: Mapping[str, object]) -> dict[str, str]:
    """ "seed 0", "trial 1", ... of a cell of the matrix -> id of the run."""
    runs = cell.get("runs") or {}
    assert isinstance(runs, Mapping)
    return {str(name): str(run) for name, run in runs.items()}


def list_experiments(workspace: Workspace, dataset_id: str) -> tuple[ExperimentRecord, ...]:
    """Newest first."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        return Experiments(session).list(record.id)


def _fusions(model: str, fusion: str) -> tuple[str | None, ...]:
    if not RECOMMENDERS[model].cls.takes_fusion:
        if fusion:
            raise InvalidInput(f"'{model}' takes no fusion; write '{model}' alone.")
        return (None,)
    if fusion:
        return (FUSIONS[fusion].name,)
    return FUSIONS.names()


def _reference(model: str) -> str | None:
    return REFERENCE if RECOMMENDERS[model].cls.takes_fusion else None


def _named(
    role: Role,
    model: str,
    fusion: str | None,
    encoders: Mapping[str, str],
    controls: Mapping[str, str] | None = None,
) -> Strategy:
    parts = [model, *([fusion] if fusion else [])]
    if role == "single":
        parts.append(next(iter(encoders)))
    parts += [f"{control} {modality}" for modality, control in (controls or {}).items()]
    return Strategy("/".join(parts), role, model, fusion, dict(encoders), dict(controls or {}))


def _singles(
    content: list[tuple[str, str | None]], encoders: Mapping[str, str]
) -> Iterator[Strategy]:
    for model in dict.fromkeys(model for model, _ in content):
        fusion = _reference(model)
        for modality, encoder in encoders.items():
            yield _named("single", model, fusion, {modality: encoder})


def _controls(model: str, encoders: Mapping[str, str]) -> Iterator[Strategy]:
    """No content at all is a click-only rival; shuffled and noisy content must not beat it."""
    fusion = _reference(model)
    yield _named("clicks", model, fusion, encoders, dict.fromkeys(encoders, "removed"))
    for modality in encoders:
        yield _named("control", model, fusion, encoders, {modality: "shuffled"})
    for control in ("shuffled", "noise"):
        yield _named("control", model, fusion, encoders, dict.fromkeys(encoders, control))


def _check_settings(plan: ExperimentPlan, found: tuple[Strategy, ...]) -> None:
    known = {spec.name for strategy in found for spec in settings_of(strategy)}
    for key in plan.settings:
        if key not in known:
            raise unknown_name("setting", key, sorted(known))
