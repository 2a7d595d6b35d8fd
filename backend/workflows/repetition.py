"""The same strategy again: under other seeds, and under another split of the same data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.evaluation.metrics import metric_of
from backend.workflows.labels import protocol_key, protocol_label, run_label
from backend.workflows.loading import find_dataset, finished_runs
from backend.workflows.workspace import Workspace
from db.records import RunRecord, RunState
from db.repositories import Runs


@dataclass(frozen=True)
class Repetition:
    """One strategy under all seeds that it was trained with."""

    label: str
    reads_content: bool
    seeds: tuple[int, ...]
    values: tuple[float, ...]
    """The test metric under each of `seeds`."""

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    @property
    def spread(self) -> float:
        """Standard deviation over seeds; 0 with one."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else 0.0


@dataclass(frozen=True)
class SplitRow:
    """One strategy under every protocol of `SplitEffect`; None where it was not tested so. A rank
    of 1 is the best of the strategies in that column."""

    label: str
    values: tuple[float | None, ...]
    ranks: tuple[int | None, ...]


@dataclass(frozen=True)
class SplitEffect:
    """Whether another way to hold out the test part changes who leads. Rows: strategies that were
    tested in at least two ways, means over their seeds, the best of the first column first."""

    protocols: tuple[str, ...]
    rows: tuple[SplitRow, ...]


def repetitions(
    workspace: Workspace, run_ids: Sequence[str], metric: str
) -> tuple[Repetition, ...]:
    """Finished runs of one protocol by strategy, the best mean first; a run without the metric is
    left out."""
    groups: dict[str, list[RunRecord]] = {}
    for run in finished_runs(workspace, run_ids, metric):
        if metric in run.metrics:
            groups.setdefault(_strategy(run), []).append(run)
    found = [_repetition(group, metric) for group in groups.values()]
    higher = metric_of(metric)[0].higher_is_better
    return tuple(sorted(found, key=lambda row: row.mean, reverse=higher))


def split_effect(workspace: Workspace, dataset_id: str, metric: str) -> SplitEffect:
    """Over all finished runs of a data set that mean what they say."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        ids = Runs(session).ids(record.id, RunState.DONE)
    runs = [
        run
        for run in finished_runs(workspace, ids, metric)
        if metric in run.metrics and not run.controls
    ]
    titles = {protocol_key(run): protocol_label(run) for run in reversed(runs)}
    table: dict[str, dict[str, list[RunRecord]]] = {}
    for run in runs:
        table.setdefault(_strategy(run), {}).setdefault(protocol_key(run), []).append(run)
    twice = [cells for cells in table.values() if len(cells) > 1]
    keys = [key for key in titles if any(key in cells for cells in twice)]
    return SplitEffect(tuple(titles[key] for key in keys), _rows(twice, keys, metric))


def _rows(
    table: Sequence[Mapping[str, Sequence[RunRecord]]], keys: Sequence[str], metric: str
) -> tuple[SplitRow, ...]:
    values = [
        [_repetition(cells[key], metric).mean if key in cells else None for key in keys]
        for cells in table
    ]
    higher = metric_of(metric)[0].higher_is_better
    columns = [_ranks(column, higher) for column in zip(*values, strict=True)]
    labels = [_repetition(next(iter(cells.values())), metric).label for cells in table]
    rows = [
        SplitRow(label, tuple(own), tuple(column[place] for column in columns))
        for place, (label, own) in enumerate(zip(labels, values, strict=True))
    ]
    return tuple(sorted(rows, key=lambda row: [rank or len(rows) + 1 for rank in row.ranks]))


def _ranks(column: Sequence[float | None], higher: bool) -> list[int | None]:
    known = sorted((value for value in column if value is not None), reverse=higher)
    return [None if value is None else known.index(value) + 1 for value in column]


def _repetition(runs: Sequence[RunRecord], metric: str) -> Repetition:
    ordered = sorted(runs, key=lambda run: run.seed)
    return Repetition(
        run_label(replace(ordered[0], seed=0)),
        bool(ordered[0].encoders),
        tuple(run.seed for run in ordered),
        tuple(run.metrics[metric] for run in ordered),
    )


def _strategy(run: RunRecord) -> str:
    """Equal for runs that differ in nothing but seed, split and the version of the code."""
    configs = (run.model_config, run.fusion_config, run.training_config)
    parts = [run.model, run.fusion, dict(run.encoders), dict(run.controls), run.objective]
    return json.dumps([*parts, *(dict(config) for config in configs)], sort_keys=True)
