"""A whole experiment on a small shop, and what its parts keep."""

from dataclasses import replace

import pytest

from backend.errors import Cancelled, InvalidInput
from backend.workflows.execution import execute_run
from backend.workflows.experiment import (
    ExperimentPlan,
    cost,
    create,
    find_experiment,
    list_experiments,
    runs_of,
    start,
    strategies,
)
from backend.workflows.experiment_verdict import verdict_of
from backend.workflows.experiment_view import names, view
from backend.workflows.experimenting import execute_experiment
from backend.workflows.importing import generate_demo
from backend.workflows.loading import open_dataset
from backend.workflows.tuning_trials import trials_of
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, ExperimentRecord
from db.repositories import Runs
from models.errors import ConfigError
from models.fusion import FUSIONS
from tests.backend.workflows.conftest import SHOP

QUICK = {"epochs": 1, "dim": 4, "id_dim": 4, "feature_dim": 8}


def silent(what: str, fraction: float) -> None:
    assert 0 <= fraction <= 1


def plan(shop: DatasetRecord, **fields: object) -> ExperimentPlan:
    known = {"models": ("fused:late", "fused:gated"), "seeds": 2, "settings": QUICK}
    return ExperimentPlan(shop.id, **{**known, **fields})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shop(workspace: Workspace) -> DatasetRecord:
    """The same shop under a name of its own: experiments leave many runs behind."""
    return generate_demo(workspace, SHOP, "trials")


@pytest.fixture(scope="module")
def finished(workspace: Workspace, shop: DatasetRecord) -> ExperimentRecord:
    record = create(workspace, plan(shop, name="Worth it?"))
    execute_experiment(workspace, record.id, silent)
    return find_experiment(workspace, record.id)


