"""What the panel of a run's probe shows, and how it is asked for."""

from dataclasses import dataclass

from backend.devices import torch_device
from backend.errors import InvalidInput
from backend.jobs.queue import Queue
from backend.workflows.jobviews import JobView, job_view, job_views
from backend.workflows.labels import run_label
from backend.workflows.loading import find_run
from backend.workflows.probing import Probe, stored_probe
from backend.workflows.workspace import Workspace
from db.records import JobState, RunState
from db.repositories import Jobs


@dataclass(frozen=True)
class ProbeView:
    """A run's probe as it stands now."""

    probe: Probe | None
    job: JobView | None
    """Where one is under way, or the last one ended badly."""
    training_seconds: float
    """What the run itself took: about what each training without a modality takes."""


def probe_view(workspace: Workspace, run_id: str) -> ProbeView:
    """What is known, and what is under way."""
    run = find_run(workspace, run_id)
    with workspace.database.read() as session:
        mine = {
            job.id
            for job in Jobs(session).list(dataset_id=run.dataset_id)
            if job.payload.get("probe_of") == run.id
        }
        views = job_views(session, dataset_id=run.dataset_id) if mine else ()
    newest = next((job for job in views if job.id in mine), None)
    ended_well = newest is not None and newest.state == JobState.DONE
    return ProbeView(stored_probe(workspace, run.id), None if ended_well else newest, run.seconds)


def start_probe(
    workspace: Workspace, run_id: str, *, retrain: bool = False, seeds: int = 1
) -> JobView:
    """Queue a probe of a finished run."""
    run = find_run(workspace, run_id)
    if run.state is not RunState.DONE:
        raise InvalidInput(f"Run '{run.name}' has not finished (it is {run.state}).")
    job = Queue(workspace.database).enqueue(
        "probe",
        f"Probe {run_label(run)}",
        {"probe_of": run.id, "retrain": retrain, "seeds": seeds},
        dataset_id=run.dataset_id,
        device=str(torch_device(run.device)),
    )
    return job_view(workspace, job.id)
