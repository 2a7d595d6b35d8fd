"""Click prediction from the generated log to the reliability diagram."""

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.errors import InvalidInput
from backend.figures import clicks as figures
from backend.workflows import comparison, training
from backend.workflows.clicks import reliability
from backend.workflows.importing import generate_demo
from backend.workflows.loading import load_run
from backend.workflows.training import Plan, prepare
from backend.workflows.tuning import TuningPlan, create
from backend.workflows.tuning_trials import execute_tuning
from backend.workflows.tuning_view import view
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord
from tests.backend.workflows.conftest import train_now

LOG = ShopConfig(items=40, users=30, impressions=300, cold_items=0.0, pictures=False, seed=3)


@pytest.fixture(scope="module")
def log(workspace: Workspace) -> DatasetRecord:
    return generate_demo(workspace, LOG, "log")


@pytest.fixture(scope="module")
def run(workspace: Workspace, log: DatasetRecord) -> RunRecord:
    settings = {"epochs": 12, "batch_size": 512}
    plan = Plan(log.id, ("factorisation_machine",), objective="ctr", settings=settings)
    (done,) = train_now(workspace, plan)
    return done


def test_a_log_of_clicks_offers_to_predict_them(workspace: Workspace, log: DatasetRecord) -> None:
    offered = training.choices(workspace, log.id)
    assert offered.objectives == ("ranking", "ctr")
    assert offered.default_positive == "rating>=1"
    assert "factorisation_machine" in [model.name for model in offered.models]


def test_only_clicks_count_as_liked_when_ranking(workspace: Workspace, log: DatasetRecord) -> None:
    (ranked,) = train_now(workspace, Plan(log.id, ("popularity",)))
    assert (load_run(workspace, ranked.id).split.train.ratings == 1).all()


def test_it_learns_and_its_chances_are_true(workspace: Workspace, run: RunRecord) -> None:
    assert set(run.metrics) == {"auc", "logloss", "calibration_error"}
    assert run.metrics["auc"] > 0.6
    assert run.metrics["calibration_error"] < 0.06
    model = load_run(workspace, run.id).model
    assert float(model.stretch) != 1.0


def test_the_leaderboard_falls_back_to_what_the_runs_have(
    workspace: Workspace, log: DatasetRecord, run: RunRecord
) -> None:
    key = next(p.key for p in comparison.leaderboard(workspace, log.id).protocols if "ctr" in p.key)
    board = comparison.leaderboard(workspace, log.id, "ndcg@20", key)
    assert board.metric == "logloss"
    assert board.rows[0].run_id == run.id
    assert "Log loss" in board.verdict
    assert board.protocol is not None
    assert board.protocol.label.startswith("click prediction")
    assert comparison.leaderboard(workspace, log.id, "auc", key).verdict.endswith(".")
    with pytest.raises(InvalidInput, match="one number over everybody"):
        comparison.per_user(workspace, run.id, run.id, "auc")


def test_reliability_is_that_of_the_test_part(workspace: Workspace, run: RunRecord) -> None:
    (found,) = reliability(workspace, [run.id])
    assert sum(found.count) == len(load_run(workspace, run.id).split.test)
    assert found.error == pytest.approx(run.metrics["calibration_error"])
    gaps = zip(found.predicted, found.clicked, found.count, strict=True)
    error = sum(abs(p - c) * n for p, c, n in gaps) / sum(found.count)
    assert error == pytest.approx(found.error)
    figure = figures.reliability([found])
    assert list(figure.data[1].y) == list(found.clicked)
    assert f"{found.error:.3f}" in figure.data[1].name


def test_a_ranking_run_has_no_reliability(workspace: Workspace, runs: dict[str, RunRecord]) -> None:
    assert reliability(workspace, [runs["ease"].id]) == ()
    assert "No run predicts clicks" in figures.reliability([]).layout.annotations[0].text


@pytest.mark.parametrize(
    ("objective", "sentence"),
    [("ctr", "1 and 0 in a column named click"), ("rating", "needs ratings that differ")],
)
def test_data_of_another_nature_are_refused_with_a_sentence(
    workspace: Workspace,
    shop: DatasetRecord,
    log: DatasetRecord,
    objective: str,
    sentence: str,
) -> None:
    other = shop if objective == "ctr" else log
    model = "factorisation_machine" if objective == "ctr" else "mf"
    with pytest.raises(InvalidInput, match=sentence):
        prepare(workspace, Plan(other.id, (model,), objective=objective))


def test_its_settings_are_searched_by_log_loss(workspace: Workspace, log: DatasetRecord) -> None:
    plan = Plan(log.id, ("factorisation_machine",), objective="ctr", settings={"epochs": 1})
    record = create(workspace, TuningPlan(plan, trials=2))
    execute_tuning(workspace, record.id, lambda what, fraction: None)
    values = [trial.value for trial in view(workspace, record.id).rows[0].trials]
    assert all(0 < value < 2 for value in values if value is not None)
