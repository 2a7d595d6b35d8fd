"""What the pages show of a run that predicts clicks."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.workflows.execution import execute_run
from backend.workflows.importing import generate_demo
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace, open_workspace
from db.repositories import Runs
from tests.pages.test_apptest import open_page

__all__ = ["open_page"]
LOG = ShopConfig(items=40, users=20, impressions=100, pictures=False, seed=5)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = open_workspace(tmp_path_factory.mktemp("logged"))
    log = generate_demo(workspace, LOG, "Log")
    plan = Plan(
        log.id, ("factorisation_machine",), objective="ctr", settings={"epochs": 2}, seeds=(0, 1)
    )
    runs = prepare(workspace, plan)
    with workspace.database.write() as session:
        for run in runs:
            Runs(session).add(run)
    for run in runs:
        execute_run(workspace, run.id, lambda what, fraction: None)
    return workspace


VIEWS = ({}, {"metric": "auc"}, {"view": "Against the baseline"}, {"view": "For whom"},
         {"view": "Learning curves"}, {"view": "Costs"})  # fmt: skip


@pytest.mark.parametrize("parameters", VIEWS, ids=str)
def test_compare_shows_whether_chances_come_true(
    open_page: Callable[..., AppTest], logged: Workspace, parameters: dict[str, str]
) -> None:
    app = open_page(logged, "compare", **parameters)
    assert not app.exception
    assert not app.error, app.error[0].value
    assert "Calibration" in [heading.value for heading in app.subheader]
    assert any("are off by" in caption.value for caption in app.caption)


def test_train_offers_clicks_where_they_were_logged(
    open_page: Callable[..., AppTest], logged: Workspace
) -> None:
    app = open_page(logged, "train")
    assert not app.exception
    task = next(box for box in app.selectbox if box.label == "Task")
    assert list(task.options) == ["Rank what people choose", "Predict clicks"]


@pytest.mark.parametrize("page", ["overview", "recommend", "explain", "catalogue"])
def test_the_other_pages_open(
    open_page: Callable[..., AppTest], logged: Workspace, page: str
) -> None:
    app = open_page(logged, page)
    assert not app.exception
    assert not app.error, app.error[0].value
