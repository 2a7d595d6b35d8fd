"""A small shop with a solved and a trained model, made once for all workflow tests."""

from pathlib import Path

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.workflows.execution import execute_run
from backend.workflows.importing import generate_demo
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace, open_workspace
from db.records import DatasetRecord, RunRecord
from db.repositories import Runs

SHOP = ShopConfig(items=60, users=40, interactions_per_user=10, seed=1)


def train_now(workspace: Workspace, plan: Plan) -> tuple[RunRecord, ...]:
    """Runs of a plan, finished, without a queue."""
    runs = prepare(workspace, plan)
    with workspace.database.write() as session:
        for run in runs:
            Runs(session).add(run)
    return tuple(execute_run(workspace, run.id, lambda what, fraction: None) for run in runs)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_workspace(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def shop(workspace: Workspace) -> DatasetRecord:
    return generate_demo(workspace, SHOP, "shop")


@pytest.fixture(scope="session")
def runs(workspace: Workspace, shop: DatasetRecord) -> dict[str, RunRecord]:
    """popularity, ease and fused (late), trained for two epochs."""
    plan = Plan(shop.id, ("popularity", "ease", "fused"), fusions=("late",), settings={"epochs": 2})
    return {run.model: run for run in train_now(workspace, plan)}


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "empty")
