"""A claimed job and the process that does it, from the worker's side."""

import logging
import signal
import time

from backend.jobs.process import ChildProcess
from backend.jobs.queue import LostLease, Queue
from db.errors import RecordNotFound
from db.records import JobRecord, JobState

log = logging.getLogger(__name__)


class Execution:
    """One attempt at one job; `grace` seconds to stop by itself before it is killed."""

    def __init__(self, queue: Queue, job: JobRecord, child: ChildProcess, grace: float) -> None:
        self.job = job
        self._queue = queue
        self._child = child
        self._grace = grace
        self._stop_since: float | None = None

    def keep(self) -> None:
        """Renew the lease; push the process towards its end if it should have ended."""
        if self._child.exit_code() is not None:
            return
        try:
            if self._queue.heartbeat(self.job).cancel_requested:
                self._hurry()
        except LostLease:
            if self._taken_over():
                log.warning("Lost job %s", self.job.id)
                self._child.signal(signal.SIGKILL)
            else:
                # It has written its end and is only tidying up.
                self._hurry()

    def over(self) -> bool:
        """Whether the process has ended; if it wrote no result, the job is interrupted."""
        code = self._child.exit_code()
        if code is None:
            return False
        try:
            after = self._queue.interrupt(self.job, _why(code))
            log.warning("Process of job %s died (%d). %s", after.id, code, after.what)
        except LostLease:
            log.info("Job %s has ended", self.job.id)
        return True

    def ask_to_stop(self) -> None:
        """SIGTERM: the worker stops."""
        self._child.signal(signal.SIGTERM)

    def give_back(self, patience: float) -> None:
        """Wait for the process, kill it after `patience` seconds, queue the job again."""
        self._child.stop(patience)
        try:
            self._queue.give_back(self.job)
        except LostLease:
            log.info("Job %s has ended", self.job.id)

    def _hurry(self) -> None:
        now = time.monotonic()
        self._stop_since = self._stop_since or now
        if now > self._stop_since + 1.5 * self._grace:
            self._child.signal(signal.SIGKILL)
        elif now > self._stop_since + self._grace:
            self._child.signal(signal.SIGTERM)

    def _taken_over(self) -> bool:
        try:
            now = self._queue.get(self.job.id)
        except RecordNotFound:
            return True
        ours = (now.owner, now.attempt) == (self.job.owner, self.job.attempt)
        return not ours or now.state is JobState.QUEUED


def _why(code: int) -> str:
    if code == -signal.SIGKILL:
        return (
            "The job's process was killed each time it was tried, most likely because memory ran "
            "out. Choose a smaller batch size, model or data set."
        )
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"The job's process stopped unexpectedly ({how}) each time it was tried; see its log."
