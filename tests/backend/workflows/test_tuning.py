"""Searches for settings on a small shop."""

from dataclasses import replace

import pytest

from backend.errors import Cancelled, InvalidInput
from backend.workflows import execution
from backend.workflows.execution import execute_run
from backend.workflows.training import Plan
from backend.workflows.tuning import TuningPlan, cost, create, find_tuning, go_on, plan_from, start
from backend.workflows.tuning_trials import execute_tuning
from backend.workflows.tuning_view import best_plan, importance, searches, train_best, view
from backend.workflows.workspace import Workspace
from db.errors import RecordNotFound
from db.records import DatasetRecord, TrialState
from db.repositories import Runs
from models.errors import ConfigError

QUICK = {"epochs": 3, "dim": 4}


def silent(what: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


def asked(shop: DatasetRecord, **fields: object) -> TuningPlan:
    known: dict[str, object] = {"models": ("bpr", "popularity"), "settings": QUICK}
    plan = Plan(shop.id, **{**known, **fields})  # type: ignore[arg-type]
    return TuningPlan(plan, trials=4)


def test_every_strategy_gets_its_trials_and_no_run(
    workspace: Workspace, shop: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(*arguments: object) -> None:
        pytest.fail("a trial opened the test split")

    monkeypatch.setattr(execution, "_evaluate", opened)
    with workspace.database.read() as session:
        before = Runs(session).list(dataset_id=shop.id)
    record = create(workspace, asked(shop))
    execute_tuning(workspace, record.id, silent)
    with workspace.database.read() as session:
        assert Runs(session).list(dataset_id=shop.id) == before
    found = view(workspace, record.id)
    assert found.complete
    assert {row.key: len(row.trials) for row in found.rows} == {"bpr": 4, "popularity": 1}
    bpr = found.rows[0]
    assert bpr.trials[0].settings == {"l2": 0.05, "learning_rate": 0.005}
    assert len({str(trial.settings) for trial in bpr.trials}) == 4
    for trial in bpr.trials:
        assert trial.value == max(trial.curve.values())
    assert bpr.best is not None
    assert bpr.best.value == max(trial.value for trial in bpr.trials)
    assert not list(workspace.settings.tunings.rglob("*.safetensors"))
    assert set(importance(workspace, record.id, "bpr")) <= {"l2", "learning_rate"}
    assert searches(workspace, shop.id)[record.id] == record.name


def test_the_best_is_trained_as_it_was_tried(workspace: Workspace, shop: DatasetRecord) -> None:
    record = create(workspace, asked(shop, models=("bpr",)))
    with pytest.raises(InvalidInput, match="No trial"):
        best_plan(workspace, record.id)
    execute_tuning(workspace, record.id, silent)
    best = view(workspace, record.id).rows[0].best
    assert best is not None
    (run,) = train_best(workspace, record.id)
    assert run.training_config["learning_rate"] == best.settings["learning_rate"]
    assert run.training_config["epochs"] == 3
    done = execute_run(workspace, run.id, silent)
    assert done.validation["ndcg@20"] == pytest.approx(best.value)
    with pytest.raises(InvalidInput, match="no strategy 'eese'"):
        best_plan(workspace, record.id, "eese")


def test_it_goes_on_inside_the_trial_that_was_stopped(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    wanted = create(workspace, asked(shop, models=("bpr",)))
    execute_tuning(workspace, wanted.id, silent)
    record = create(workspace, asked(shop, models=("bpr",)))

    def stops(what: str, fraction: float) -> None:
        if "trial 3" in what and "epoch 3" in what:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        execute_tuning(workspace, record.id, stops)
    half = view(workspace, record.id).rows[0]
    assert [str(trial.state) for trial in half.trials] == ["done", "done", "running"]
    assert not view(workspace, record.id).complete
    execute_tuning(workspace, record.id, silent)
    whole, expected = (view(workspace, r.id).rows[0].trials for r in (record, wanted))
    assert [(t.settings, t.curve, t.value) for t in whole] == [
        (t.settings, t.curve, t.value) for t in expected
    ]


def test_a_trial_that_fails_is_noted_and_the_others_go_on(
    workspace: Workspace, shop: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.errors import TrainingFailed
    from backend.workflows import tuning_trials

    honest, calls = tuning_trials.train, []

    def second_fails(*arguments: object, **named: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise TrainingFailed("The loss stopped being a number.")
        return honest(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(tuning_trials, "train", second_fails)
    record = create(workspace, asked(shop, models=("bpr",)))
    execute_tuning(workspace, record.id, silent)
    states = [trial.state for trial in view(workspace, record.id).rows[0].trials]
    assert states == [TrialState.DONE, TrialState.FAILED, TrialState.DONE, TrialState.DONE]
    assert view(workspace, record.id).rows[0].trials[1].error == "The loss stopped being a number."


def test_ratings_are_searched_by_their_error(workspace: Workspace, shop: DatasetRecord) -> None:
    record = create(workspace, asked(shop, models=("mf",), objective="rating"))
    execute_tuning(workspace, record.id, silent)
    found = view(workspace, record.id)
    assert (found.metric, found.higher_is_better) == ("rmse", False)
    (row,) = found.rows
    assert row.best is not None
    assert row.best.value == min(trial.value for trial in row.trials)


@pytest.mark.parametrize(
    ("fields", "trials", "words"),
    [
        ({"models": ()}, 3, "at least one model"),
        ({"models": ("ensemble",)}, 3, "Leave it out"),
        ({"seeds": (0, 1)}, 3, "one seed"),
        ({}, 0, "1 to 500 trials"),
        ({}, 501, "1 to 500 trials"),
    ],
)
def test_impossible_searches_say_what_to_do(
    workspace: Workspace, shop: DatasetRecord, fields: dict[str, object], trials: int, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        create(workspace, replace(asked(shop, **fields), trials=trials))


def test_a_typo_is_refused_before_anything_is_stored(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    before = searches(workspace, shop.id)
    with pytest.raises(ConfigError, match="Did you mean 'epochs'"):
        create(workspace, asked(shop, settings={"epoch": 3}))
    with pytest.raises(InvalidInput, match="median, halving, none"):
        create(workspace, replace(asked(shop), pruning="mean"))  # type: ignore[arg-type]
    assert searches(workspace, shop.id) == before
    with pytest.raises(RecordNotFound):
        find_tuning(workspace, "nowhere")


def test_a_search_is_queued_once(workspace: Workspace, shop: DatasetRecord) -> None:
    plan = asked(shop)
    record, job = start(workspace, plan)
    assert (job.kind, job.state) == ("tune", "queued")
    assert view(workspace, record.id).active
    assert plan_from(find_tuning(workspace, record.id)).plan == plan.plan
    with pytest.raises(InvalidInput, match="under way"):
        go_on(workspace, record.id)
    assert cost(workspace, plan).runs == 4 + 1
