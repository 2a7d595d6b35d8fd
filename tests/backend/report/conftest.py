"""A finished experiment on a small shop, made once for all tests of reports."""

from pathlib import Path

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.workflows.experiment import ExperimentPlan, create, find_experiment
from backend.workflows.experiment_report import ReportContents, contents
from backend.workflows.experimenting import execute_experiment
from backend.workflows.importing import generate_demo
from backend.workflows.workspace import Workspace, open_workspace
from db.records import DatasetRecord, ExperimentRecord

NAME = "Shop <one> & 100 %"
QUICK = {"epochs": 1, "dim": 4, "id_dim": 4, "feature_dim": 8}


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return open_workspace(tmp_path_factory.mktemp("reported"))


@pytest.fixture(scope="session")
def shop(reported: Workspace) -> DatasetRecord:
    config = ShopConfig(items=60, users=40, interactions_per_user=10, seed=1)
    return generate_demo(reported, config, NAME)


@pytest.fixture(scope="session")
def finished(reported: Workspace, shop: DatasetRecord) -> ExperimentRecord:
    plan = ExperimentPlan(shop.id, models=("fused:late",), seeds=2, settings=QUICK)
    record = create(reported, plan)
    execute_experiment(reported, record.id, lambda what, fraction: None)
    return find_experiment(reported, record.id)


@pytest.fixture(scope="session")
def found(reported: Workspace, finished: ExperimentRecord) -> ReportContents:
    return contents(reported, finished.id)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "report"
