"""Commands that train, list and steer runs and jobs."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, pairs, progress, say
from backend.workflows.execution import execute_run
from backend.workflows.history import list_jobs, list_runs
from backend.workflows.training import Plan, cancel_job, prepare, queue_runs, resume
from backend.workflows.workspace import open_workspace
from db.records import RunRecord
from db.repositories import Runs

_FOR_PEOPLE: Final = ("ndcg@20", "recall@20", "hit@20", "coverage@20")
"""Of metrics with a cutoff; those without one are few."""


def train(
    dataset: Annotated[str, typer.Argument(help="Name or id of the data set.")],
    model: Annotated[
        str,
        typer.Option(
            help="Recommender, e.g. ease, vbpr, fused; ensemble blends finished runs: "
            "--set runs=ID,ID."
        ),
    ],
    fusion: Annotated[str | None, typer.Option(help="Fusion strategy for 'fused'.")] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="MODALITY=NAME; only these modalities are used. May be repeated."),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(
            help="MODALITY=shuffled or MODALITY=noise: its features lose their meaning, to show "
            "what the model owes to them. May be repeated."
        ),
    ] = None,
    objective: Annotated[
        str, typer.Option(help="ranking, rating, or ctr: the chance of a click.")
    ] = "ranking",
    split: Annotated[
        str,
        typer.Option(
            help="given, random, temporal, global_time or cold_items (default: given if there)."
        ),
    ] = "",
    positive: Annotated[
        str | None, typer.Option(help="What counts as a positive, e.g. 'rating>=4'.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for any setting; repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and negatives.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:0 …")] = "auto",
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to the worker.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Train one run and evaluate it on the test split."""
    workspace = open_workspace(home)
    plan = Plan(
        dataset_id=dataset,
        models=(model,),
        fusions=(fusion,) if fusion else (),
        encoders=pairs(encoder or [], "--encoder"),
        controls=pairs(control or [], "--control"),
        objective=objective,
        split=split,
        positive=positive,
        settings=dict(pairs(setting or [], "--set")),
        seeds=(seed,),
        device=device,
    )
    runs = prepare(workspace, plan)
    if queue:
        queue_runs(workspace, runs)
        say(_summary(runs[0], json), json)
        return
    with workspace.database.write() as session:
        Runs(session).add(runs[0])
    say(_summary(execute_run(workspace, runs[0].id, progress), json), json)


def runs(
    dataset: Annotated[str, typer.Option(help="Only runs of this data set.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """List runs, newest first."""
    found = list_runs(open_workspace(home), dataset)
    rows = [{"name": run.name, **_summary(run, json), "error": run.error} for run in found]
    say({"runs": rows}, json)


def jobs(home: Home = None, json: Json = False) -> None:
    """List jobs, newest first."""
    rows = [
        {
            "job": job.id,
            "kind": job.kind,
            "title": job.title,
            "state": job.state,
            "progress": job.fraction,
            "what": job.what,
            "position": job.position,
            "run": job.run_id,
            "error": job.error,
        }
        for job in list_jobs(open_workspace(home))
    ]
    say({"jobs": rows}, json)


def cancel(
    job: Annotated[str, typer.Argument(help="Id of the job.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Stop a job at its next checkpoint."""
    view = cancel_job(open_workspace(home), job)
    say({"job": view.id, "state": view.state, "cancel_requested": True}, json)


def resume_(
    run: Annotated[str, typer.Argument(help="Id of a stopped run.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Queue a cancelled or failed run again; it goes on from its checkpoint."""
    view = resume(open_workspace(home), run)
    say({"job": view.id, "run": view.run_id, "state": view.state}, json)


def _summary(run: RunRecord, json: bool) -> dict[str, object]:
    """All metrics for programs, a handful for people."""
    return {
        "run": run.id,
        "state": str(run.state),
        "validation": _told(run.validation, json),
        "metrics": _told(run.metrics, json),
        "epochs": run.epochs,
        "seconds": run.seconds,
        "parameters": run.parameters,
    }


def _told(metrics: Mapping[str, float], json: bool) -> dict[str, float]:
    return {
        name: value
        for name, value in metrics.items()
        if json or "@" not in name or name in _FOR_PEOPLE
    }


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "train": train,
    "runs": runs,
    "jobs": jobs,
    "cancel": cancel,
    "resume": resume_,
}
