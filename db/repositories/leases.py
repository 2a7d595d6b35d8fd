"""How a job moves on: claimed, kept alive, ended. Every write is fenced by `(owner, attempt)`.

Whoever lost its lease changes nothing: its methods then answer None. Times of leases are the
database's, so processes with different clocks agree.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from db.columns import UtcDateTime, database_seconds
from db.records import JobRecord, JobState
from db.repositories._rows import change
from db.repositories.jobs import job_of
from db.tables import JobRow

NO_SUCCESS = (JobState.FAILED, JobState.CANCELLED)


class Leases:
    """The queue from inside; to be used in a write transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, owner: str, devices: Sequence[str], seconds: float) -> JobRecord | None:
        """Take the next queued job of a device on which nothing runs; None if there is none.

        A job waits while an earlier one of its run has yet to be settled.
        """
        waiting, other, before = aliased(JobRow), aliased(JobRow), aliased(JobRow)
        busy = exists().where(other.state == JobState.RUNNING, other.device == waiting.device)
        unsettled = exists().where(before.run_id == waiting.run_id, before.settled.is_(False))
        following = (
            select(waiting.number)
            .where(waiting.state == JobState.QUEUED, waiting.device.in_(devices))
            .where(~busy, ~unsettled)
            .order_by(waiting.priority.desc(), waiting.number)
            .limit(1)
            .scalar_subquery()
        )
        return self._one(
            JobRow.number == following,
            state=JobState.RUNNING,
            owner=owner,
            lease_until=database_seconds() + seconds,
            attempt=JobRow.attempt + 1,
            what="Starting",
            started_at=datetime.now(UTC),
        )

    def renew(self, job: JobRecord, seconds: float) -> JobRecord | None:
        """Keep the lease; the answer tells whether a cancel was requested."""
        return self._fenced(job, lease_until=database_seconds() + seconds)

    def report(self, job: JobRecord, what: str, progress: float) -> JobRecord | None:
        """Note what the job is doing."""
        return self._fenced(job, what=what, progress=min(max(progress, 0.0), 1.0))

    def finish(self, job: JobRecord) -> JobRecord | None:
        """It has done its work."""
        return self._end(job, JobState.DONE, what="Done", progress=1.0)

    def fail(self, job: JobRecord, error: str) -> JobRecord | None:
        """It has failed for good, for the reason in the sentence `error`."""
        return self._end(job, JobState.FAILED, what="Failed", error=error)

    def cancel(self, job: JobRecord) -> JobRecord | None:
        """It has stopped as requested."""
        return self._end(job, JobState.CANCELLED, what="Cancelled")

    def give_back(self, job: JobRecord) -> JobRecord | None:
        """Back to its place in the queue; the attempt does not count."""
        return self._fenced(
            job,
            state=JobState.QUEUED,
            what="Waiting to go on",
            attempt=JobRow.attempt - 1,
            lease_until=None,
        )

    def interrupt(self, job: JobRecord, error: str) -> JobRecord | None:
        """Its process died: it is queued again, or ends if attempts are used up or it was to."""
        return self._one(_held(job), **_after_death(error))

    def expire(self, error: str) -> tuple[JobRecord, ...]:
        """Do the same to all whose lease ran out; returns them."""
        lost = and_(JobRow.state == JobState.RUNNING, JobRow.lease_until < database_seconds())
        return self._all(lost, **_after_death(error))

    def request_cancel(self, job_id: str) -> JobRecord | None:
        """Ask a running job to stop; end a queued one at once; None if it has ended already."""
        queued = JobRow.state == JobState.QUEUED
        return self._one(
            and_(JobRow.id == job_id, or_(queued, JobRow.state == JobState.RUNNING)),
            cancel_requested=True,
            state=case((queued, JobState.CANCELLED), else_=JobRow.state),
            what=case((queued, "Cancelled"), else_=JobRow.what),
            finished_at=case((queued, _now()), else_=JobRow.finished_at),
            settled=case((queued, False), else_=JobRow.settled),
        )

    def unsettled(self) -> tuple[JobRecord, ...]:
        """Jobs that ended without success and whose hook has yet to run, oldest first."""
        statement = (
            select(JobRow.__table__).where(JobRow.settled.is_(False)).order_by(JobRow.number)
        )
        return tuple(job_of(row) for row in self._session.execute(statement).mappings())

    def settle(self, job_id: str) -> None:
        """Note that the hook has run."""
        change(self._session, update(JobRow).where(JobRow.id == job_id).values(settled=True))

    def _end(self, job: JobRecord, state: JobState, **values: Any) -> JobRecord | None:
        return self._fenced(
            job,
            state=state,
            finished_at=datetime.now(UTC),
            lease_until=None,
            settled=state not in NO_SUCCESS,
            **values,
        )

    def _fenced(self, job: JobRecord, **values: Any) -> JobRecord | None:
        return self._one(_held(job), **values)

    def _one(self, where: Any, **values: Any) -> JobRecord | None:
        changed = self._all(where, **values)
        return changed[0] if changed else None

    def _all(self, where: Any, **values: Any) -> tuple[JobRecord, ...]:
        statement = update(JobRow).where(where).values(values).returning(*JobRow.__table__.columns)
        rows = self._session.execute(
            statement, execution_options={"synchronize_session": False}
        ).mappings()
        return tuple(job_of(row) for row in rows)


def _held(job: JobRecord) -> Any:
    return and_(
        JobRow.id == job.id,
        JobRow.state == JobState.RUNNING,
        JobRow.owner == job.owner,
        JobRow.attempt == job.attempt,
    )


def _now() -> ColumnElement[datetime]:
    return literal(datetime.now(UTC), UtcDateTime())


def _after_death(error: str) -> dict[str, Any]:
    stop = JobRow.cancel_requested.is_(True)
    again = JobRow.attempt < JobRow.max_attempts
    return {
        "state": case((stop, JobState.CANCELLED), (again, JobState.QUEUED), else_=JobState.FAILED),
        "what": case((stop, "Cancelled"), (again, "Interrupted, starts again"), else_="Failed"),
        "error": case((or_(stop, again), JobRow.error), else_=error),
        "finished_at": case((and_(again, ~stop), JobRow.finished_at), else_=_now()),
        "settled": case((and_(again, ~stop), True), else_=False),
        "lease_until": None,
    }
