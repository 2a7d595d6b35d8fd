"""Data sets."""

from typing import Any

from sqlalchemy import Select, delete, insert, or_, select
from sqlalchemy.orm import Session

from db.errors import DuplicateRecord, RecordNotFound
from db.records import DatasetRecord
from db.repositories._rows import change, columns, record_of, values_of
from db.tables import DatasetRow


class Datasets:
    """Data sets by identifier or name."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: DatasetRecord) -> DatasetRecord:
        """Store a new one; a name that is taken raises `DuplicateRecord`."""
        if self.by_name(record.name) is not None:
            raise DuplicateRecord(
                f"There is already a data set '{record.name}'. Choose another name."
            )
        self._session.execute(insert(DatasetRow).values(values_of(record, DatasetRow)))
        return record

    def get(self, id_or_name: str) -> DatasetRecord:
        """By identifier, else by name; neither: `RecordNotFound`."""
        found = self.find(id_or_name)
        if found is not None:
            return found
        names = self._session.scalars(select(DatasetRow.name).order_by(DatasetRow.name).limit(10))
        known = ", ".join(names) or "none yet"
        raise RecordNotFound(f"There is no data set '{id_or_name}'. Known: {known}.")

    def find(self, id_or_name: str) -> DatasetRecord | None:
        """By identifier, else by name, else None."""
        either = or_(DatasetRow.id == id_or_name, DatasetRow.name == id_or_name)
        found = self._select(
            columns(DatasetRow).where(either).order_by(DatasetRow.id != id_or_name)
        )
        return found[0] if found else None

    def by_name(self, name: str) -> DatasetRecord | None:
        """The data set of exactly that name."""
        found = self._select(columns(DatasetRow).where(DatasetRow.name == name))
        return found[0] if found else None

    def list(self) -> tuple[DatasetRecord, ...]:
        """All, newest first."""
        return self._select(
            columns(DatasetRow).order_by(DatasetRow.created_at.desc(), DatasetRow.id)
        )

    def delete(self, dataset_id: str) -> None:
        """Remove it with its runs, features, added items and jobs; the files are the caller's."""
        if not change(self._session, delete(DatasetRow).where(DatasetRow.id == dataset_id)):
            raise RecordNotFound(f"There is no data set '{dataset_id}'.")

    def _select(self, statement: Select[Any]) -> tuple[DatasetRecord, ...]:
        rows = self._session.execute(statement).mappings()
        return tuple(record_of(DatasetRecord, row) for row in rows)
