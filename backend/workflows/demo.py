"""The demo: a generated shop, encoded, with models trained and ready to compare and explain."""

from backend.data.synthetic.config import ShopConfig
from backend.progress import Report, silent
from backend.workflows.importing import encode_data, generate_demo
from backend.workflows.training import Plan, prepare, queue_runs
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord
from db.repositories import Datasets, Runs

NAME = "Demo shop"
BASELINES = ("popularity", "ease", "bpr")
FUSIONS = ("early_concat", "late", "hybrid", "gated")


def prepare_demo(workspace: Workspace, report: Report = silent) -> DatasetRecord:
    """Generate and encode what is not there yet, then queue the models; safe to repeat."""
    with workspace.database.read() as session:
        record = Datasets(session).by_name(NAME)
    if record is None:
        record = generate_demo(workspace, ShopConfig(), NAME, lambda w, f: report(w, f * 0.4))
    encode_data(workspace, record.id, {}, report=lambda w, f: report(w, 0.4 + f * 0.6))
    with workspace.database.read() as session:
        trained = bool(Runs(session).list(dataset_id=record.id, limit=1))
    if not trained:
        runs = [
            *prepare(workspace, Plan(record.id, BASELINES)),
            *prepare(workspace, Plan(record.id, ("fused",), FUSIONS)),
        ]
        queue_runs(workspace, runs)
    return record
