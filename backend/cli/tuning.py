"""The command that searches settings, every strategy with the same number of trials."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, pairs, progress, say
from backend.errors import InvalidInput
from backend.workflows.execution import execute_run
from backend.workflows.training import Plan, prepare
from backend.workflows.tuning import TuningPlan, create, find_tuning, go_on, start
from backend.workflows.tuning_trials import execute_tuning
from backend.workflows.tuning_view import StrategyTrials, best_plan, importance, view
from backend.workflows.workspace import Workspace, open_workspace
from db.repositories import Runs


def tune(
    dataset: Annotated[str, typer.Argument(help="Name or id of the data set.")] = "",
    model: Annotated[
        list[str] | None, typer.Option(help="Recommender, e.g. ease, vbpr, fused; repeatable.")
    ] = None,
    fusion: Annotated[
        list[str] | None, typer.Option(help="Fusion strategy for 'fused'; repeatable.")
    ] = None,
    trials: Annotated[
        int, typer.Option(help="Trials per strategy; the first one is the defaults.")
    ] = 20,
    pruning: Annotated[
        str, typer.Option(help="How hopeless trials end early: median, halving or none.")
    ] = "median",
    encoder: Annotated[
        list[str] | None, typer.Option(help="MODALITY=NAME; only these modalities are used.")
    ] = None,
    objective: Annotated[str, typer.Option(help="As for train.")] = "ranking",
    split: Annotated[str, typer.Option(help="As for train.")] = "",
    positive: Annotated[str | None, typer.Option(help="As for train.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="key=value that every trial keeps; repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the search and of every trial.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:0 …")] = "auto",
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    resume: Annotated[str, typer.Option(help="Id of a search that was stopped.")] = "",
    train: Annotated[
        bool, typer.Option("--train", help="Then train the best and evaluate it on the test split.")
    ] = False,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to the worker.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Search the settings that do best on the validation split; the test split stays closed."""
    workspace = open_workspace(home)
    asked = TuningPlan(
        plan=Plan(
            dataset_id=dataset,
            models=tuple(model or ()),
            fusions=tuple(fusion or ()),
            encoders=pairs(encoder or [], "--encoder"),
            objective=objective,
            split=split,
            positive=positive,
            settings=dict(pairs(setting or [], "--set")),
            seeds=(seed,),
            device=device,
        ),
        trials=trials,
        pruning=pruning,  # type: ignore[arg-type]  # `create` checks it
        name=name,
    )
    if queue:
        say(_queued(workspace, asked, resume), json)
        return
    if not resume and not dataset:
        raise InvalidInput("Name a data set, or the search to go on with: --resume ID.")
    record = find_tuning(workspace, resume) if resume else create(workspace, asked)
    execute_tuning(workspace, record.id, progress)
    found = view(workspace, record.id)
    best = found.best
    run = _train(workspace, record.id) if train and best else None
    say(
        {
            "tuning": record.id,
            "metric": found.metric,
            "best": best.key if best else None,
            "strategies": [_strategy(workspace, record.id, row) for row in found.rows],
            "run": run,
        },
        json,
    )


def _queued(workspace: Workspace, asked: TuningPlan, resume: str) -> dict[str, object]:
    if resume:
        record = find_tuning(workspace, resume)
        return {"tuning": record.id, "job": go_on(workspace, record.id).id}
    record, job = start(workspace, asked)
    return {"tuning": record.id, "job": job.id}


def _train(workspace: Workspace, tuning_id: str) -> dict[str, object]:
    (run,) = prepare(workspace, best_plan(workspace, tuning_id))
    with workspace.database.write() as session:
        Runs(session).add(run)
    done = execute_run(workspace, run.id, progress)
    return {"run": done.id, "validation": dict(done.validation), "metrics": dict(done.metrics)}


def _strategy(workspace: Workspace, tuning_id: str, row: StrategyTrials) -> dict[str, object]:
    return {
        "strategy": row.key,
        "trials": row.ended,
        "pruned": row.pruned,
        "default": row.default,
        "value": row.best.value if row.best else None,
        "trial": row.best.number if row.best else None,
        "settings": dict(row.best.settings) if row.best else {},
        "importance": importance(workspace, tuning_id, row.key),
        "seconds": sum(trial.seconds for trial in row.trials),
        "failed": [trial.error for trial in row.trials if trial.error],
    }


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {"tune": tune}
