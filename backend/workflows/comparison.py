"""What the Compare page shows: who leads, by how much, and whether that is more than noise."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise as pairwise_of

import numpy as np
from numpy.typing import NDArray

from backend.errors import InvalidInput
from backend.evaluation.metrics import METRICS, metric_of
from backend.evaluation.significance import (
    Difference,
    Interval,
    align,
    holm,
    paired_difference,
    paired_differences,
)
from backend.workflows.judging import monitored
from backend.workflows.labels import protocol_key, protocol_label, run_label
from backend.workflows.loading import (
    by_run,
    find_dataset,
    find_run,
    finished_runs,
    interval_of,
    make_split,
    open_dataset,
    per_user_values,
    values_of,
)
from backend.workflows.verdict import aligned, verdict
from backend.workflows.workspace import Workspace
from db.records import RunRecord, RunState
from db.repositories import Runs


@dataclass(frozen=True)
class LeaderRow:
    """One finished run with its test metrics."""

    run_id: str
    label: str
    model: str
    fusion: str | None
    encoders: Mapping[str, str]
    seed: int
    metrics: Mapping[str, float]
    """All test metrics."""
    score: Interval | None
    """The leaderboard's metric; low = high = value where no interval applies (coverage)."""
    seconds: float
    parameters: int
    epochs: int
    reads_content: bool


@dataclass(frozen=True)
class Protocol:
    """Runs are comparable only under one protocol: split, positives, objective."""

    key: str
    """For the URL."""
    label: str
    """"given split, ranking" in words."""
    runs: int


@dataclass(frozen=True)
class Leaderboard:
    """All comparable runs, best first on `metric`."""

    protocols: tuple[Protocol, ...]
    protocol: Protocol | None
    metric: str
    higher_is_better: bool
    rows: tuple[LeaderRow, ...]
    metrics: tuple[str, ...]
    """All metric names that any row has."""
    verdict: str
    """The finding in one or two plain sentences, as honest for a null result."""
    controls: int = 0
    """How many runs of this protocol have content without meaning; see `leaderboard`."""
    leader: str | None = None
    """Run id of the verdict's leader: chosen on validation, so not always the first row."""


@dataclass(frozen=True)
class PairedRow:
    """One run against the pinned baseline on the same users."""

    run_id: str
    label: str
    difference: Difference
    relative: float
    """Difference divided by the baseline's value."""
    adjusted_p: float
    """Holm-corrected over all rows of the table."""
    sentence: str


@dataclass(frozen=True)
class Curve:
    """A run's learning curve."""

    run_id: str
    label: str
    model: str
    fusion: str | None
    epochs: tuple[int, ...]
    loss: tuple[float, ...]
    metric: tuple[float | None, ...]
    best_epoch: int


@dataclass(frozen=True)
class ConfigDifference:
    """A setting in which the chosen runs differ; values in the order of the runs asked for."""

    setting: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Segments:
    """Mean metric per run and user segment, f[run][segment]; None where a segment is empty."""

    labels: tuple[str, ...]
    segments: tuple[str, ...]
    """"3-5 purchases" and so on: users by training interactions, in quartiles."""
    sizes: tuple[int, ...]
    values: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class MetricHelp:
    """What a metric means, for the hover and the glossary."""

    name: str
    title: str
    sentence: str
    formula: str
    source: str
    empty_case: str
    """What is said of people and lists for whom the formula has no value."""
    higher_is_better: bool


def leaderboard(
    workspace: Workspace,
    dataset_id: str,
    metric: str = "ndcg@20",
    protocol: str = "",
    *,
    controls: bool = False,
) -> Leaderboard:
    """Finished runs of one protocol (default: the one with most runs), by the metric of its
    objective where none of them has the one asked for.

    Runs whose content was shuffled, made noise of or taken away (controls of experiments, trainings
    of a probe) are there to be beaten: they take part on demand, or where there are no others.
    """
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        ids = Runs(session).ids(record.id, RunState.DONE)
    done = finished_runs(workspace, ids, metric)
    protocols = _protocols(done)
    chosen = next((p for p in protocols if p.key == protocol), protocols[0] if protocols else None)
    every = [run for run in done if chosen and protocol_key(run) == chosen.key]
    real = [run for run in every if not run.controls]
    runs = every if controls or not real else real
    if runs and not any(metric in run.metrics for run in runs):
        metric = monitored(runs[0].objective)
    measured, _ = metric_of(metric)
    ids = tuple(run.id for run in runs)
    sign = -1.0 if measured.higher_is_better else 1.0
    rows = sorted(
        _rows(workspace, ids, metric),
        key=lambda r: sign * r.metrics[metric] if metric in r.metrics else math.inf,
    )
    found = verdict(workspace, ids, metric)
    return Leaderboard(
        protocols=protocols,
        protocol=chosen,
        metric=metric,
        higher_is_better=measured.higher_is_better,
        rows=tuple(rows),
        metrics=_metric_names(rows),
        verdict=found.sentence,
        controls=len(every) - len(real),
        leader=found.leader.id if found.leader else None,
    )


