"""Runs that a benchmark needs: those of the workspace are used again, the others are trained."""

from backend.progress import silent
from backend.workflows.execution import execute_run
from backend.workflows.experimenting import alike
from backend.workflows.workspace import Workspace
from db.records import RunRecord, RunState
from db.repositories import Runs


def finished(workspace: Workspace, planned: RunRecord) -> RunRecord:
    """`planned` once it is done, or the run that was done with the same fingerprint."""
    before = alike(workspace, planned, RunState.DONE)
    if before:
        return before[0]
    with workspace.database.write() as session:
        Runs(session).add(planned)
    return execute_run(workspace, planned.id, silent)
