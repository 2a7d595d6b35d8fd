"""Searches for settings and their trials."""

from sqlalchemy import insert, select
from sqlalchemy.dialects.sqlite import insert as upsertable
from sqlalchemy.orm import Session

from db.records import TrialRecord, TrialState, TuningRecord
from db.repositories._rows import columns, record_of, upsert, values_of, whole_id
from db.tables import TrialRow, TuningRow


class Tunings:
    """Searches by identifier."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: TuningRecord) -> TuningRecord:
        """Store a new search."""
        self._session.execute(insert(TuningRow).values(values_of(record, TuningRow)))
        return record

    def keep(self, record: TuningRecord) -> None:
        """Store a search that may be there already."""
        statement = upsertable(TuningRow).values(values_of(record, TuningRow))
        self._session.execute(statement.on_conflict_do_nothing())

    def get(self, id_or_prefix: str) -> TuningRecord:
        """By identifier or the unique beginning of one, else `RecordNotFound`."""
        found = whole_id(self._session, TuningRow.id, id_or_prefix, "search")
        statement = columns(TuningRow).where(TuningRow.id == found)
        return record_of(TuningRecord, self._session.execute(statement).mappings().one())

    def list(self, dataset_id: str) -> tuple[TuningRecord, ...]:
        """Newest first."""
        statement = (
            columns(TuningRow)
            .where(TuningRow.dataset_id == dataset_id)
            .order_by(TuningRow.created_at.desc())
        )
        rows = self._session.execute(statement).mappings()
        return tuple(record_of(TuningRecord, row) for row in rows)

    def names(self, dataset_id: str) -> tuple[str, ...]:
        """Names that are taken."""
        chosen = select(TuningRow.name).where(TuningRow.dataset_id == dataset_id)
        return tuple(self._session.scalars(chosen))

    def put_trial(self, trial: TrialRecord) -> None:
        """Store a trial, or what has become of it."""
        upsert(self._session, TrialRow, [trial])

    def trials(self, tuning_id: str) -> tuple[TrialRecord, ...]:
        """Of all strategies, in order of their numbers."""
        statement = (
            columns(TrialRow)
            .where(TrialRow.tuning_id == tuning_id)
            .order_by(TrialRow.strategy, TrialRow.number)
        )
        rows = self._session.execute(statement).mappings()
        return tuple(record_of(TrialRecord, row, state=TrialState(row["state"])) for row in rows)
