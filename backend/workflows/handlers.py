"""What each kind of job does: the names that the worker looks up."""

import logging
from pathlib import Path
from typing import Final

from backend.errors import USER_ERRORS
from backend.jobs.handlers import JobContext, handler
from backend.settings import Settings
from backend.workflows.aligning import AlignmentPlan, align
from backend.workflows.catalogue_map import make_umap
from backend.workflows.demo import DEFAULT, prepare_demo
from backend.workflows.execution import execute_run
from backend.workflows.experimenting import execute_experiment
from backend.workflows.health import look_closer
from backend.workflows.importing import ImportRequest, encode_data, import_data
from backend.workflows.loading import find_run
from backend.workflows.probing import probe
from backend.workflows.trust import gate_of
from backend.workflows.tuning_trials import execute_tuning
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, JobRecord, JobState, RunState
from db.repositories import Datasets, Runs
from db.session import Database

_log: Final = logging.getLogger(__name__)


def _workspace(context: JobContext) -> Workspace:
    return Workspace(context.settings, context.database)


@handler("demo")
def demo(context: JobContext) -> None:
    """Generate, import and encode the world of a scenario, and queue its models."""
    scenario = str(context.job.payload.get("scenario", DEFAULT))
    prepare_demo(_workspace(context), scenario, context.report)


@handler("import")
def import_job(context: JobContext) -> None:
    """Import an upload or a folder, then encode every modality it has."""
    workspace = _workspace(context)
    source = Path(str(context.job.payload["path"]))
    name = str(context.job.payload["name"])
    record = _imported_before(context, name)
    if record is None:
        record = import_data(
            workspace,
            source,
            name,
            ImportRequest.from_payload(context.job.payload),
            lambda w, f: context.report(w, f * 0.4),
        ).record
    context.link(dataset_id=record.id)
    if source.parent == workspace.settings.uploads:
        source.unlink(missing_ok=True)
    encode_data(workspace, record.id, {}, report=lambda w, f: context.report(w, 0.4 + f * 0.6))


def _imported_before(context: JobContext, name: str) -> DatasetRecord | None:
    """What an earlier attempt of this job, killed while encoding, had already stored."""
    if context.job.attempt < 2:
        return None
    with context.database.read() as session:
        return Datasets(session).by_name(name)


@handler("experiment")
def experiment_job(context: JobContext) -> None:
    """Train the matrix of an experiment and draw its verdict."""
    experiment_id = str(context.job.payload["experiment_id"])
    execute_experiment(_workspace(context), experiment_id, context.report)


@handler("tune")
def tune_job(context: JobContext) -> None:
    """Try the settings of a search."""
    execute_tuning(_workspace(context), str(context.job.payload["tuning_id"]), context.report)


@handler("encode")
def encode_job(context: JobContext) -> None:
    """Encode a data set with the encoders asked for."""
    chosen = context.job.payload["encoders"]
    assert isinstance(chosen, dict)
    assert context.job.dataset_id is not None
    encode_data(_workspace(context), context.job.dataset_id, chosen, report=context.report)


@handler("align")
def align_job(context: JobContext) -> None:
    """Learn a shared image-text space; a job that was killed goes on where it was."""
    asked = context.job.payload
    encoders, settings = asked["encoders"], asked["settings"]
    assert isinstance(encoders, dict)
    assert isinstance(settings, dict)
    assert context.job.dataset_id is not None
    plan = AlignmentPlan(
        dataset_id=context.job.dataset_id,
        encoders=encoders,
        method=str(asked["method"]),
        settings=settings,
        seed=int(str(asked["seed"])),
        device=str(asked["device"]),
    )
    align(_workspace(context), plan, context.report)


def _end_run(settings: Settings, database: Database, job: JobRecord) -> None:
    """A run must not look alive after its process died or its job was cancelled in the queue."""
    if job.run_id is None:
        return
    state = RunState.CANCELLED if job.state is JobState.CANCELLED else RunState.FAILED
    with database.write() as session:
        if Runs(session).get(job.run_id).state is not RunState.DONE:
            Runs(session).update(job.run_id, state=state, error=job.error)


@handler("train", on_failure=_end_run)
def train_job(context: JobContext) -> None:
    """Train and evaluate one run, then test its explanations, so that nobody waits for that."""
    run = find_run(_workspace(context), str(context.job.payload["run_id"]))
    # An attempt that was killed while it tested has left a good run.
    if run.state is not RunState.DONE:
        execute_run(_workspace(context), run.id, context.report)
    context.report("Testing its explanations", 1.0)
    try:
        gate_of(_workspace(context), run.id)
    except USER_ERRORS:
        # The run is done and good; the page tests them again and says what is wrong.
        _log.warning("The explanations of %s could not be tested.", run.name, exc_info=True)


@handler("health")
def health_job(context: JobContext) -> None:
    """Look at the pictures and encoded contents of a data set."""
    assert context.job.dataset_id is not None
    look_closer(_workspace(context), context.job.dataset_id, context.report)


@handler("map")
def map_job(context: JobContext) -> None:
    """Lay out a map of neighbourhoods."""
    asked = context.job.payload
    assert context.job.dataset_id is not None
    source, run_id = str(asked["source"]), str(asked["run_id"])
    make_umap(_workspace(context), context.job.dataset_id, source, run_id, context.report)


@handler("probe")
def probe_job(context: JobContext) -> None:
    """Find out what a run reads."""
    asked = context.job.payload
    probe(
        _workspace(context),
        str(asked["probe_of"]),
        retrain=bool(asked["retrain"]),
        seeds=int(str(asked["seeds"])),
        report=context.report,
    )
