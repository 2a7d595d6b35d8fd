"""The command that answers whether a model reads its content."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, progress, say
from backend.workflows.probe_view import start_probe
from backend.workflows.probing import ModalityUse, probe
from backend.workflows.workspace import open_workspace


def probe_run(
    run: Annotated[str, typer.Argument(help="Id of a finished run, or its beginning.")],
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Also train without what lists read.")
    ] = False,
    seeds: Annotated[int, typer.Option(help="Trainings with and without a modality.")] = 1,
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to the worker.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Does this model read the images, and where? Found by changing them, not by asking it."""
    workspace = open_workspace(home)
    if queue:
        say({"job": start_probe(workspace, run, retrain=retrain, seeds=seeds).id}, json)
        return
    found = probe(workspace, run, retrain=retrain, seeds=seeds, report=progress)
    say(
        {
            "run": found.run_id,
            "metric": found.metric,
            "value": found.value,
            "users": found.users,
            "sentence": found.sentence,
            "modalities": {each.modality: _modality(each) for each in found.modalities},
        },
        json,
    )


def _modality(found: ModalityUse) -> dict[str, object]:
    effect = found.effect
    return {
        "use": found.use,
        "drop": effect.drop if effect else 0.0,
        "interval": [effect.low, effect.high] if effect else [0.0, 0.0],
        "sentence": found.sentence,
        "interventions": {
            each.kind: {
                "drop": each.drop,
                "interval": [each.low, each.high],
                "p_value": each.p_value,
                "moved": each.moved,
            }
            for each in found.effects
        },
    }


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {"probe": probe_run}
