"""The demos: a generated world, encoded, with models trained and ready to compare and explain."""

from backend.data.synthetic.generate import scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.progress import Report, silent
from backend.workflows.importing import encode_data, generate_demo
from backend.workflows.training import Plan, prepare, queue_runs
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord
from db.repositories import Datasets, Runs

DEFAULT = "shop"


def prepare_demo(
    workspace: Workspace, scenario: str = DEFAULT, report: Report = silent
) -> DatasetRecord:
    """Generate and encode what is not there yet, then queue the models; safe to repeat."""
    shown = SCENARIOS[scenario].cls
    with workspace.database.read() as session:
        record = Datasets(session).by_name(shown.demo)
    if record is None:
        config = scenario_config(scenario, {})
        record = generate_demo(workspace, config, shown.demo, lambda w, f: report(w, f * 0.4))
    encode_data(workspace, record.id, {}, report=lambda w, f: report(w, 0.4 + f * 0.6))
    with workspace.database.read() as session:
        trained = bool(Runs(session).list(dataset_id=record.id, limit=1))
    if not trained:
        runs = [
            *prepare(workspace, Plan(record.id, shown.baselines)),
            *prepare(workspace, Plan(record.id, ("fused",), shown.fusions)),
        ]
        queue_runs(workspace, runs)
    return record
