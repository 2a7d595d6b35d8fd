"""Does this model read my images? Measured by interventions, never taken from its declaration."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Final, Literal

import numpy as np
import torch

from backend import __version__
from backend.durable import file_sha256, write_durably
from backend.errors import InvalidInput
from backend.evaluation.evaluator import evaluate_ranking
from backend.evaluation.significance import Difference, paired_difference, seeded_difference
from backend.explain.interventions import Measured, Tables, read_modality
from backend.features.controls import REMOVED
from backend.progress import Report, silent
from backend.schema import HEADLINE_METRIC, Modality, SplitName
from backend.training.checkpoint import load_tensors
from backend.training.trainer import MODEL_FILE
from backend.workflows.execution import environment, execute_run
from backend.workflows.experimenting import alike, fingerprint
from backend.workflows.labels import run_label
from backend.workflows.loading import (
    LoadedRun,
    artefact_path,
    build_model,
    default_encoders,
    find_dataset,
    load_run,
    open_dataset,
    per_user_values,
)
from backend.workflows.workspace import Workspace
from db.errors import RecordNotFound
from db.records import ArtefactRecord, RunRecord, RunState
from db.repositories import Runs
from models.recommenders import Embeddings, Recommender

Use = Literal["none", "training", "graph", "inference"]
PROBE_FILE: Final = "probe.json"
_CUTOFF: Final = 20
_ALPHA: Final = 0.05


@dataclass(frozen=True)
class Effect:
    """What one intervention costs: `drop` of the metric, positive where lists became worse.

    `kind`: removed, shuffled, noise, mean (content changed when lists are made); graph, apart
    (shuffled in the graph of alike items alone, everywhere else alone); retrained, retrained
    shuffled (trained anew without it, or without its meaning). `moved`: share of the places of the
    lists with another item; None where a model was trained anew.
    """

    kind: str
    drop: float
    low: float
    high: float
    p_value: float
    moved: float | None

    @property
    def shown(self) -> bool:
        """Beyond chance, to either side."""
        return (self.low > 0 or self.high < 0) and self.p_value < _ALPHA


@dataclass(frozen=True)
class ModalityUse:
    """One modality: where it is read, and what the lists lose without it."""

    modality: str
    use: Use
    effect: Effect | None
    """The one that `use` is measured by; None for a model that was given no such content."""
    effects: tuple[Effect, ...]
    sentence: str


@dataclass(frozen=True)
class Probe:
    """What a run reads. `seeds`: how many trainings with and without each figure rests on."""

    run_id: str
    metric: str
    value: float
    users: int
    seeds: int
    modalities: tuple[ModalityUse, ...]

    @property
    def sentence(self) -> str:
        """The answer of all modalities."""
        return " ".join(found.sentence for found in self.modalities)


def probe(
    workspace: Workspace,
    run_id: str,
    *,
    retrain: bool = False,
    seeds: int = 1,
    report: Report = silent,
) -> Probe:
    """Change each modality of a finished run in every way, and store what came of it.

    A modality that lists do not read is taken from training too, with equal settings and seed;
    `retrain` does so for every modality. Finished trainings of that kind are used again.
    """
    loaded = load_run(workspace, run_id)
    if loaded.record.objective != "ranking":
        raise InvalidInput(
            "The probe looks at lists, and this run predicts ratings. Train it for ranking."
        )
    if not 1 <= seeds <= 20:
        raise InvalidInput("Choose 1 to 20 seeds.")
    looked_at = _Probing(workspace, loaded, retrain, seeds)
    found = looked_at.all(report)
    _store(workspace, loaded.record, found)
    return found


def stored_probe(workspace: Workspace, run_id: str) -> Probe | None:
    """What the last probe of a run found; None where it never was probed."""
    with workspace.database.read() as session:
        run = Runs(session).get(run_id)
        known = PROBE_FILE in Runs(session).artefacts(run.id)
    if not known:
        return None
    values = json.loads(artefact_path(workspace, run, PROBE_FILE).read_text(encoding="utf-8"))
    modalities = tuple(_use_from(each) for each in values.pop("modalities"))
    return Probe(modalities=modalities, **values)


class _Probing:
    """One probe under way."""

    def __init__(self, workspace: Workspace, loaded: LoadedRun, retrain: bool, seeds: int) -> None:
        self.workspace, self.loaded = workspace, loaded
        self.retrain, self.seeds = retrain, seeds
        self.base = self._measure(loaded.embeddings)
        path = artefact_path(workspace, loaded.record, MODEL_FILE)
        self.weights, _ = load_tensors(path, torch.device("cpu"))

    def all(self, report: Report) -> Probe:
        """Every modality that the data set has."""
        record = self.loaded.record
        dataset = open_dataset(self.workspace, find_dataset(self.workspace, record.dataset_id))
        names = list(dict.fromkeys((*record.encoders, *default_encoders(dataset))))
        found = tuple(
            self._one(Modality(name), _part(report, place, len(names)))
            for place, name in enumerate(names)
        )
        report("Finished", 1.0)
        return Probe(
            run_id=record.id,
            metric=HEADLINE_METRIC,
            value=float(self.base.values.mean()) if len(self.base.values) else 0.0,
            users=len(self.base.values),
            seeds=self.seeds,
            modalities=found,
        )

    def _one(self, modality: Modality, report: Report) -> ModalityUse:
        if modality not in self.loaded.data.features:
            return ModalityUse(modality, "none", None, (), _sentence(modality, "none", None))
        report(f"Changing the {modality}", 0.0)
        reading = read_modality(
            self._build, self.loaded.data.features, modality, self._measure, self.base, seed=0
        )
        effects = [self._effect(kind, changed) for kind, changed in reading.changed.items()]
        use: Use = "none" if reading.place == "nowhere" else reading.place
        main = effects[0]
        if use == "none" or self.retrain:
            anew = self._retrained(modality, "retrained", REMOVED, report)
            effects.append(anew)
            if use == "none":
                main = anew
                if anew.shown:
                    # What a loss over any vectors does to training is no reading of this content.
                    meaning = self._retrained(modality, "retrained shuffled", "shuffled", report)
                    effects.append(meaning)
                    use = "training" if meaning.shown else "none"
        return ModalityUse(modality, use, main, tuple(effects), _sentence(modality, use, main))

    def _build(self, tables: Tables) -> Recommender:
        model = build_model(self.loaded.record, replace(self.loaded.data, features=tables))
        model.load_state_dict(self.weights)
        return model

    def _measure(self, embeddings: Embeddings) -> Measured:
        split = self.loaded.split
        ranked = evaluate_ranking(
            embeddings,
            split.train,
            split.test,
            cutoffs=(_CUTOFF,),
            candidates=split.candidates.get(SplitName.TEST),
        )
        values = ranked.per_user[HEADLINE_METRIC].astype(np.float64)
        return Measured(values, ranked.top[:, :_CUTOFF])

    def _effect(self, kind: str, changed: Measured) -> Effect:
        difference = paired_difference(self.base.values, changed.values)
        return _effect_of(kind, difference, self.base.moved(changed))

    def _retrained(self, modality: Modality, kind: str, control: str, report: Report) -> Effect:
        """The run and its control, each with every seed; those that exist are not trained again."""
        run = self.loaded.record
        numbers = range(run.seed, run.seed + self.seeds)
        plain = [run, *(self._trained(replace(run, seed=n), report) for n in numbers[1:])]
        controls = {**run.controls, str(modality): control}
        without = [self._trained(replace(run, seed=n, controls=controls), report) for n in numbers]
        return _effect_of(
            kind, seeded_difference(self._stacked(plain), self._stacked(without)), None
        )

    def _stacked(self, runs: list[RunRecord]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        rows = [per_user_values(self.workspace, run)[1][HEADLINE_METRIC] for run in runs]
        return np.stack(rows).astype(np.float64)

    def _trained(self, like: RunRecord, report: Report) -> RunRecord:
        planned = _untrained(like)
        before = alike(self.workspace, planned, RunState.DONE)
        if before:
            return before[0]
        with self.workspace.database.write() as session:
            try:
                Runs(session).get(planned.id)
            except RecordNotFound:
                Runs(session).add(planned)
        return execute_run(
            self.workspace, planned.id, lambda what, done: report(f"{planned.name}: {what}", done)
        )


def _untrained(like: RunRecord) -> RunRecord:
    """A new run of these settings. Its name in the database follows from what it is, so that a
    probe that was killed goes on with the training it had begun."""
    planned = replace(
        like,
        state=RunState.QUEUED,
        error=None,
        best_epoch=None,
        epochs=0,
        seconds=0.0,
        parameters=0,
        code_version=__version__,
        environment=environment(),
        created_at=datetime.now(UTC),
        started_at=None,
        finished_at=None,
        metrics={},
        validation={},
    )
    story = f"probe {planned.dataset_id} {fingerprint(planned)}"
    return replace(
        planned, id=hashlib.sha256(story.encode()).hexdigest()[:8], name=run_label(planned)
    )


def _effect_of(kind: str, d: Difference, moved: float | None) -> Effect:
    return Effect(kind, d.value, d.low, d.high, d.p_value, moved)


_NAMES: Final[Mapping[str, str]] = {
    "image": "pictures",
    "text": "descriptions",
    "audio": "sounds",
    "video": "videos",
    "attributes": "properties",
    "reviews": "reviews",
}
_PLACES: Final[Mapping[Use, str]] = {
    "inference": "when a list is made",
    "graph": "through a graph of items that are alike",
    "training": "in training only, and no list looks at them again",
}


def _sentence(modality: str, use: Use, effect: Effect | None) -> str:
    """For a manager, from the numbers alone."""
    name = _NAMES.get(modality, modality)
    if effect is None:
        return f"The {name} are not read: this model was not given them."
    change = f"NDCG@20 changes by {_range(-effect.drop, -effect.high, -effect.low)}"
    if use == "none":
        same = f"The {name} are not read: lists are the same whatever they contain"
        if effect.shown:
            return f"{same}. Trained without any, {change}; vectors without meaning do as much."
        return f"{same}, and it is not shown that training needs them: without them {change}."
    if not effect.shown:
        return (
            f"The {name} are read {_PLACES[use]}, but it is not shown that they help: without them "
            f"{change}."
        )
    if effect.drop < 0:
        risen = _range(-effect.drop, -effect.high, -effect.low)
        return (
            f"The {name} do harm: without them NDCG@20 rises by {risen}. "
            f"They are read {_PLACES[use]}."
        )
    fallen = _range(effect.drop, effect.low, effect.high)
    return (
        f"The {name} matter: without them NDCG@20 falls by {fallen}. They are read {_PLACES[use]}."
    )


def _range(value: float, low: float, high: float) -> str:
    """ ".021 [.017, .025]"."""
    return f"{_figure(value)} [{_figure(low)}, {_figure(high)}]"


def _figure(value: float) -> str:
    """ ".021", with a true minus."""
    text = f"{abs(value):.3f}".removeprefix("0")
    return f"\N{MINUS SIGN}{text}" if value < 0 and float(text) > 0 else text


def _part(report: Report, done: int, total: int) -> Callable[[str, float], None]:
    return lambda what, fraction: report(what, (done + fraction) / max(1, total))


def _store(workspace: Workspace, run: RunRecord, found: Probe) -> None:
    path = workspace.settings.runs / run.id / PROBE_FILE
    text = json.dumps(asdict(found), indent=2)
    write_durably(path, lambda file: file.write(text.encode()))
    relative = str(path.relative_to(workspace.settings.home))
    with workspace.database.write() as session:
        Runs(session).put_artefact(
            ArtefactRecord(run.id, PROBE_FILE, relative, file_sha256(path), path.stat().st_size)
        )


def _use_from(values: Mapping[str, object]) -> ModalityUse:
    given = dict(values)
    effect = given["effect"]
    given["effect"] = Effect(**effect) if effect else None  # type: ignore[arg-type]
    given["effects"] = tuple(Effect(**each) for each in given["effects"])  # type: ignore[attr-defined]
    return ModalityUse(**given)  # type: ignore[arg-type]
