"""The command that answers whether fusion is worth it."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, pairs, progress, say
from backend.workflows.experiment import ExperimentPlan, create, find_experiment, runs_of, start
from backend.workflows.experiment_verdict import verdict_of
from backend.workflows.experimenting import execute_experiment
from backend.workflows.workspace import open_workspace


def experiment(
    dataset: Annotated[str, typer.Argument(help="Name or id of the data set.")],
    models: Annotated[
        list[str] | None,
        typer.Option(help="fused, fused:late, vbpr, ...; repeatable or joined by commas."),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Seeds per strategy.")] = 3,
    budget: Annotated[
        int, typer.Option(help="Trials per strategy, judged on validation; 1 takes the defaults.")
    ] = 1,
    encoder: Annotated[
        list[str] | None, typer.Option(help="MODALITY=NAME; only these modalities are used.")
    ] = None,
    split: Annotated[str, typer.Option(help="As for train.")] = "",
    positive: Annotated[str | None, typer.Option(help="As for train.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for any setting; repeatable.")
    ] = None,
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:0 …")] = "auto",
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to the worker.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Train fusions, single modalities, baselines and controls; say whether fusion is worth it."""
    workspace = open_workspace(home)
    plan = ExperimentPlan(
        dataset_id=dataset,
        name=name,
        models=tuple(part for given in models or [] for part in given.split(",") if part),
        encoders=pairs(encoder or [], "--encoder"),
        seeds=seeds,
        budget=budget,
        split=split,
        positive=positive,
        settings=dict(pairs(setting or [], "--set")),
        device=device,
    )
    if queue:
        record, job = start(workspace, plan)
        say({"experiment": record.id, "job": job.id}, json)
        return
    record = create(workspace, plan)
    execute_experiment(workspace, record.id, progress)
    record = find_experiment(workspace, record.id)
    found = verdict_of(record)
    assert found is not None
    runs = [run for cell in record.cells.values() for run in runs_of(cell).values()]
    say(
        {
            "experiment": record.id,
            "verdict": found.decision,
            "sentence": found.sentence,
            "gain": found.gain,
            "interval": [found.low, found.high],
            "best_fusion": found.best_fusion,
            "best_single": found.best_single,
            "best_click_only": found.best_click_only,
            "standings": [
                {
                    "strategy": row.key,
                    "role": row.role,
                    "validation": row.validation,
                    "test": row.test,
                    "spread": row.spread,
                    "seeds": row.seeds,
                    "seconds": row.seconds,
                }
                for row in found.standings
            ],
            "failed": dict(found.failed),
            "runs": runs,
        },
        json,
    )


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {"experiment": experiment}
