"""The queue: every method is one short transaction, every change fenced by owner and attempt."""

from collections.abc import Mapping, Sequence

from backend.errors import FusionLensError
from db.records import JobRecord
from db.repositories import Jobs, Leases
from db.session import Database

LEASE_SECONDS = 20.0
"""A worker that is silent for longer has lost its jobs; bounds the time from kill to resumption."""

WORKER_VANISHED = (
    "The worker stopped in the middle of this job each time it was tried. "
    "Look at the job's log, then start it again."
)


class LostLease(FusionLensError):
    """The job was taken over by another worker, or removed; nothing may be written for it."""


class Queue:
    """Jobs from being asked for to their end."""

    def __init__(self, database: Database, lease_seconds: float = LEASE_SECONDS) -> None:
        self.database = database
        self.lease_seconds = lease_seconds

    def enqueue(
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
        """Queue a job; to store a run in the same transaction use `db.repositories.Jobs.add`."""
        with self.database.write() as session:
            return Jobs(session).add(
                kind,
                title,
                payload,
                dataset_id=dataset_id,
                run_id=run_id,
                device=device,
                priority=priority,
                max_attempts=max_attempts,
            )

    def get(self, job_id: str) -> JobRecord:
        """By identifier or the unique beginning of one, else `RecordNotFound`."""
        with self.database.read() as session:
            return Jobs(session).get(job_id)

    def claim(self, owner: str, devices: Sequence[str]) -> JobRecord | None:
        """The next job on a free device, now held by `owner`; None if there is none."""
        with self.database.write() as session:
            return Leases(session).claim(owner, devices, self.lease_seconds)

    def heartbeat(self, job: JobRecord) -> JobRecord:
        """Keep the lease; `cancel_requested` of the answer is up to date."""
        with self.database.write() as session:
            return _held(Leases(session).renew(job, self.lease_seconds))

    def progress(self, job: JobRecord, what: str, fraction: float) -> JobRecord:
        """Note what is being done; `cancel_requested` of the answer is up to date."""
        with self.database.write() as session:
            return _held(Leases(session).report(job, what, fraction))

    def finish(self, job: JobRecord) -> JobRecord:
        """End it with success."""
        with self.database.write() as session:
            return _held(Leases(session).finish(job))

    def fail(self, job: JobRecord, error: str) -> JobRecord:
        """End it without success; `error` is a sentence for people."""
        with self.database.write() as session:
            return _held(Leases(session).fail(job, error))

    def cancelled(self, job: JobRecord) -> JobRecord:
        """End it as requested."""
        with self.database.write() as session:
            return _held(Leases(session).cancel(job))

    def give_back(self, job: JobRecord) -> JobRecord:
        """Queue it again because the worker stops; the attempt does not count."""
        with self.database.write() as session:
            return _held(Leases(session).give_back(job))

    def interrupt(self, job: JobRecord, error: str) -> JobRecord:
        """Its process died: cancelled if that was requested, else queued again, else failed."""
        with self.database.write() as session:
            return _held(Leases(session).interrupt(job, error))

    def requeue_expired(self) -> tuple[JobRecord, ...]:
        """Do the same to all jobs whose worker fell silent."""
        with self.database.write() as session:
            return Leases(session).expire(WORKER_VANISHED)

    def request_cancel(self, job_id: str) -> JobRecord:
        """A queued job ends at once, a running one at its next report; an ended one stays."""
        with self.database.write() as session:
            job = Jobs(session).get(job_id)
            return Leases(session).request_cancel(job.id) or job

    def unsettled(self) -> tuple[JobRecord, ...]:
        """Jobs that ended without success and whose `on_failure` has yet to be called."""
        with self.database.read() as session:
            return Leases(session).unsettled()

    def settle(self, job: JobRecord) -> None:
        """Note that `on_failure` was called."""
        with self.database.write() as session:
            Leases(session).settle(job.id)


def _held(changed: JobRecord | None) -> JobRecord:
    if changed is None:
        raise LostLease("Another worker has taken this job over, or it was removed.")
    return changed
