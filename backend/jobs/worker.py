"""The worker: takes jobs from the queue, gives each a process of its own, keeps their leases."""

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from backend.jobs.execution import Execution
from backend.jobs.process import ChildProcess
from backend.jobs.queue import LEASE_SECONDS, Queue
from backend.jobs.settling import Settler
from backend.settings import Settings
from db.errors import DatabaseUnavailable
from db.repositories import Workers
from db.session import open_database

log = logging.getLogger(__name__)

FORGET_SECONDS = 24 * 3600.0
"""After this time a killed worker is no longer listed."""


class Worker:
    """Runs at most one job per device, until it is stopped.

    `handlers` names the module that registers what the kinds of jobs do; only the children import
    it. `grace` is how long a cancelled job may take to stop by itself before it is killed.
    """

    def __init__(
        self,
        settings: Settings,
        handlers: str,
        devices: Sequence[str] = ("cpu",),
        *,
        poll: float = 0.5,
        lease: float = LEASE_SECONDS,
        grace: float = 10.0,
    ) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._settings = settings
        self._handlers = handlers
        self._devices = tuple(devices)
        self._poll = poll
        self._grace = grace
        self._beat_every = lease / 10
        self._next_beat = 0.0
        self._stopping = False
        self._running: list[Execution] = []
        self._queue = Queue(open_database(settings.database), lease)
        self._settler = Settler(self._queue, self._start_settling)

    def run_forever(self) -> None:
        """Work until `stop`, SIGTERM or SIGINT; unfinished jobs then go back to the queue."""
        log.info("Worker %s waits for jobs on %s", self.owner, ", ".join(self._devices))
        try:
            with self._signals():
                while not self._stopping:
                    self._step()
                    time.sleep(self._poll)
        finally:
            self._shut_down()

    def stop(self) -> None:
        """Make `run_forever` return soon."""
        self._stopping = True

    @contextmanager
    def _signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, lambda *_: self.stop()) for number in numbers]
        try:
            yield
        finally:
            for number, action in zip(numbers, before, strict=True):
                signal.signal(number, action)

    def _step(self) -> None:
        try:
            self._running = [execution for execution in self._running if not execution.over()]
            if time.monotonic() >= self._next_beat:
                self._beat()
            self._settler.step(busy={execution.job.id for execution in self._running})
            while self._start_next():
                pass
        except DatabaseUnavailable as problem:
            # The jobs' processes go on; what could not be written is tried again.
            log.warning("%s", problem)
        except OSError as problem:
            log.warning("A process could not be started: %s", problem)

    def _beat(self) -> None:
        with self._queue.database.write() as session:
            workers = Workers(session)
            workers.beat(self.owner, socket.gethostname(), os.getpid(), self._devices)
            workers.forget(FORGET_SECONDS)
        for execution in self._running:
            execution.keep()
        for job in self._queue.requeue_expired():
            log.warning("Job %s had lost its worker. %s", job.id, job.what)
        self._next_beat = time.monotonic() + self._beat_every

    def _start_next(self) -> bool:
        """Whether there was a job for one of the free devices."""
        taken = {execution.job.device for execution in self._running}
        free = [device for device in self._devices if device not in taken]
        job = self._queue.claim(self.owner, free) if free else None
        if job is None:
            return False
        held = ["--job", job.id, "--owner", self.owner, "--attempt", str(job.attempt)]
        try:
            child = self._spawn(held, job.log_path)
        except OSError as problem:
            self._queue.interrupt(job, f"The job could not be started ({problem.strerror}).")
            raise
        log.info("Started job %s (%s) on %s", job.id, job.title, job.device)
        self._running.append(Execution(self._queue, job, child, self._grace))
        return True

    def _start_settling(self) -> ChildProcess:
        return self._spawn(["--settle"], "logs/settling.log")

    def _spawn(self, arguments: Sequence[str], log_path: str) -> ChildProcess:
        common = ["--home", str(self._settings.home), "--handlers", self._handlers]
        module = "backend.jobs.child"
        return ChildProcess.start(module, [*common, *arguments], self._settings.home / log_path)

    def _shut_down(self) -> None:
        for execution in self._running:
            execution.ask_to_stop()
        for execution in self._running:
            execution.give_back(patience=self._grace / 2)
        self._settler.stop()
        with self._queue.database.write() as session:
            Workers(session).leave(self.owner)
        self._queue.database.close()
