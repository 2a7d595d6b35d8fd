"""What the kinds of jobs do: a registry that the layer above fills and the child process reads."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from backend.errors import InvalidInput
from backend.progress import Report
from backend.settings import Settings
from db.records import JobRecord
from db.repositories import Jobs
from db.session import Database


@dataclass(frozen=True)
class JobContext:
    """What a handler works with.

    `report` raises `Cancelled` once somebody asked the job to stop: the handler lets it pass after
    leaving everything in a state from which a new job can go on. If the lease was lost, `report`
    ends the process on the spot, because another one is already at work on the same files.
    """

    settings: Settings
    database: Database
    job: JobRecord
    report: Report

    def link(self, dataset_id: str | None = None, run_id: str | None = None) -> None:
        """Tie the job to the data set or run that it has just made."""
        with self.database.write() as session:
            Jobs(session).link(self.job.id, dataset_id, run_id)


Handler = Callable[[JobContext], None]
"""May be called again for the same job after a crash: goes on from what is there."""

OnFailure = Callable[[Settings, Database, JobRecord], None]
"""Called when a job has ended failed or cancelled, however that came about (an error, a dead
process, a cancel before its start), with `job.state` and `job.error`. May be called twice."""


@dataclass(frozen=True)
class Registered:
    """The two functions of one kind of job."""

    run: Handler
    on_failure: OnFailure | None


_REGISTRY: dict[str, Registered] = {}


def handler(kind: str, on_failure: OnFailure | None = None) -> Callable[[Handler], Handler]:
    """Register the decorated function for jobs of `kind`."""

    def register(run: Handler) -> Handler:
        if kind in _REGISTRY:
            raise ValueError(f"Jobs of kind '{kind}' have a handler already.")
        _REGISTRY[kind] = Registered(run, on_failure)
        return run

    return register


def load_handler(module: str, kind: str) -> Registered:
    """Import `module`, which registers its handlers, and look `kind` up."""
    importlib.import_module(module)
    if kind not in _REGISTRY:
        raise InvalidInput(
            f"This FusionLens cannot do jobs of kind '{kind}'. Restart the worker after an update."
        )
    return _REGISTRY[kind]
