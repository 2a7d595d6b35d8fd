"""Whether anybody empties the queue."""

from dataclasses import dataclass

from db.repositories import Workers
from db.session import Database

SILENT_SECONDS = 15.0
"""Without a heartbeat for longer than this, a worker is taken to be gone."""


@dataclass(frozen=True)
class WorkerStatus:
    """Of all workers together."""

    alive: bool
    devices: tuple[str, ...]
    """Served by the living ones, e.g. `("cpu", "cuda:0")`."""
    silent_seconds: float | None
    """Since the last heartbeat of any; None if there never was one or it left in order."""


def worker_status(database: Database) -> WorkerStatus:
    """For pages: without a living worker, queued jobs do not start."""
    with database.read() as session:
        workers = Workers(session).list()
    alive = [worker for worker in workers if worker.idle_seconds < SILENT_SECONDS]
    devices = sorted({device for worker in alive for device in worker.devices})
    silent = workers[0].idle_seconds if workers else None
    return WorkerStatus(bool(alive), tuple(devices), silent)
