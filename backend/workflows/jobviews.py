"""Jobs as people see them: what, how far, how long, which place in the queue."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from backend.workflows.workspace import Workspace
from db.records import JobRecord, JobState
from db.repositories import Jobs


@dataclass(frozen=True)
class JobView:
    """A job as people see it."""

    id: str
    kind: str
    title: str
    state: str
    fraction: float
    what: str
    error: str | None
    position: int | None
    """Place in the queue, 1 = next; None unless queued."""
    eta_seconds: float | None
    run_id: str | None
    dataset_id: str | None
    created_at: datetime
    finished_at: datetime | None


def job_views(
    session: Session, *, dataset_id: str | None = None, states: tuple[JobState, ...] = ()
) -> tuple[JobView, ...]:
    """Newest first."""
    jobs = Jobs(session).list(states=states, dataset_id=dataset_id)
    queued = sorted(
        (job for job in Jobs(session).list(states=(JobState.QUEUED,))),
        key=lambda job: (-job.priority, job.created_at),
    )
    positions = {job.id: place for place, job in enumerate(queued, start=1)}
    return tuple(_view(job, positions.get(job.id)) for job in jobs)


def job_view(workspace: Workspace, job_id: str) -> JobView:
    """One job, by id or an unambiguous beginning of one."""
    with workspace.database.read() as session:
        job = Jobs(session).get(job_id)
        queued = job.state is JobState.QUEUED
        return _view(job, Jobs(session).position(job.id) if queued else None)


def _view(job: JobRecord, position: int | None) -> JobView:
    eta = None
    if job.state is JobState.RUNNING and job.started_at and job.progress > 0.02:
        elapsed = (datetime.now(UTC) - job.started_at).total_seconds()
        eta = elapsed * (1 - job.progress) / job.progress
    return JobView(
        id=job.id,
        kind=job.kind,
        title=job.title,
        state=str(job.state),
        fraction=job.progress,
        what=job.what,
        error=job.error,
        position=position,
        eta_seconds=eta,
        run_id=job.run_id,
        dataset_id=job.dataset_id,
        created_at=job.created_at,
        finished_at=job.finished_at,
    )