def test_baselines_singles_and_controls_are_always_there(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    found = strategies(open_dataset(workspace, shop), plan(shop, models=("fused", "vbpr", "bpr")))
    by_role: dict[str, list[str]] = {}
    for strategy in found:
        by_role.setdefault(strategy.role, []).append(strategy.key)
    assert by_role["clicks"][:4] == ["popularity", "item_knn", "ease", "bpr"]
    assert by_role["clicks"][4:] == [
        "fused/late/removed image/removed text",
        "vbpr/removed image/removed text",
    ]
    assert by_role["single"] == [
        "fused/late/image",
        "fused/late/text",
        "vbpr/image",
        "vbpr/text",
    ]
    assert len(by_role["fusion"]) == len(FUSIONS.names()) + 1
    assert by_role["control"] == [
        f"{model}/{control}"
        for model in ("fused/late", "vbpr")
        for control in (
            "shuffled image",
            "shuffled text",
            "shuffled image/shuffled text",
            "noise image/noise text",
        )
    ]
    labels = [strategy.label for strategy in found]
    assert len(set(labels)) == len(labels)
    assert not any("_" in label for label in labels)


def test_a_closed_form_stands_beside_the_fusions(workspace: Workspace, shop: DatasetRecord) -> None:
    found = strategies(open_dataset(workspace, shop), replace(plan(shop), models=()))
    fusions = [strategy.key for strategy in found if strategy.role == "fusion"]
    assert len(fusions) > 1
    assert fusions[-1] == "ease_multimodal"


def test_the_winner_is_set_against_its_own_control(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    models = ("fused:late", "ease_multimodal")
    record = create(workspace, plan(shop, models=models, seeds=2))
    execute_experiment(workspace, record.id, silent)
    found = verdict_of(find_experiment(workspace, record.id))
    assert found is not None
    assert found.over_control is not None
    assert found.over_control.rival.split("/")[0] == found.best_fusion.split("/")[0]


def test_the_verdict_rests_on_every_seed_and_is_stored(
    workspace: Workspace, finished: ExperimentRecord
) -> None:
    found = verdict_of(finished)
    assert found is not None
    assert found.decision in ("worth_it", "not_shown", "harmful")
    assert found.low <= found.gain <= found.high
    assert {f.rival for f in found.findings} == {found.best_single, found.best_click_only}
    assert found.best_fusion in ("fused/late", "fused/gated")
    assert found.over_control is not None
    assert found.content is not None
    assert found.content.rival in (
        found.best_click_only,
        "fused/late/shuffled image/shuffled text",
    )
    assert ("ne modality is worth having" in found.sentence) == (found.decision != "worth_it")
    seeds = {row.key: row.seeds for row in found.standings}
    assert (seeds["ease"], seeds["fused/late"]) == (1, 2)
    assert sum(group.users for group in found.groups) == found.users
    assert finished.opened_at is not None
    assert list_experiments(workspace, finished.dataset_id)[0].name == "Worth it?"


def test_the_choice_is_made_on_validation(finished: ExperimentRecord) -> None:
    found = verdict_of(finished)
    assert found is not None
    for role, chosen in (("fusion", found.best_fusion), ("single", found.best_single)):
        rows = [row for row in found.standings if row.role == role]
        assert chosen == max(rows, key=lambda row: row.validation).key


def test_a_second_experiment_reuses_every_run(
    workspace: Workspace, shop: DatasetRecord, finished: ExperimentRecord
) -> None:
    with workspace.database.read() as session:
        before = len(Runs(session).list(dataset_id=shop.id))
    again = create(workspace, plan(shop))
    execute_experiment(workspace, again.id, silent)
    with workspace.database.read() as session:
        assert len(Runs(session).list(dataset_id=shop.id)) == before
    first, second = verdict_of(finished), verdict_of(find_experiment(workspace, again.id))
    assert first == second


def test_opening_the_test_part_is_logged_once(
    workspace: Workspace, shop: DatasetRecord, finished: ExperimentRecord
) -> None:
    execute_experiment(workspace, finished.id, silent)
    assert find_experiment(workspace, finished.id).opened_at == finished.opened_at
    before = view(workspace, finished.id).openings
    later = create(workspace, plan(shop, name="Once more"))
    assert view(workspace, later.id).openings == 0, "nothing is open before the verdict"
    execute_experiment(workspace, later.id, silent)
    assert view(workspace, later.id).openings > before


def test_a_budget_gives_every_strategy_as_many_trials(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    record = create(workspace, plan(shop, models=("fused:late",), seeds=1, budget=3))
    execute_experiment(workspace, record.id, silent)
    cells = find_experiment(workspace, record.id).cells
    tried = trials_of(workspace, record.id)
    assert set(tried) == set(cells) - {"popularity"}
    assert {len(trials) for trials in tried.values()} == {3}
    for key, trials in tried.items():
        named = runs_of(cells[key])
        assert list(named) == ["seed 0"], "a trial became a run, which opens the test part"
        with workspace.database.read() as session:
            run = Runs(session).get(named["seed 0"])
        final = {**run.model_config, **run.training_config}
        chosen = dict(cells[key]["chosen"])  # type: ignore[call-overload]
        assert {name: final[name] for name in chosen} == chosen
        best = max(trial.value for trial in trials)
        assert run.validation["ndcg@20"] == pytest.approx(best)


def test_it_goes_on_after_a_stop(workspace: Workspace, shop: DatasetRecord) -> None:
    settings = {**QUICK, "epochs": 3}
    record = create(workspace, plan(shop, seeds=1, settings=settings))

    def stops(what: str, fraction: float) -> None:
        if "Gated" in what and "epoch 2" in what:
            raise Cancelled("stop")

    with pytest.raises(Cancelled):
        execute_experiment(workspace, record.id, stops)
    stopped = find_experiment(workspace, record.id)
    assert verdict_of(stopped) is None
    runs = stopped.cells["fused/gated"]["runs"]
    execute_experiment(workspace, record.id, silent)
    after = find_experiment(workspace, record.id)
    assert after.cells["fused/gated"]["runs"] == runs
    assert verdict_of(after) is not None


def test_a_strategy_that_fails_does_not_stop_the_others(
    workspace: Workspace, shop: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(workspace: Workspace, run_id: str, report: object) -> object:
        with workspace.database.read() as session:
            run = Runs(session).get(run_id)
        if run.model == "ease":
            raise InvalidInput("The catalogue is too large for EASE.")
        return execute_run(workspace, run_id, silent)

    monkeypatch.setattr("backend.workflows.experimenting.execute_run", fails)
    settings = {**QUICK, "regularisation": 77.0}
    record = create(workspace, plan(shop, models=("fused:late",), seeds=1, settings=settings))
    execute_experiment(workspace, record.id, silent)
    found = verdict_of(find_experiment(workspace, record.id))
    assert found is not None
    assert found.failed == {"ease": "The catalogue is too large for EASE."}
    assert "ease" not in {row.key for row in found.standings}


def test_the_cost_counts_closed_forms_once(workspace: Workspace, shop: DatasetRecord) -> None:
    # 3 solved baselines; 1 without content, 2 singles, 2 fusions and 4 controls with two seeds
    assert cost(workspace, plan(shop)).runs == 3 + 2 * (1 + 2 + 2 + 4)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"models": ("bpr",)}, "reads content"),
        ({"models": ("vbpr:late",)}, "takes no fusion"),
        ({"seeds": 0}, "1 to 20 seeds"),
        ({"budget": 999}, "1 to 200 trials"),
        ({"encoders": {"text": "minilm"}}, "only text"),
        ({"encoders": {"text": "minilm", "audio": "spectrogram"}}, "no audio"),
    ],
)
def test_what_cannot_be_compared_is_said(
    workspace: Workspace, shop: DatasetRecord, fields: dict[str, object], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        create(workspace, plan(shop, **fields))


def test_a_typo_names_the_nearest(workspace: Workspace, shop: DatasetRecord) -> None:
    with pytest.raises(ConfigError, match="epochs"):
        create(workspace, replace(plan(shop), settings={"epoch": 3}))
    with pytest.raises(ConfigError, match="fused"):
        create(workspace, plan(shop, models=("fuse",)))


def test_the_view_names_states_and_how_to_repeat_it(
    workspace: Workspace, shop: DatasetRecord, finished: ExperimentRecord
) -> None:
    found = view(workspace, finished.id)
    assert found.verdict == verdict_of(finished)
    assert {state for row in found.rows for state in row.states.values()} == {"done"}
    assert found.job is None
    assert found.command.startswith(
        "python -m backend experiment trials --models fused:late,fused:gated --seeds 2 --budget 1"
    )
    assert names(workspace, shop.id)[finished.id] == "Worth it?"


def test_a_queued_experiment_waits_for_the_worker(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    record, job = start(workspace, plan(shop, name="later"))
    found = view(workspace, record.id)
    assert found.verdict is None
    assert found.job is not None
    assert (found.job.id, found.job.state) == (job.id, "queued")
    assert all(not row.states for row in found.rows)
