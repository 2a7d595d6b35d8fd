"""Jobs as everybody may see and add them; only `Leases` moves them on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select, update
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from db.errors import RecordNotFound
from db.records import JobRecord, JobState
from db.repositories._rows import change, columns, record_of, values_of, whole_id
from db.tables import JobRow


class Jobs:
    """The queue from outside."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        kind: str,
        title: str,
        payload: Mapping[str, object],
        *,
        dataset_id: str | None = None,
        run_id: str | None = None,
        device: str = "cpu",
        priority: int = 0,
        max_attempts: int = 3,
    ) -> JobRecord:
        """Queue a job, in the same transaction as whatever else the caller stores."""
        draft = JobRecord(
            kind=kind,
            title=title,
            payload=payload,
            dataset_id=dataset_id,
            run_id=run_id,
            device=device,
            priority=priority,
            max_attempts=max_attempts,
            what="Waiting",
        )
        values = values_of(draft, JobRow) | {"log_path": f"logs/{draft.id}.log", "settled": True}
        self._session.execute(insert(JobRow).values(values))
        return self.get(draft.id)

    def get(self, id_or_prefix: str) -> JobRecord:
        """By identifier or the unique beginning of one, else `RecordNotFound`."""
        job_id = whole_id(self._session, JobRow.id, id_or_prefix, "job")
        return self._select(columns(JobRow).where(JobRow.id == job_id))[0]

    def list(
        self,
        states: Sequence[JobState] = (),
        dataset_id: str | None = None,
        run_id: str | None = None,
        limit: int | None = None,
    ) -> tuple[JobRecord, ...]:
        """The newest `limit` (None: all) in these states (none given: any), newest first."""
        statement = columns(JobRow).order_by(JobRow.number.desc()).limit(limit)
        if states:
            statement = statement.where(JobRow.state.in_(states))
        if dataset_id is not None:
            statement = statement.where(JobRow.dataset_id == dataset_id)
        if run_id is not None:
            statement = statement.where(JobRow.run_id == run_id)
        return self._select(statement)

    def position(self, job_id: str) -> int:
        """How many jobs on the same device come before it: 0 if next, running or ended."""
        job = self._session.execute(columns(JobRow).where(JobRow.id == job_id)).mappings().first()
        if job is None:
            raise RecordNotFound(f"There is no job '{job_id}'.")
        if job["state"] != JobState.QUEUED:
            return 0
        sooner = and_(
            JobRow.state == JobState.QUEUED,
            or_(
                JobRow.priority > job["priority"],
                and_(JobRow.priority == job["priority"], JobRow.number < job["number"]),
            ),
        )
        ahead = select(func.count()).where(
            JobRow.device == job["device"], or_(JobRow.state == JobState.RUNNING, sooner)
        )
        return self._session.scalar(ahead) or 0

    def link(self, job_id: str, dataset_id: str | None = None, run_id: str | None = None) -> None:
        """Tie a job to the data set or run that it has just made."""
        made = {"dataset_id": dataset_id, "run_id": run_id}
        values = {name: value for name, value in made.items() if value is not None}
        if values and not change(
            self._session, update(JobRow).where(JobRow.id == job_id).values(values)
        ):
            raise RecordNotFound(f"There is no job '{job_id}'.")

    def _select(self, statement: Select[Any]) -> tuple[JobRecord, ...]:
        return tuple(job_of(row) for row in self._session.execute(statement).mappings())


def job_of(row: RowMapping) -> JobRecord:
    """The record of a row of `jobs`."""
    lease = row["lease_until"]
    return record_of(
        JobRecord,
        row,
        state=JobState(row["state"]),
        progress=float(row["progress"]),
        lease_until=None if lease is None else datetime.fromtimestamp(lease, UTC),
    )
