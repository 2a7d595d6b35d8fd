"""The worker is killed while it trains: the job goes on and gives the same numbers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.jobs.queue import Queue
from backend.workflows.execution import execute_run
from backend.workflows.importing import generate_demo
from backend.workflows.training import Plan, prepare, queue_runs
from backend.workflows.workspace import Workspace, open_workspace
from db.records import JobState, RunRecord, RunState
from db.repositories import Jobs, Runs

ROOT = Path(__file__).resolve().parents[2]
WORKER = (
    "import sys; from pathlib import Path; from backend.jobs.worker import Worker; "
    "from backend.settings import Settings; "
    "Worker(Settings.from_env(Path(sys.argv[1])), 'backend.workflows.handlers', "
    "lease=3.0, poll=0.1).run_forever()"
)
SHOP = ShopConfig(items=60, users=40, interactions_per_user=10, seed=1, pictures=False)
LONG = {"epochs": 100, "patience": 100, "batch_size": 16}
PATIENCE = 240.0


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path)


@pytest.fixture
def workers(workspace: Workspace) -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()


def _start(workspace: Workspace) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WORKER, str(workspace.settings.home)]
    return subprocess.Popen(command, cwd=ROOT)


def _epochs(workspace: Workspace, run: RunRecord) -> list[tuple[int, float, dict[str, float]]]:
    with workspace.database.read() as session:
        found = Runs(session).epochs(run.id)
    return [(e.epoch, e.loss, dict(e.metrics)) for e in found]


def _wait(what: str, done: object) -> None:
    until = time.monotonic() + PATIENCE
    assert callable(done)
    while not done():
        assert time.monotonic() < until, f"waited too long for {what}"
        time.sleep(0.1)


@pytest.mark.slow
def test_training_survives_the_death_of_its_worker(
    workspace: Workspace, workers: list[subprocess.Popen[bytes]]
) -> None:
    shop = generate_demo(workspace, SHOP, "shop")
    plan = Plan(shop.id, ("bpr",), settings=LONG, device="cpu")
    (whole,), (killed,) = prepare(workspace, plan), prepare(workspace, plan)
    with workspace.database.write() as session:
        Runs(session).add(whole)
    execute_run(workspace, whole.id, lambda what, fraction: None)

    queue_runs(workspace, [killed])
    workers.append(_start(workspace))
    checkpoint = workspace.settings.runs / killed.id / "checkpoint.safetensors"
    _wait("a checkpoint", checkpoint.exists)
    os.kill(workers[0].pid, signal.SIGKILL)
    workers[0].wait()
    reached = len(_epochs(workspace, killed))
    assert reached < LONG["epochs"], "the run had ended before the kill"

    workers.append(_start(workspace))
    with workspace.database.read() as session:
        (job,) = Jobs(session).list(run_id=killed.id)
    queue = Queue(workspace.database)
    _wait("the end", lambda: queue.get(job.id).state.ended)

    ended = queue.get(job.id)
    assert (ended.state, ended.attempt) == (JobState.DONE, 2)
    assert _epochs(workspace, killed) == _epochs(workspace, whole)
    with workspace.database.read() as session:
        first, second = Runs(session).get(whole.id), Runs(session).get(killed.id)
    assert second.state is RunState.DONE
    assert dict(first.metrics) == dict(second.metrics)
