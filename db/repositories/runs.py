"""Runs with their learning curves, final figures and files."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.orm import Session

from db.errors import RecordNotFound
from db.records import ArtefactRecord, EpochRecord, MetricRecord, RunRecord, RunState
from db.repositories._rows import change, columns, record_of, upsert, values_of, whole_id
from db.tables import ArtefactRow, EpochRow, MetricRow, RunRow

_RUNS = RunRow.__table__
_FIGURES = MetricRow.__table__
"""Asked as tables, their columns too: entities of a hundred thousand rows take seconds to make."""


class Runs:
    """Runs by identifier; a list of any length takes two queries."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: RunRecord) -> RunRecord:
        """Store a new run; its `metrics` and `validation` come later, by `put_metrics`."""
        self._session.execute(insert(RunRow).values(values_of(record, RunRow)))
        return record

    def get(self, id_or_prefix: str) -> RunRecord:
        """By identifier or the unique beginning of one, else `RecordNotFound`."""
        run_id = whole_id(self._session, RunRow.id, id_or_prefix, "run")
        return self._select(select(RunRow.id).where(RunRow.id == run_id))[0]

    def many(
        self, run_ids: Sequence[str], figures: Collection[str] | None = None
    ) -> tuple[RunRecord, ...]:
        """The runs of these whole identifiers in this order; a missing one: `RecordNotFound`.

        `figures`: the only ones that `metrics` and `validation` are to hold; None: all.
        """
        chosen = select(_RUNS.c.id).where(_RUNS.c.id.in_(run_ids))
        found = {run.id: run for run in self._select(chosen, figures)}
        for run_id in run_ids:
            if run_id not in found:
                raise RecordNotFound(f"There is no run '{run_id}'. It may have been deleted.")
        return tuple(found[run_id] for run_id in run_ids)

    def list(
        self,
        dataset_id: str | None = None,
        state: RunState | None = None,
        limit: int | None = None,
        figures: Collection[str] | None = None,
    ) -> tuple[RunRecord, ...]:
        """The newest `limit` (None: all), newest first; `figures` as of `many`."""
        chosen = select(RunRow.id).order_by(RunRow.created_at.desc(), RunRow.id).limit(limit)
        if dataset_id is not None:
            chosen = chosen.where(RunRow.dataset_id == dataset_id)
        if state is not None:
            chosen = chosen.where(RunRow.state == state)
        return self._select(chosen, figures)

    def ids(self, dataset_id: str, state: RunState) -> tuple[str, ...]:
        """Identifiers of a data set's runs in that state, newest first."""
        chosen = (
            select(_RUNS.c.id)
            .where(_RUNS.c.dataset_id == dataset_id, _RUNS.c.state == state)
            .order_by(_RUNS.c.created_at.desc(), _RUNS.c.id)
        )
        return tuple(self._session.execute(chosen).scalars())

    def update(self, run_id: str, **fields: object) -> None:
        """Change columns by the names of `RunRecord`'s fields; an unknown name: `ValueError`."""
        fixed = {"id", "metrics", "validation"}
        unknown = set(fields) - (set(RunRow.__table__.columns.keys()) - fixed)
        if unknown:
            raise ValueError(f"Runs have no changeable field {', '.join(sorted(unknown))}.")
        if not change(self._session, update(RunRow).where(RunRow.id == run_id).values(fields)):
            raise RecordNotFound(f"There is no run '{run_id}'. It may have been deleted.")

    def delete(self, run_id: str) -> None:
        """Remove a run with its curves, figures and jobs; the files are the caller's."""
        if not change(self._session, delete(RunRow).where(RunRow.id == run_id)):
            raise RecordNotFound(f"There is no run '{run_id}'. It may have been deleted.")

    def add_epoch(self, record: EpochRecord) -> None:
        """Add a point to the learning curve, in place of an earlier one of that epoch."""
        upsert(self._session, EpochRow, [record])

    def epochs(self, run_ids: str | Sequence[str]) -> tuple[EpochRecord, ...]:
        """Learning curves of one or many runs, by run and epoch."""
        statement = (
            columns(EpochRow)
            .where(EpochRow.run_id.in_(_several(run_ids)))
            .order_by(EpochRow.run_id, EpochRow.epoch)
        )
        rows = self._session.execute(statement).mappings()
        return tuple(record_of(EpochRecord, row) for row in rows)

    def truncate_epochs(self, run_id: str, last: int) -> None:
        """Forget the epochs after `last`: training resumes from there."""
        change(
            self._session,
            delete(EpochRow).where(EpochRow.run_id == run_id, EpochRow.epoch > last),
        )

    def put_metrics(self, records: Iterable[MetricRecord]) -> None:
        """Store final figures, in place of earlier ones of the same run, split and name."""
        upsert(self._session, MetricRow, list(records))

    def metrics(
        self, run_ids: str | Sequence[str], split: str = "", name: str = ""
    ) -> tuple[MetricRecord, ...]:
        """Final figures of one or many runs, by run, split and name; all, or of one split or one
        name only."""
        statement = (
            select(*(_FIGURES.c[field.name] for field in fields(MetricRecord)))
            .where(_FIGURES.c.run_id.in_(_several(run_ids)))
            .order_by(_FIGURES.c.run_id, _FIGURES.c.split, _FIGURES.c.name)
        )
        if split:
            statement = statement.where(_FIGURES.c.split == split)
        if name:
            statement = statement.where(_FIGURES.c.name == name)
        # A thousand runs have a hundred thousand figures, so no mapping is made of each.
        return tuple(MetricRecord(*row) for row in self._session.execute(statement))

    def values(self, run_ids: Sequence[str], split: str) -> dict[str, dict[str, float]]:
        """Name to value of every figure on that split, by run; a run without any has no key."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        chosen = select(*(_FIGURES.c[name] for name in ("run_id", "name", "value"))).where(
            _FIGURES.c.run_id.in_(run_ids), _FIGURES.c.split == split
        )
        for run_id, name, value in self._session.execute(chosen):
            found[run_id][name] = value
        return dict(found)

    def put_artefact(self, record: ArtefactRecord) -> None:
        """Store path and hash of a file, in place of an earlier one of that name."""
        upsert(self._session, ArtefactRow, [record])

    def artefacts(self, run_id: str) -> Mapping[str, ArtefactRecord]:
        """The run's files by name; empty if it has none yet."""
        statement = columns(ArtefactRow).where(ArtefactRow.run_id == run_id)
        rows = self._session.execute(statement.order_by(ArtefactRow.name)).mappings()
        return {row["name"]: record_of(ArtefactRecord, row) for row in rows}

    def _select(
        self, chosen: Select[Any], figures: Collection[str] | None = None
    ) -> tuple[RunRecord, ...]:
        rows = self._session.execute(
            select(_RUNS)
            .where(_RUNS.c.id.in_(chosen))
            .order_by(_RUNS.c.created_at.desc(), _RUNS.c.id)
        ).mappings()
        wanted = select(*(_FIGURES.c[name] for name in ("run_id", "split", "name", "value")))
        wanted = wanted.where(_FIGURES.c.run_id.in_(chosen))
        if figures is not None:
            wanted = wanted.where(_FIGURES.c.name.in_(figures))
        by_split: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        for run_id, split, name, value in self._session.execute(wanted):
            by_split[run_id, split][name] = value
        return tuple(
            record_of(
                RunRecord,
                row,
                state=RunState(row["state"]),
                metrics=by_split.get((row["id"], "test"), {}),
                validation=by_split.get((row["id"], "validation"), {}),
            )
            for row in rows
        )


def _several(run_ids: str | Sequence[str]) -> Sequence[str]:
    return [run_ids] if isinstance(run_ids, str) else run_ids
