"""The command that writes a report for people without FusionLens."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, say
from backend.report.export import write_report
from backend.report.printing import print_report
from backend.workflows.experiment_report import contents
from backend.workflows.workspace import open_workspace


def report(
    experiment: Annotated[str, typer.Argument(help="Id of an experiment, or its beginning.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write it.")],
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print it to PDF too, with this machine's Chromium.")
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write an experiment as one HTML file that needs no network, with its tables beside it."""
    found = contents(open_workspace(home), experiment)
    written = write_report(found, folder)
    paper = print_report(written[0]) if pdf else None
    say(
        {
            "experiment": found.view.id,
            "verdict": found.verdict.decision,
            "sentence": found.verdict.sentence,
            "report": str(written[0]),
            "pdf": str(paper) if paper else None,
            "tables": [str(path) for path in written[1:]],
        },
        json,
    )


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {"report": report}
