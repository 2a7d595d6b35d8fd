"""Commands that run the machinery: everything at once, the worker, a check-up."""

from collections.abc import Callable, Mapping
from typing import Annotated, Final

import typer

from backend.cli._output import Home, Json, say
from backend.devices import devices
from backend.jobs.worker import Worker
from backend.workflows.doctor import examine
from backend.workflows.serving import run_all
from backend.workflows.uploading import sweep
from backend.workflows.workspace import open_workspace

HANDLERS: Final = "backend.workflows.handlers"


def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the web server.")] = 8501,
    demo: Annotated[bool, typer.Option(help="Prepare the demo in an empty workspace.")] = True,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
    home: Home = None,
) -> None:
    """Start web server and worker together; Ctrl-C stops both."""
    run_all(home, port, demo=demo, browser=browser)


def worker(home: Home = None) -> None:
    """Do queued jobs, one per device, until stopped."""
    workspace = open_workspace(home)
    sweep(workspace)
    Worker(workspace.settings, HANDLERS, devices()).run_forever()


def doctor(home: Home = None, json: Json = False) -> None:
    """Check installation, database, GPU, encoders and disk."""
    checks = examine(open_workspace(home))
    marks = {True: "ok", False: "attention", None: "info"}
    result = {check.name: f"{marks[check.good]}: {check.text}" for check in checks}
    good = all(check.good is not False for check in checks)
    say({"good": good, "checks": result}, json)
    if not good:
        raise typer.Exit(2)


COMMANDS: Final[Mapping[str, Callable[..., None]]] = {
    "up": up,
    "worker": worker,
    "doctor": doctor,
}
