"""Commands that learn a shared image-text space and search in it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, pairs, progress, say
from backend.errors import InvalidInput
from backend.workflows.aligning import AlignmentPlan
from backend.workflows.aligning import align as align_now
from backend.workflows.alignment import (
    Alignment,
    Hit,
    image_to_items,
    queue_align,
    text_to_items,
    view,
)
from backend.workflows.searching import SearchQuery, ability
from backend.workflows.searching import search as search_everything
from backend.workflows.workspace import Workspace, open_workspace

Dataset = Annotated[str, typer.Argument(help="Name or id of the data set.")]


def align(
    dataset: Dataset,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="image=NAME and text=NAME; the installed ones by default."),
    ] = None,
    method: Annotated[
        str,
        typer.Option(help="heads (on top of the encoders) or fine_tune (an open_clip model)."),
    ] = "heads",
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="key=value for a setting; repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of split, weights and order.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:0 …")] = "auto",
    queue: Annotated[bool, typer.Option("--queue", help="Leave it to the worker.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Learn which picture belongs to which text; measured on items that were held out."""
    workspace = open_workspace(home)
    plan = AlignmentPlan(
        dataset_id=dataset,
        encoders=pairs(encoder or [], "--encoder"),
        method=method,
        settings=dict(pairs(setting or [], "--set")),
        seed=seed,
        device=device,
    )
    if queue:
        job = queue_align(workspace, plan)
        say({"job": job.id, "state": job.state}, json)
        return
    say(_summary(view(workspace, align_now(workspace, plan, progress))), json)


def search(
    dataset: Dataset,
    text: Annotated[str, typer.Option(help="Some words.")] = "",
    image: Annotated[Path | None, typer.Option(help="A picture file.")] = None,
    like: Annotated[list[str] | None, typer.Option(help="Id of an item; repeatable.")] = None,
    unlike: Annotated[list[str] | None, typer.Option(help="Id of an item to avoid.")] = None,
    by: Annotated[
        str, typer.Option(help="Which side of the items to look at: image, text or all.")
    ] = "image",
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many items.")] = 10,
    home: Home = None,
    json: Json = False,
) -> None:
    """Find items by words, by a picture, by other items, or by all of these together.

    Words alone, or a picture alone, are looked for in the space that `align` learned; where there
    is none, by the encoder that reads them.
    """
    workspace = open_workspace(home)
    query = SearchQuery(text, _bytes(image), tuple(like or ()), tuple(unlike or ()))
    alone = bool(text) != bool(query.picture) and not (like or unlike)
    if by != "all" and alone and ability(workspace, dataset).crossing:
        space, hits = "aligned", _aligned(workspace, dataset, query, k, by)
    else:
        space, hits = "own encoders", search_everything(workspace, dataset, query, k)
    items = [
        {
            "item_id": hit.card.item_id,
            "title": hit.card.title,
            "score": hit.score,
            "rank": hit.rank,
            "similarities": dict(hit.similarities),
        }
        for hit in hits
    ]
    say({"items": items, "space": space}, json)


def _aligned(
    workspace: Workspace, dataset: str, query: SearchQuery, k: int, by: str
) -> tuple[Hit, ...]:
    if query.picture:
        return image_to_items(workspace, dataset, query.picture, k, by)
    return text_to_items(workspace, dataset, query.words, k, by)


def _bytes(path: Path | None) -> bytes | None:
    if path is None:
        return None
    if not path.is_file():
        raise InvalidInput(f"There is no file '{path}'.")
    return path.read_bytes()


def _summary(found: Alignment) -> dict[str, object]:
    return {
        **{direction: dict(recalls) for direction, recalls in found.after.items()},
        "chance@10": found.chance,
        "before": {d: dict(recalls) for d, recalls in found.before.items()} or None,
        "pairs": found.pairs,
        "held_out": found.held_out,
        "duplicates": found.duplicates,
        "method": found.method,
        "encoders": dict(found.encoders),
        "epochs": found.epochs,
        "seconds": found.seconds,
    }


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {"align": align, "search": search}
