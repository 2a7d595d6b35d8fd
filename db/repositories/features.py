"""What was encoded with which encoder."""

from sqlalchemy.orm import Session

from db.records import FeatureRecord
from db.repositories._rows import columns, record_of, upsert
from db.tables import FeatureRow


class Features:
    """The latest encoding per data set, modality and encoder."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, record: FeatureRecord) -> None:
        """Store, in place of an earlier encoding with the same encoder."""
        upsert(self._session, FeatureRow, [record])

    def speed(self, modality: str, encoder: str) -> float | None:
        """Contents per second of the latest encoding of any data set; None before the first."""
        statement = (
            columns(FeatureRow)
            .where(FeatureRow.modality == modality, FeatureRow.encoder == encoder)
            .where(FeatureRow.per_second > 0)
            .order_by(FeatureRow.created_at.desc())
            .limit(1)
        )
        row = self._session.execute(statement).mappings().first()
        return record_of(FeatureRecord, row).per_second if row else None

    def list(self, dataset_id: str) -> tuple[FeatureRecord, ...]:
        """By modality and encoder; empty if nothing was encoded."""
        statement = (
            columns(FeatureRow)
            .where(FeatureRow.dataset_id == dataset_id)
            .order_by(FeatureRow.modality, FeatureRow.encoder)
        )
        rows = self._session.execute(statement).mappings()
        return tuple(record_of(FeatureRecord, row) for row in rows)
