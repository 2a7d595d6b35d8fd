"""The same strategy under other seeds and splits, from stored runs."""

from dataclasses import replace

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.workflows.comparison import leaderboard
from backend.workflows.hyperparameters import hyperparameters
from backend.workflows.importing import generate_demo
from backend.workflows.repetition import repetitions, split_effect
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, MetricRecord, RunState
from db.repositories import Runs

METRIC = "ndcg@20"


@pytest.fixture(scope="module")
def repeated(workspace: Workspace) -> DatasetRecord:
    """bpr and mf by one split with two seeds and by another with one, and a control; figures are
    made up, nothing is trained."""
    config = ShopConfig(items=40, users=30, interactions_per_user=8, pictures=False)
    shop = generate_demo(workspace, config, "repeated")
    given = {("bpr", "random", 0): 0.2, ("bpr", "random", 1): 0.4, ("mf", "random", 0): 0.25,
             ("bpr", "temporal", 0): 0.1, ("mf", "temporal", 0): 0.2}  # fmt: skip
    found = []
    for (model, split, seed), value in given.items():
        (run,) = prepare(workspace, Plan(shop.id, (model,), split=split, seeds=(seed,)))
        found.append((replace(run, state=RunState.DONE), value))
    control = replace(found[0][0], id="control1", controls={"image": "removed"})
    with workspace.database.write() as session:
        for run, value in [*found, (control, 0.9)]:
            Runs(session).add(run)
            Runs(session).put_metrics([MetricRecord(run.id, "test", METRIC, value)])
    return shop


def test_controls_stand_on_the_board_on_demand(
    workspace: Workspace, repeated: DatasetRecord
) -> None:
    board = leaderboard(workspace, repeated.id)
    assert (len(board.rows), board.controls) == (3, 1)
    assert "control1" not in {row.run_id for row in board.rows}
    assert len(leaderboard(workspace, repeated.id, controls=True).rows) == 4


def test_seeds_of_one_strategy_stand_together(
    workspace: Workspace, repeated: DatasetRecord
) -> None:
    ids = [row.run_id for row in leaderboard(workspace, repeated.id).rows]
    best, other = repetitions(workspace, ids, METRIC)
    assert (best.seeds, best.values) == ((0, 1), (0.2, 0.4))
    assert best.mean == pytest.approx(0.3)
    assert best.spread == pytest.approx(0.2 / 2**0.5)
    assert (other.values, other.spread) == ((0.25,), 0.0)
    assert "seed" not in best.label


def test_another_split_may_turn_the_order(workspace: Workspace, repeated: DatasetRecord) -> None:
    found = split_effect(workspace, repeated.id, METRIC)
    assert len(found.protocols) == 2
    ranks = {row.label.split()[0]: row.ranks for row in found.rows}
    assert sorted(ranks.values()) == [(1, 2), (2, 1)]
    values = sorted(value for row in found.rows for value in row.values if value is not None)
    assert values == pytest.approx([0.1, 0.2, 0.25, 0.3])


def test_settings_in_which_runs_differ(workspace: Workspace, repeated: DatasetRecord) -> None:
    ids = [row.run_id for row in leaderboard(workspace, repeated.id).rows]
    found = hyperparameters(workspace, ids, METRIC)
    assert found.names[0] == "model"
    assert "seed" not in found.names
    assert [run.score for run in found.runs] == [0.4, 0.25, 0.2]
    for place, name in enumerate(found.names):
        assert len({run.values[place] for run in found.runs} - {None}) > 1, name
