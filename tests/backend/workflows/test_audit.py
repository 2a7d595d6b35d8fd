"""Second looks at real runs of a small shop."""

from dataclasses import asdict, replace

import pytest

from backend.workflows.audit import audit, oracle
from backend.workflows.workspace import Workspace
from db.records import MetricRecord, RunRecord, new_id
from db.repositories import Runs


def _twin(workspace: Workspace, run: RunRecord, **changes: object) -> str:
    """A finished run with the same figures, stored under an id of its own."""
    twin = replace(run, id=new_id(), **changes)  # type: ignore[arg-type]
    with workspace.database.write() as session:
        Runs(session).add(twin)
        Runs(session).put_metrics(
            [MetricRecord(twin.id, "test", name, value) for name, value in run.metrics.items()]
        )
    return twin.id


@pytest.fixture
def ids(runs: dict[str, RunRecord]) -> list[str]:
    return [run.id for run in runs.values()]


def test_who_knows_the_truth_beats_every_model(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    best = oracle(workspace, runs["ease"].id, "ndcg@20")
    assert best is not None
    assert max(run.metrics["ndcg@20"] for run in runs.values()) < best <= 1
    assert oracle(workspace, runs["ease"].id, "coverage@20") is None


def test_real_runs_raise_nothing(workspace: Workspace, ids: list[str]) -> None:
    assert audit(workspace, ids) == ()


def test_a_collapsed_and_a_copied_run_are_found(
    workspace: Workspace, runs: dict[str, RunRecord], ids: list[str]
) -> None:
    fused = runs["fused"]
    other = {**fused.training_config, "learning_rate": 0.5}
    copied = _twin(workspace, fused, training_config=other)
    fallen = _twin(workspace, fused, collapsed=True, training_config={**other, "epochs": 7})
    found = {s.kind: s for s in audit(workspace, [*ids, copied, fallen])}
    assert set(found) == {"identical", "collapsed"}
    assert set(found["identical"].run_ids) == {fused.id, copied}
    assert found["collapsed"].run_ids == (fallen,)
    with workspace.database.write() as session:
        for run_id in (copied, fallen):
            Runs(session).delete(run_id)
    assert asdict(found["collapsed"])["advice"]
