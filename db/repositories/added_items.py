"""Items uploaded one by one after the import."""

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db.errors import DuplicateRecord
from db.records import AddedItemRecord
from db.repositories._rows import columns, record_of, values_of
from db.tables import AddedItemRow


class AddedItems:
    """Added items of a data set."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: AddedItemRecord) -> AddedItemRecord:
        """Store a new one; an `item_id` added before raises `DuplicateRecord`."""
        taken = select(AddedItemRow.id).where(
            AddedItemRow.dataset_id == record.dataset_id, AddedItemRow.item_id == record.item_id
        )
        if self._session.scalar(taken) is not None:
            raise DuplicateRecord(
                f"An item '{record.item_id}' was added before. Choose another identifier."
            )
        self._session.execute(insert(AddedItemRow).values(values_of(record, AddedItemRow)))
        return record

    def list(self, dataset_id: str) -> tuple[AddedItemRecord, ...]:
        """In the order in which they were added."""
        statement = (
            columns(AddedItemRow)
            .where(AddedItemRow.dataset_id == dataset_id)
            .order_by(AddedItemRow.created_at, AddedItemRow.id)
        )
        rows = self._session.execute(statement).mappings()
        return tuple(record_of(AddedItemRecord, row) for row in rows)
