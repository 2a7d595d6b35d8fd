import pytest

from backend.jobs.handlers import JobContext
from backend.workflows import explanation, handlers
from backend.workflows.explanation import explain
from backend.workflows.importing import generate_demo
from backend.workflows.loading import find_run, load_run
from backend.workflows.recommendation import recommend, users
from backend.workflows.training import Plan, start
from backend.workflows.trust import gate_of, gate_report, ignorant, make_gate, report_of
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord, RunState
from db.repositories import Jobs
from tests.backend.workflows.conftest import SHOP


def test_a_run_is_judged_as_its_explanations_are(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]
) -> None:
    report = gate_report(workspace, runs["fused"].id)
    assert report.judged == 40 * 5
    assert report.shown + sum(report.failures.values()) == report.judged
    user = users(workspace, shop.id)[0].user_id
    item = recommend(workspace, runs["fused"].id, user, 1).items[0].card.item_id
    found = explain(workspace, runs["fused"].id, user, item)
    assert found.faithful == all(check.passed for check in found.checks)


def test_models_that_know_nothing_are_withheld(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    pairs = [(user, item) for user in range(10) for item in range(0, 50, 5)]
    for name in ("ease", "fused"):
        loaded = load_run(workspace, runs[name].id)
        gate = make_gate(loaded, ignorant(loaded, 50))
        assert report_of(gate, pairs).share <= 0.05


def test_parts_are_told_before_the_verdict_is_there(
    workspace: Workspace,
    shop: DatasetRecord,
    runs: dict[str, RunRecord],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = runs["fused"].id
    user = users(workspace, shop.id)[0].user_id
    item = recommend(workspace, run, user, 1).items[0].card.item_id
    judged = explain(workspace, run, user, item)
    monkeypatch.setattr(explanation, "judge", None)
    at_once = explain(workspace, run, user, item, judged=False)
    assert dict(at_once.attributions) == dict(judged.attributions)
    assert dict(at_once.interactions) == dict(judged.interactions)
    assert (at_once.judged, at_once.faithful, at_once.checks) == (False, False, ())
    assert at_once.sentence.startswith("It is number 1 here; whether its reasons can be told")


def test_the_job_of_a_run_tests_its_explanations_and_never_trains_it_twice(
    empty: Workspace,
) -> None:
    shop = generate_demo(empty, SHOP, "shop")
    run = start(empty, Plan(shop.id, ("ease",)))[0]
    with empty.database.read() as session:
        job = Jobs(session).list()[0]
    context = JobContext(empty.settings, empty.database, job, lambda what, fraction: None)
    handlers.train_job(context)
    kept = empty.settings.runs / run.id / "evidence.json"
    first = find_run(empty, run.id)
    assert first.state is RunState.DONE
    assert kept.is_file()
    kept.unlink()
    gate_of.cache_clear()
    handlers.train_job(context)
    assert kept.is_file()
    assert find_run(empty, run.id) == first
