"""How far to trust a run's explanations: its gate, and how many of them pass."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.data.dataset import Interactions
from backend.explain.evidence import Sample, evidence
from backend.explain.gate import CHECKS, Gate, Judgement
from backend.explain.modality_shapley import CoalitionTables
from backend.training.seeds import seeded
from backend.workflows.evidence import kept_evidence
from backend.workflows.loading import LoadedRun, build_model, coalition_tables, load_run, members_in
from backend.workflows.recommendation import rank_for
from backend.workflows.workspace import Workspace
from db.records import RunRecord, RunState
from db.repositories import Runs
from models.recommenders import ClosedFormRecommender, TrainingData

PEOPLE_JUDGED: Final = 60
LIST_LENGTH: Final = 5
"""The head of the list: what a person would ask about."""
MEASURING: Final = (
    "How far to trust this model's explanations is being measured: it is tested on held-out "
    "choices and against copies that have learned nothing."
)
_EVIDENCE_USERS: Final = 300
_REFERENCE_ITEMS: Final = 200
_OTHER_SEEDS: Final = 2


@dataclass(frozen=True)
class GateReport:
    """The gate over the first places of sampled people's lists."""

    judged: int
    shown: int
    failures: Mapping[str, int]
    """Check -> explanations for which it is the first to fail, in the order of the checks."""
    values: Mapping[str, NDArray[np.float64]]
    """Check -> what was measured, one value per explanation, where there is one."""
    learned: str
    """What held-out choices say of the whole run."""

    @property
    def share(self) -> float:
        """Of the judged explanations that may be shown; 0 where none was judged."""
        return self.shown / self.judged if self.judged else 0.0


def judge(workspace: Workspace, run_id: str, user: int, item: int) -> Judgement:
    """The gate for one person and one item of the catalogue, by dense rows."""
    return gate_of(workspace, run_id).judge(torch.tensor([user]), torch.tensor([item]))[0]


def measuring() -> Judgement:
    """What stands for a judgement while the gate's evidence is still being found."""
    return Judgement(False, MEASURING, ())


@lru_cache(maxsize=6)
def gate_of(workspace: Workspace, run_id: str) -> Gate:
    """Judged once per run, against a few copies that know nothing, and kept beside it."""
    loaded = load_run(workspace, run_id)
    tables, sample = coalition_tables(workspace, loaded.record.id), _sample(loaded)
    known = kept_evidence(
        workspace.settings.runs / loaded.record.id,
        lambda: evidence(tables, sample, lambda number: ignorant(loaded, number)),
    )
    others = (coalition_tables(workspace, run.id) for run in _other_seeds(workspace, loaded))
    return Gate(tables, sample.items, known, tuple(others))


def make_gate(
    loaded: LoadedRun, tables: CoalitionTables, others: tuple[CoalitionTables, ...] = ()
) -> Gate:
    """The gate of `tables`, a model of the run's kind, by the run's held-out choices."""
    sample = _sample(loaded)
    return Gate(
        tables, sample.items, evidence(tables, sample, lambda n: ignorant(loaded, n)), others
    )


def ignorant(loaded: LoadedRun, number: int) -> CoalitionTables:
    """The run's model without any knowledge of who likes what: before training, from other first
    weights for each `number`; a closed form, which has no before, solved with the settings that
    the run found on choices dealt out at random (Adebayo et al. 2018 randomise parameters and
    labels likewise)."""
    with seeded(loaded.record.seed, "ignorant", number):
        closed = isinstance(loaded.model, ClosedFormRecommender)
        data = _dealt(loaded, number) if closed else loaded.data
        settings = {**loaded.record.model_config, **loaded.model.found_settings}
        run = replace(loaded.record, model_config=settings)
        model = build_model(run, data, members_in(loaded.model))
        if isinstance(model, ClosedFormRecommender):
            assert isinstance(loaded.model, ClosedFormRecommender)
            with torch.no_grad():
                model.solve_beside(data, loaded.model)
    return CoalitionTables(model, {m: t.present for m, t in loaded.data.features.items()})


def _dealt(loaded: LoadedRun, number: int) -> TrainingData:
    """Everybody keeps how many, every item by how many it was taken."""
    order = np.random.default_rng([loaded.record.seed, number]).permutation(len(loaded.data.items))
    return replace(loaded.data, items=loaded.data.items[torch.from_numpy(order)])


@lru_cache(maxsize=32)
def gate_report(workspace: Workspace, run_id: str) -> GateReport:
    """Over at most 60 people who were active in training, the same at every call."""
    loaded = load_run(workspace, run_id)
    active = np.unique(loaded.split.train.users)
    people = np.random.default_rng(1).permutation(active)[:PEOPLE_JUDGED]
    pairs = [
        (int(user), int(item))
        for user in np.sort(people)
        for item in rank_for(workspace, loaded, int(user), LIST_LENGTH).items
        if item < loaded.dataset.n_items
    ]
    return report_of(gate_of(workspace, loaded.record.id), pairs)


def report_of(gate: Gate, pairs: list[tuple[int, int]]) -> GateReport:
    """The gate over these (user, item) rows."""
    users, items = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
    found = gate.judge(users, items)
    first = Counter(
        next(check.name for check in one.checks if not check.passed)
        for one in found
        if not one.faithful
    )
    return GateReport(
        judged=len(found),
        shown=sum(one.faithful for one in found),
        failures={name: first[name] for name in CHECKS if first[name]},
        values={name: _values(found, name) for name in ("curves", "baselines", "methods", "seeds")},
        learned=gate.learned().sentence,
    )


def _values(found: tuple[Judgement, ...], name: str) -> NDArray[np.float64]:
    checks = (check for one in found for check in one.checks if check.name == name)
    return np.array([check.value for check in checks if check.value is not None])


def _sample(loaded: LoadedRun) -> Sample:
    """People with held-out choices, items that stand for the catalogue; seeded."""
    rng = np.random.default_rng(0)
    held_out = _held_out(loaded)
    users = np.sort(rng.permutation(np.unique(held_out.users))[:_EVIDENCE_USERS])
    kept = np.isin(held_out.users, users)
    places = np.searchsorted(users, held_out.users[kept])
    return Sample(
        users=torch.from_numpy(users.astype(np.int64)),
        items=_reference(loaded, rng),
        held_out=torch.from_numpy(np.stack([places, held_out.items[kept]], 1).astype(np.int64)),
    )


def _held_out(loaded: LoadedRun) -> Interactions:
    """Validation choices; test choices only where the split keeps no others."""
    split = loaded.split
    return split.validation if len(split.validation.users) else split.test


def _reference(loaded: LoadedRun, rng: np.random.Generator) -> Tensor:
    chosen = rng.permutation(loaded.dataset.n_items)[:_REFERENCE_ITEMS]
    return torch.from_numpy(np.sort(chosen).astype(np.int64))


def _other_seeds(workspace: Workspace, loaded: LoadedRun) -> list[RunRecord]:
    """The newest finished runs that differ in nothing but their seed."""
    mine = _without_seed(loaded.record)
    with workspace.database.read() as session:
        done = Runs(session).list(dataset_id=loaded.record.dataset_id, state=RunState.DONE)
    alike = [run for run in done if run.seed != loaded.record.seed and _without_seed(run) == mine]
    return alike[:_OTHER_SEEDS]


def _without_seed(run: RunRecord) -> tuple[object, ...]:
    return tuple(
        getattr(run, name)
        for name in (
            "dataset_fingerprint", "model", "fusion", "encoders", "controls", "objective", "split",
            "model_config", "fusion_config", "training_config",
        )
    )  # fmt: skip
