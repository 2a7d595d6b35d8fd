"""The command that takes a second look: leaks in the data, numbers hard to believe."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, progress, say
from backend.schema import HEADLINE_METRIC
from backend.workflows import audit as workflow
from backend.workflows.comparison import leaderboard
from backend.workflows.health import leaks, look_closer
from backend.workflows.workspace import open_workspace


def audit(
    dataset: Annotated[str, typer.Argument(help="Name or id of the data set.")],
    metric: Annotated[str, typer.Option(help="By which metric runs are judged.")] = HEADLINE_METRIC,
    home: Home = None,
    json: Json = False,
) -> None:
    """Leaks from the test into training, and numbers that deserve a second look."""
    workspace = open_workspace(home)
    look_closer(workspace, dataset, progress)
    findings = leaks(workspace, dataset)
    suspicions = []
    for protocol in leaderboard(workspace, dataset, metric).protocols:
        board = leaderboard(workspace, dataset, metric, protocol.key)
        found = workflow.audit(workspace, [row.run_id for row in board.rows], metric)
        suspicions += [{"protocol": protocol.label, **asdict(one)} for one in found]
    say(
        {
            "leaks": [
                {
                    "name": finding.name,
                    "severity": str(finding.severity),
                    "sentence": finding.sentence,
                    "advice": finding.advice,
                }
                for finding in findings
            ],
            "suspicions": suspicions,
        },
        json,
    )


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {"audit": audit}
