from backend.workflows.explanation import explain
from backend.workflows.loading import load_run
from backend.workflows.recommendation import recommend, users
from backend.workflows.trust import gate_report, ignorant, make_gate, report_of
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord


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