def paired(
    workspace: Workspace, run_ids: tuple[str, ...], baseline: str, metric: str = "ndcg@20"
) -> tuple[PairedRow, ...]:
    """Each run against the baseline, paired over users. Raises InvalidInput across protocols."""
    reference = find_run(workspace, baseline)
    others = [run for run in (find_run(workspace, r) for r in run_ids) if run.id != reference.id]
    for run in others:
        _same_protocol(run, reference)
    differences = _against(workspace, others, reference, metric)
    adjusted = holm([difference.p_value for _, difference, _ in differences])
    return tuple(
        PairedRow(
            run.id,
            run_label(run),
            difference,
            difference.value / mean if mean else math.nan,
            float(p),
            _paired_sentence(run_label(run), run_label(reference), difference, float(p), metric),
        )
        for (run, difference, mean), p in zip(differences, adjusted, strict=True)
    )


def pairwise(
    workspace: Workspace, pairs: tuple[tuple[str, str], ...], metric: str = "ndcg@20"
) -> tuple[tuple[str, str, Difference, float], ...]:
    """(a, b, difference a - b, Holm-corrected p) for each pair of runs."""
    rows = []
    for first, second in pairs:
        a, b = find_run(workspace, first), find_run(workspace, second)
        _same_protocol(a, b)
        _, values_a, values_b = aligned(workspace, a, b, metric)
        rows.append((a.id, b.id, paired_difference(values_a, values_b)))
    adjusted = holm([difference.p_value for _, _, difference in rows])
    return tuple((a, b, d, float(p)) for (a, b, d), p in zip(rows, adjusted, strict=True))


def per_user(
    workspace: Workspace, run_a: str, run_b: str, metric: str = "ndcg@20"
) -> tuple[tuple[str, float, float], ...]:
    """(user_id, value in a, value in b) for every user that both runs scored."""
    first, second = find_run(workspace, run_a), find_run(workspace, run_b)
    _same_protocol(first, second)
    users, a, b = aligned(workspace, first, second, metric)
    ids = open_dataset(workspace, find_dataset(workspace, first.dataset_id)).user_ids[users]
    return tuple(zip(ids.tolist(), a.tolist(), b.tolist(), strict=True))


def curves(
    workspace: Workspace, run_ids: tuple[str, ...], metric: str = "ndcg@20"
) -> tuple[Curve, ...]:
    """Learning curves on validation; solved models have none and are left out."""
    runs = [find_run(workspace, run_id) for run_id in run_ids]
    with workspace.database.read() as session:
        epochs = by_run(Runs(session).epochs([run.id for run in runs]))
    return tuple(
        Curve(
            run.id,
            run_label(run),
            run.model,
            run.fusion,
            tuple(e.epoch for e in epochs[run.id]),
            tuple(e.loss for e in epochs[run.id]),
            tuple(e.metrics.get(metric) for e in epochs[run.id]),
            run.best_epoch or 0,
        )
        for run in runs
        if len(epochs.get(run.id, ())) > 1
    )


def config_differences(
    workspace: Workspace, run_ids: tuple[str, ...]
) -> tuple[ConfigDifference, ...]:
    """Only what differs."""
    runs = [find_run(workspace, run_id) for run_id in run_ids]
    flat = [settings_of(run) for run in runs]
    names = dict.fromkeys(name for settings in flat for name in settings)
    rows = [
        ConfigDifference(name, tuple(settings.get(name, "–") for settings in flat))
        for name in names
    ]
    return tuple(row for row in rows if len(set(row.values)) > 1)


def settings_of(run: RunRecord) -> dict[str, str]:
    """Everything that was chosen for a run, as words; "–" for what it has none of."""
    parts: dict[str, object] = {"model": run.model, "fusion": run.fusion or "–", "seed": run.seed}
    parts |= {f"encoder ({m})": spec for m, spec in run.encoders.items()}
    parts |= {f"control ({m})": control for m, control in run.controls.items()}
    for config in (run.split, run.model_config, run.fusion_config, run.training_config):
        parts |= config
    return {name: f"{v:g}" if isinstance(v, float) else str(v) for name, v in parts.items()}


def segments(workspace: Workspace, run_ids: tuple[str, ...], metric: str = "ndcg@20") -> Segments:
    """For whom each run works: people grouped by how many training interactions they have."""
    runs = [find_run(workspace, run_id) for run_id in run_ids]
    if not runs:
        return Segments((), (), (), ())
    for run in runs[1:]:
        _same_protocol(run, runs[0])
    dataset = open_dataset(workspace, find_dataset(workspace, runs[0].dataset_id))
    train = make_split(dataset, runs[0]).train
    activity = np.bincount(train.users, minlength=dataset.n_users)
    users, _ = per_user_values(workspace, runs[0])
    edges = _edges(activity[users])
    sizes, values = [], []
    for run in runs:
        scored, metrics = per_user_values(workspace, run)
        group = np.searchsorted(edges[1:-1], activity[scored], side="right")
        members = [metrics[metric][group == g] for g in range(len(edges) - 1)]
        sizes = [len(m) for m in members]
        values.append(tuple(float(m.mean()) if len(m) else None for m in members))
    return Segments(
        tuple(run_label(run) for run in runs), _segment_names(edges), tuple(sizes), tuple(values)
    )


