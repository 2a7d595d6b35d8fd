"""The process of one job: `python -m backend.jobs.child`, started by the worker only."""

import argparse
import errno
import logging
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from backend.errors import USER_ERRORS, Cancelled
from backend.jobs.handlers import JobContext, load_handler
from backend.jobs.queue import LostLease, Queue
from backend.settings import Settings
from db.errors import DatabaseUnavailable
from db.records import JobRecord
from db.session import open_database

log = logging.getLogger(__name__)

NICENESS = 5
"""Leaves the processor to the web server whenever a page is being built."""


class Reporter:
    """The job's `Report`: throttled writes that also bring the wish to cancel."""

    def __init__(
        self,
        queue: Queue,
        job: JobRecord,
        abandon: Callable[[], NoReturn],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue = queue
        self._job = job
        self._abandon = abandon
        self._clock = clock
        self._what: str | None = None
        self._next = 0.0

    def __call__(self, what: str, fraction: float) -> None:
        """Write at most every 0.5 s, every 0.1 s when the phrase changes."""
        now = self._clock()
        if self._what is not None and now < self._next - (0.4 if what != self._what else 0.0):
            return
        self._what, self._next = what, now + 0.5
        try:
            job = self._queue.progress(self._job, what, fraction)
        except LostLease:
            self._abandon()
        except DatabaseUnavailable as problem:
            # Hours of work do not end because a progress bar could not be moved.
            log.warning("%s", problem)
            return
        if job.cancel_requested:
            raise Cancelled("The job was stopped as requested.")


def run_job(settings: Settings, queue: Queue, job: JobRecord, handlers: str) -> JobRecord:
    """Do the job and write how it ended; `LostLease` if it is no longer ours to end."""
    reporter = Reporter(queue, job, abandon=_vanish)
    try:
        registered = load_handler(handlers, job.kind)
        registered.run(JobContext(settings, queue.database, job, reporter))
    except Cancelled:
        ended = queue.cancelled(job)
    except USER_ERRORS as problem:
        log.warning("The job failed", exc_info=True)
        ended = queue.fail(job, str(problem))
    except Exception as problem:
        reference = secrets.token_hex(4).upper()
        log.exception("The job failed, reference %s", reference)
        ended = queue.fail(job, _sentence(problem, reference))
    else:
        return queue.finish(job)
    settle(settings, queue, ended, handlers)
    return ended


def settle(settings: Settings, queue: Queue, job: JobRecord, handlers: str) -> None:
    """Call the hook of a job that ended without success, then note that it was called."""
    try:
        hook = load_handler(handlers, job.kind).on_failure
        if hook is not None:
            hook(settings, queue.database, job)
    except Exception:
        log.exception("The clean-up after job %s failed", job.id)
    queue.settle(job)


def _sentence(problem: Exception, reference: str) -> str:
    if isinstance(problem, MemoryError):
        return "Memory ran out. Choose a smaller batch size, model or data set."
    if isinstance(problem, OSError) and problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full. Free some space and start the job again."
    return f"Something unexpected happened (reference {reference}); the log has details."


def _vanish() -> NoReturn:
    os.killpg(os.getpgrp(), signal.SIGKILL)
    raise SystemExit(1)


def _die_with_worker() -> None:
    # The worker never writes to this pipe; it closes when the worker is gone, however it went.
    while os.read(sys.stdin.fileno(), 1):
        pass
    _vanish()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one claimed job, or with `--settle` the hooks that are due."""
    parser = argparse.ArgumentParser(prog="python -m backend.jobs.child", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--handlers", required=True, help="module that registers the handlers")
    parser.add_argument("--settle", action="store_true")
    parser.add_argument("--job", default="")
    parser.add_argument("--owner", default="")
    parser.add_argument("--attempt", type=int, default=0)
    given = parser.parse_args(arguments)

    threading.Thread(target=_die_with_worker, daemon=True).start()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    os.nice(NICENESS)
    settings = Settings.from_env(given.home)
    queue = Queue(open_database(settings.database))
    if given.settle:
        for ended in queue.unsettled():
            settle(settings, queue, ended, given.handlers)
        return 0
    job = queue.get(given.job)
    if (job.owner, job.attempt) != (given.owner, given.attempt):
        log.warning("Job %s is no longer held by this worker", job.id)
        return 1
    log.info("Job %s (%s), attempt %d: %s", job.id, job.kind, job.attempt, job.title)
    run_job(settings, queue, job, given.handlers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
