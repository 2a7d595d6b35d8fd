"""Listings of what was and is being done."""

from backend.workflows.jobviews import JobView, job_views
from backend.workflows.loading import find_dataset
from backend.workflows.workspace import Workspace
from db.records import RunRecord
from db.repositories import Runs


def list_runs(workspace: Workspace, dataset: str = "") -> tuple[RunRecord, ...]:
    """Newest first, of one data set (name or id) or of all."""
    chosen = find_dataset(workspace, dataset).id if dataset else None
    with workspace.database.read() as session:
        return Runs(session).list(dataset_id=chosen)


def list_jobs(workspace: Workspace) -> tuple[JobView, ...]:
    """Newest first."""
    with workspace.database.read() as session:
        return job_views(session)