def metric_help() -> Mapping[str, MetricHelp]:
    """Every metric's explanation by base name ("ndcg")."""
    return {
        name: MetricHelp(
            name, m.title, m.example, m.formula, m.source, m.empty_case, m.higher_is_better
        )
        for name, m in METRICS.items()
    }


def _protocols(runs: Sequence[RunRecord]) -> tuple[Protocol, ...]:
    counts = Counter(protocol_key(run) for run in runs)
    labels = {protocol_key(run): protocol_label(run) for run in runs}
    return tuple(Protocol(key, labels[key], count) for key, count in counts.most_common())


@lru_cache(maxsize=8)
def _rows(workspace: Workspace, run_ids: tuple[str, ...], metric: str) -> tuple[LeaderRow, ...]:
    """Of finished runs; they never change, so their figures are read once."""
    values = _values(workspace, run_ids)
    with workspace.database.read() as session:
        scores = {
            stored.run_id: interval_of(stored)
            for stored in Runs(session).metrics(run_ids, split="test", name=metric)
        }
    return tuple(
        _row(run, values.get(run.id, {}), scores.get(run.id))
        for run in finished_runs(workspace, run_ids, metric)
    )


@lru_cache(maxsize=8)
def _values(workspace: Workspace, run_ids: tuple[str, ...]) -> Mapping[str, Mapping[str, float]]:
    with workspace.database.read() as session:
        return Runs(session).values(run_ids, split="test")


def _row(run: RunRecord, metrics: Mapping[str, float], score: Interval | None) -> LeaderRow:
    return LeaderRow(
        run_id=run.id,
        label=run_label(run),
        model=run.model,
        fusion=run.fusion,
        encoders=run.encoders,
        seed=run.seed,
        metrics=metrics,
        score=score,
        seconds=run.seconds,
        parameters=run.parameters,
        epochs=run.epochs,
        reads_content=bool(run.encoders),
    )


def _against(
    workspace: Workspace, others: Sequence[RunRecord], reference: RunRecord, metric: str
) -> list[tuple[RunRecord, Difference, float]]:
    """(run, its difference from the reference, the reference's mean); under one protocol runs
    have the same people, and then all are compared in one go."""
    users, base = values_of(workspace, reference, metric)
    values = [values_of(workspace, run, metric) for run in others]
    if all(np.array_equal(theirs, users) for theirs, _ in values):
        found = paired_differences([own for _, own in values], base)
        return [(run, d, float(base.mean())) for run, d in zip(others, found, strict=True)]
    rows = []
    for run, (theirs, own) in zip(others, values, strict=True):
        _, a, b = align(theirs, own, users, base)
        rows.append((run, paired_difference(a, b), float(b.mean())))
    return rows


def _metric_names(rows: list[LeaderRow]) -> tuple[str, ...]:
    """By metric in the order of the glossary, then by cutoff."""
    order = {name: place for place, name in enumerate(METRICS)}
    names = {name for row in rows for name in row.metrics}

    def place(name: str) -> tuple[int, int]:
        metric, k = metric_of(name)
        return order[metric.name], k or 0

    return tuple(sorted(names, key=place))


def _same_protocol(run: RunRecord, reference: RunRecord) -> None:
    same = protocol_key(run) == protocol_key(reference)
    if not same or run.dataset_id != reference.dataset_id:
        raise InvalidInput(
            f"'{run.name}' and '{reference.name}' were tested under different protocols "
            f"({protocol_label(run)}; {protocol_label(reference)}) and cannot be compared."
        )


def _paired_sentence(label: str, baseline: str, d: Difference, p: float, metric: str) -> str:
    higher = metric_of(metric)[0].higher_is_better
    clear = p < 0.05 and (d.low > 0 or d.high < 0)
    if not clear:
        return f"No difference shown between {label} and {baseline}: the interval includes zero."
    better = (d.value > 0) == higher
    return f"{label} is {'better' if better else 'worse'} than {baseline} beyond chance."


def _edges(counts: NDArray[np.int64]) -> list[int]:
    """Quartile borders of the counts, distinct, the last one exclusive."""
    borders = np.unique(np.quantile(counts, [0, 0.25, 0.5, 0.75]).astype(int)).tolist()
    return [*borders, int(counts.max()) + 1]


def _segment_names(edges: list[int]) -> tuple[str, ...]:
    names = []
    for low, high in pairwise_of(edges):
        names.append(f"{low}" if high - low == 1 else f"{low}–{high - 1}")
    return tuple(f"{name} interactions" for name in names)
