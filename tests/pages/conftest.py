"""Workspaces for the pages: an empty one, a small shop with finished runs, one with a failure."""

from pathlib import Path

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.jobs.queue import Queue
from backend.workflows.execution import execute_run
from backend.workflows.importing import generate_demo
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace, open_workspace
from db.records import RunState
from db.repositories import Runs

NAME = "Shop *one* [link](x)"
SENTENCE = "The loss was not a number in epoch 2. Lower the learning rate and train again."
SHOP = ShopConfig(items=70, users=40, interactions_per_user=10, seed=1)


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A shop with a run that sees clicks only and one that reads content."""
    workspace = open_workspace(tmp_path_factory.mktemp("filled"))
    shop = generate_demo(workspace, SHOP, NAME)
    plan = Plan(shop.id, ("ease", "fused"), fusions=("late",), settings={"epochs": 2})
    runs = prepare(workspace, plan)
    with workspace.database.write() as session:
        for run in runs:
            Runs(session).add(run)
    for run in runs:
        execute_run(workspace, run.id, lambda what, fraction: None)
    return workspace


@pytest.fixture
def broken(tmp_path: Path) -> Workspace:
    """A shop without pictures whose only training job failed."""
    workspace = open_workspace(tmp_path / "broken")
    shop = generate_demo(
        workspace, ShopConfig(items=40, users=30, interactions_per_user=8, pictures=False), NAME
    )
    (run,) = prepare(workspace, Plan(shop.id, ("bpr",)))
    with workspace.database.write() as session:
        Runs(session).add(run)
    queue = Queue(workspace.database)
    queue.enqueue("train", "Train BPR", {"run_id": run.id}, dataset_id=shop.id, run_id=run.id)
    job = queue.claim("somebody", ["cpu"])
    assert job is not None
    queue.fail(job, SENTENCE)
    with workspace.database.write() as session:
        Runs(session).update(run.id, state=RunState.FAILED, error=SENTENCE)
    return workspace


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "empty")
