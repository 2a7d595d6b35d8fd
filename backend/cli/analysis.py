"""Commands that evaluate, compare, recommend and explain."""

from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, say
from backend.errors import InvalidInput
from backend.evaluation.significance import Interval
from backend.workflows.comparison import pairwise
from backend.workflows.execution import evaluate_again
from backend.workflows.explanation import explain as explain_pair
from backend.workflows.explanation import explain_run
from backend.workflows.launch import launch as simulate
from backend.workflows.loading import find_run
from backend.workflows.made_up import MadeUp, recommend_made_up
from backend.workflows.recommendation import RecommendationList
from backend.workflows.recommendation import recommend as recommend_for
from backend.workflows.reranking import Wishes
from backend.workflows.workspace import open_workspace

Run = Annotated[str, typer.Argument(help="Id of a finished run, or its beginning.")]


def evaluate(run: Run, home: Home = None, json: Json = False) -> None:
    """Evaluate a finished run again from its stored weights, with 95 % intervals over users."""
    intervals = evaluate_again(open_workspace(home), run)
    say({"run": run, "metrics": {name: _interval(i) for name, i in intervals.items()}}, json)


def compare(
    runs: Annotated[list[str], typer.Argument(help="Two or more finished runs.")],
    metric: Annotated[str, typer.Option(help="Which metric to compare.")] = "ndcg@20",
    home: Home = None,
    json: Json = False,
) -> None:
    """Metrics of several runs and their pairwise differences over the same users."""
    if len(runs) < 2:
        raise InvalidInput("Give at least two runs to compare.")
    workspace = open_workspace(home)
    found = [find_run(workspace, run) for run in runs]
    rows = pairwise(workspace, tuple(combinations([run.id for run in found], 2)), metric)
    differences = [
        {
            "a": a,
            "b": b,
            "difference": d.value,
            "low": d.low,
            "high": d.high,
            "p_value": d.p_value,
            "adjusted_p": p,
            "effect_size": d.effect_size,
            "users": d.n,
        }
        for a, b, d, p in rows
    ]
    metrics = {run.id: {"name": run.name, **run.metrics} for run in found}
    say({"metric": metric, "runs": metrics, "differences": differences}, json)


def recommend(
    run: Run,
    user: Annotated[str, typer.Option(help="Id of a user.")] = "",
    like: Annotated[list[str] | None, typer.Option(help="Id of an item; repeatable.")] = None,
    image: Annotated[Path | None, typer.Option(help="A picture file.")] = None,
    text: Annotated[str, typer.Option(help="Some words.")] = "",
    audio: Annotated[Path | None, typer.Option(help="A sound file.")] = None,
    video: Annotated[Path | None, typer.Option(help="A video file.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many items.")] = 10,
    diversity: Annotated[float, typer.Option(min=0, max=1, help="0 none, 1 variety alone.")] = 0.0,
    less_popular: Annotated[
        float, typer.Option(min=0, max=1, help="1 takes away what popularity explains.")
    ] = 0.0,
    only: Annotated[list[str] | None, typer.Option(help="A category; repeatable.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Items for a user, or for somebody who chose some items or brings a picture, words, a sound
    or a video."""
    workspace = open_workspace(home)
    wishes = Wishes(diversity=diversity, less_popular=less_popular, categories=tuple(only or ()))
    somebody = MadeUp(tuple(like or ()), text, _read(image), _read(audio), _read(video))
    if user:
        found = recommend_for(workspace, run, user, k, wishes)
    elif somebody.items or somebody.brings_content:
        found = recommend_made_up(workspace, run, somebody, k, wishes)
    else:
        raise InvalidInput("Give --user, --like, --image, --text, --audio or --video.")
    say({"items": _items(found), "note": found.note}, json)


def launch(
    run: Run,
    image: Annotated[Path | None, typer.Option(help="A picture file.")] = None,
    text: Annotated[str, typer.Option(help="Title and description.")] = "",
    audio: Annotated[Path | None, typer.Option(help="A sound file.")] = None,
    video: Annotated[Path | None, typer.Option(help="A video file.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many people.")] = 50,
    home: Home = None,
    json: Json = False,
) -> None:
    """Who would be shown a new item, how high, and which modality carries it."""
    found = simulate(
        open_workspace(home), run, _read(image), text, k, audio=_read(audio), video=_read(video)
    )
    say(
        {
            "audience": [
                {"user_id": person.user_id, "rank": person.rank, "score": person.score}
                for person in found.audience
            ],
            "attributions": dict(found.attributions),
            "reach": {str(length): count for length, count in found.reach.items()},
            "users": found.users,
        },
        json,
    )


def explain(
    run: Run,
    user: Annotated[str, typer.Option(help="Id of a user.")] = "",
    item: Annotated[str, typer.Option(help="Id of an item.")] = "",
    home: Home = None,
    json: Json = False,
) -> None:
    """How much each modality contributes: to one score, or over the whole run."""
    workspace = open_workspace(home)
    if bool(user) != bool(item):
        raise InvalidInput("Give both --user and --item, or neither for the whole run.")
    if user:
        pair = explain_pair(workspace, run, user, item)
        say(
            {
                "score": pair.score,
                "baseline": pair.baseline,
                "attributions": dict(pair.attributions),
                "faithful": pair.faithful,
                "reason": pair.reason,
            },
            json,
        )
        return
    whole = explain_run(workspace, run)
    recovered = whole.recovery
    recovery = None
    if recovered is not None:
        recovery = {
            "spearman_users": recovered.spearman_users,
            "spearman_pairs": recovered.spearman_pairs,
            "first_share": recovered.first_share,
        }
    say({"mean_absolute": dict(whole.mean_absolute), "recovery": recovery}, json)


def _interval(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _items(found: RecommendationList) -> list[dict[str, object]]:
    return [
        {
            "item_id": item.card.item_id,
            "title": item.card.title,
            "score": item.score,
            "rank": item.rank,
            "attributions": dict(item.attributions),
        }
        for item in found.items
    ]


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    if not path.is_file():
        raise InvalidInput(f"There is no file '{path}'.")
    return path.read_bytes()


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "evaluate": evaluate,
    "compare": compare,
    "recommend": recommend,
    "explain": explain,
    "launch": launch,
}
