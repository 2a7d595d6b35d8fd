"""Runs that a benchmark needs: those of the workspace are used again, the others are trained."""

from backend.progress import silent
from backend.workflows.execution import execute_run
from backend.workflows.experimenting import fingerprint
from backend.workflows.workspace import Workspace
from db.records import RunRecord, RunState
from db.repositories import Runs


def finished(workspace: Workspace, planned: RunRecord) -> RunRecord:
    """`planned` once it is done, or the run that was done with the same fingerprint."""
    with workspace.database.read() as session:
        done = Runs(session).list(dataset_id=planned.dataset_id, state=RunState.DONE)
    before = next((run for run in done if fingerprint(run) == fingerprint(planned)), None)
    if before is not None:
        return before
    with workspace.database.write() as session:
        Runs(session).add(planned)
    return execute_run(workspace, planned.id, silent)
