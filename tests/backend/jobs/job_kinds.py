"""Handlers of the test jobs, imported by real children; what they did stands in files."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from backend.errors import Cancelled, InvalidInput
from backend.jobs.handlers import JobContext, handler
from backend.settings import Settings
from db.records import JobRecord
from db.session import Database


def note(settings: Settings, job: JobRecord, line: str) -> None:
    with (settings.home / f"{job.id}.txt").open("a") as file:
        file.write(line + "\n")


def noted(settings: Settings, job: JobRecord) -> list[str]:
    path = settings.home / f"{job.id}.txt"
    return path.read_text().splitlines() if path.exists() else []


def ended(settings: Settings, database: Database, job: JobRecord) -> None:
    note(settings, job, f"hook {job.state} {job.error or ''}".strip())


@handler("count", on_failure=ended)
def count(context: JobContext) -> None:
    """Steps of 0.05 s, each one written down; goes on after the last one written."""
    steps = int(str(context.job.payload["steps"]))
    done = [line for line in noted(context.settings, context.job) if line.startswith("step")]
    try:
        for step in range(len(done), steps):
            context.report(f"Step {step}", step / steps)
            note(context.settings, context.job, f"step {step} {os.getpid()}")
            time.sleep(0.05)
    except Cancelled:
        note(context.settings, context.job, "checkpoint")
        raise


@handler("die", on_failure=ended)
def die(context: JobContext) -> None:
    """Is killed in its first `times` attempts."""
    note(context.settings, context.job, f"attempt {context.job.attempt}")
    if context.job.attempt <= int(str(context.job.payload["times"])):
        os.kill(os.getpid(), signal.SIGKILL)


@handler("deaf", on_failure=ended)
def deaf(context: JobContext) -> None:
    """Never reports, only notes a SIGTERM, has a child of its own."""
    signal.signal(
        signal.SIGTERM, lambda *_: note(context.settings, context.job, "asked by SIGTERM")
    )
    grandchild = subprocess.Popen(["sleep", "600"])
    note(context.settings, context.job, f"pids {os.getpid()} {grandchild.pid}")
    while True:
        time.sleep(600)


@handler("untidy")
def untidy(context: JobContext) -> None:
    """Leaves a process behind."""
    grandchild = subprocess.Popen(["sleep", "600"])
    note(context.settings, context.job, f"pid {grandchild.pid}")


@handler("wrong", on_failure=ended)
def wrong(context: JobContext) -> None:
    raise InvalidInput("Give a smaller number.")


@handler("defect", on_failure=ended)
def defect(context: JobContext) -> None:
    raise RuntimeError("secret detail")


@handler("full")
def full(context: JobContext) -> None:
    sys.stdout.write("Filling the disk\n")
    Path("/dev/full").write_text("x")
