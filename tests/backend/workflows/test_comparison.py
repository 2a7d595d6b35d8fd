import pytest

from backend.errors import InvalidInput
from backend.workflows.comparison import (
    config_differences,
    curves,
    leaderboard,
    metric_help,
    paired,
    per_user,
    segments,
)
from backend.workflows.execution import evaluate_again, execute_run
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord
from db.repositories import Runs


def test_leaderboard_is_sorted_and_has_intervals(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]
) -> None:
    board = leaderboard(workspace, shop.id, protocol="ranking_given")
    values = [row.metrics["ndcg@20"] for row in board.rows]
    assert values == sorted(values, reverse=True)
    assert {row.run_id for row in board.rows} >= {run.id for run in runs.values()}
    for row in board.rows:
        interval = row.score
        assert interval is not None
        assert interval.low <= interval.value <= interval.high
    assert "coverage@20" in board.metrics
    assert board.verdict.endswith(".")


def test_paired_differences_are_those_of_the_users(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    fused, ease = runs["fused"], runs["ease"]
    (row,) = paired(workspace, (fused.id, ease.id), ease.id)
    users = per_user(workspace, fused.id, ease.id)
    mean = sum(a - b for _, a, b in users) / len(users)
    assert row.difference.value == pytest.approx(mean, abs=1e-6)
    assert row.difference.n == len(users)


def test_runs_of_different_protocols_are_not_compared(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]
) -> None:
    (other,) = prepare(workspace, Plan(shop.id, ("popularity",), split="temporal"))
    with workspace.database.write() as session:
        Runs(session).add(other)
    execute_run(workspace, other.id, lambda what, fraction: None)
    with pytest.raises(InvalidInput, match="different protocols"):
        paired(workspace, (other.id,), runs["ease"].id)
    assert len(leaderboard(workspace, shop.id).protocols) == 2


def test_curves_leave_solved_models_out(workspace: Workspace, runs: dict[str, RunRecord]) -> None:
    (curve,) = curves(workspace, tuple(run.id for run in runs.values()))
    assert curve.run_id == runs["fused"].id
    assert len(curve.loss) == len(curve.metric) == 2


def test_config_differences_show_only_what_differs(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    rows = config_differences(workspace, (runs["ease"].id, runs["fused"].id))
    settings = {row.setting: row.values for row in rows}
    assert settings["model"] == ("ease", "fused")
    assert "kind" not in settings


def test_segments_average_back_to_the_whole(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    found = segments(workspace, (runs["ease"].id,))
    total = sum(n * (v or 0.0) for n, v in zip(found.sizes, found.values[0], strict=True))
    assert total / sum(found.sizes) == pytest.approx(runs["ease"].metrics["ndcg@20"], abs=1e-6)


def test_evaluating_again_gives_the_stored_numbers(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    for run in runs.values():
        again = evaluate_again(workspace, run.id)
        assert again["ndcg@20"].value == pytest.approx(run.metrics["ndcg@20"], abs=1e-9)


def test_every_metric_on_the_board_is_explained(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]
) -> None:
    known = metric_help()
    for name in leaderboard(workspace, shop.id).metrics:
        assert known[name.partition("@")[0]].sentence
