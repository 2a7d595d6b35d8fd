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
    assert (workspace.settings.runs / runs[name].id / "evidence.json").is_file()


def test_what_cannot_be_prepared_disturbs_nobody(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "backend.workflows.warming")
    warming.ready_to_explain(workspace, "no such run").join(60)
    assert [record.levelname for record in caplog.records] == ["INFO"]
