"""Hooks of jobs that ended without success and could not call them: one short process for all."""

import logging
import time
from collections.abc import Callable, Collection

from backend.jobs.process import ChildProcess
from backend.jobs.queue import Queue
from db.records import JobRecord

log = logging.getLogger(__name__)

TIME_LIMIT = 120.0
"""Seconds; a hook only writes a few rows, most of the time goes into imports."""


class Settler:
    """Starts the process when there is something to settle, at most one at a time."""

    def __init__(self, queue: Queue, start: Callable[[], ChildProcess]) -> None:
        self._queue = queue
        self._start = start
        self._child: ChildProcess | None = None
        self._jobs: tuple[JobRecord, ...] = ()
        self._until = 0.0

    def step(self, busy: Collection[str]) -> None:
        """Go on; jobs in `busy` have a process of their own that is about to settle them."""
        if self._child is None:
            self._jobs = tuple(job for job in self._queue.unsettled() if job.id not in busy)
            if self._jobs:
                self._child = self._start()
                self._until = time.monotonic() + TIME_LIMIT
        elif time.monotonic() > self._until:
            self.stop()
            self._give_up()
        elif (code := self._child.exit_code()) is not None:
            self._child = None
            if code != 0:
                self._give_up()

    def stop(self) -> None:
        """End the process; what it has not settled remains to be settled."""
        if self._child is not None:
            self._child.stop(grace=1.0)
            self._child = None

    def _give_up(self) -> None:
        # Trying for ever would keep the processor busy and hold up every job of the same run.
        for job in self._jobs:
            log.error("The clean-up after job %s did not work", job.id)
            self._queue.settle(job)
