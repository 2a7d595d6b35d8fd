from threading import Event
from types import SimpleNamespace

import pytest

from backend.workflows import warming
from backend.workflows.workspace import Workspace
from db.records import RunRecord


@pytest.mark.parametrize("name", ["fused", "ease"])
def test_a_run_is_prepared_once(
    workspace: Workspace,
    runs: dict[str, RunRecord],
    name: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "backend.workflows.warming")
    for begin in (warming.ready_for_new_items, warming.ready_to_explain):
        thread = begin(workspace, runs[name].id)
        assert begin(workspace, runs[name].id) is thread
        thread.join(60)
        assert not thread.is_alive()
    assert not caplog.records
    assert warming.judged(workspace, runs[name].id)
    assert (workspace.settings.runs / runs[name].id / "evidence.json").is_file()


def test_what_cannot_be_prepared_disturbs_nobody(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "backend.workflows.warming")
    warming.ready_to_explain(workspace, "no such run").join(60)
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_a_verdict_is_there_once_its_thread_has_ended(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, done = Event(), Event()

    def gate_of(*asked: object) -> None:
        begun.set()
        done.wait(60)

    monkeypatch.setattr(warming, "gate_of", gate_of)
    monkeypatch.setattr(
        warming, "load_run", lambda *asked: SimpleNamespace(record=SimpleNamespace(id="x"))
    )
    assert not warming.judged(workspace, "slow")
    assert begun.wait(60)
    assert not warming.judged(workspace, "slow")
    done.set()
    warming.ready_to_judge(workspace, "slow").join(60)
    assert warming.judged(workspace, "slow")
