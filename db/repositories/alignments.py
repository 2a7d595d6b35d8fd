"""Shared image-text spaces of catalogues."""

from sqlalchemy.orm import Session

from db.records import AlignmentRecord
from db.repositories._rows import columns, record_of, upsert
from db.tables import AlignmentRow


class Alignments:
    """By data set and by what went into them; the newest one is the one in use."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, record: AlignmentRecord) -> None:
        """Store, in place of an earlier one of the same data set and key."""
        upsert(self._session, AlignmentRow, [record])

    def list(self, dataset_id: str) -> tuple[AlignmentRecord, ...]:
        """Newest first; empty if nothing was aligned."""
        statement = (
            columns(AlignmentRow)
            .where(AlignmentRow.dataset_id == dataset_id)
            .order_by(AlignmentRow.created_at.desc(), AlignmentRow.key)
        )
        rows = self._session.execute(statement).mappings()
        return tuple(record_of(AlignmentRecord, row) for row in rows)
