"""Named comparisons of many runs."""

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from db.errors import RecordNotFound
from db.records import ExperimentRecord
from db.repositories._rows import change, columns, record_of, values_of, whole_id
from db.tables import ExperimentRow


class Experiments:
    """Experiments by identifier."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, record: ExperimentRecord) -> ExperimentRecord:
        """Store a new experiment."""
        self._session.execute(insert(ExperimentRow).values(values_of(record, ExperimentRow)))
        return record

    def get(self, id_or_prefix: str) -> ExperimentRecord:
        """By identifier or the unique beginning of one, else `RecordNotFound`."""
        found = whole_id(self._session, ExperimentRow.id, id_or_prefix, "experiment")
        statement = columns(ExperimentRow).where(ExperimentRow.id == found)
        return record_of(ExperimentRecord, self._session.execute(statement).mappings().one())

    def list(self, dataset_id: str | None = None) -> tuple[ExperimentRecord, ...]:
        """Newest first."""
        statement = columns(ExperimentRow).order_by(ExperimentRow.created_at.desc())
        if dataset_id is not None:
            statement = statement.where(ExperimentRow.dataset_id == dataset_id)
        rows = self._session.execute(statement).mappings()
        return tuple(record_of(ExperimentRecord, row) for row in rows)

    def update(self, experiment_id: str, **fields: object) -> None:
        """Change `cells`, `verdict` or `opened_at`; `RecordNotFound` where it is not there."""
        unknown = set(fields) - {"cells", "verdict", "opened_at"}
        if unknown:
            raise ValueError(f"Experiments have no changeable field {', '.join(sorted(unknown))}.")
        statement = update(ExperimentRow).where(ExperimentRow.id == experiment_id).values(fields)
        if not change(self._session, statement):
            raise RecordNotFound(f"There is no experiment '{experiment_id}'.")

    def names(self, dataset_id: str) -> tuple[str, ...]:
        """Names that are taken."""
        chosen = select(ExperimentRow.name).where(ExperimentRow.dataset_id == dataset_id)
        return tuple(self._session.scalars(chosen))
