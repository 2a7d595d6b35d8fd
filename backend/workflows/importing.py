"""What the import, encode and generate jobs do."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.data.ingest import VALIDATION_FILE, Imported, import_dataset
from backend.data.synthetic.blueprint import ScenarioConfig
from backend.data.synthetic.generate import generate
from backend.data.validate import ValidationReport
from backend.devices import torch_device
from backend.errors import InvalidInput
from backend.progress import Report, silent
from backend.workflows.loading import (
    default_encoders,
    extract_features,
    find_dataset,
    note_features,
    open_dataset,
)
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, FeatureRecord
from db.repositories import Datasets

TRUTH_FILE = "truth.npz"


@dataclass(frozen=True)
class ImportOutcome:
    """The stored data set, what was refused, and where the report lies."""

    record: DatasetRecord
    validation: ValidationReport
    report: Path


def check_name(workspace: Workspace, name: str) -> None:
    """Raises InvalidInput for an empty, overlong or taken name."""
    if not name.strip() or len(name) > 80:
        raise InvalidInput("Give the data set a name of 1 to 80 characters.")
    with workspace.database.read() as session:
        if Datasets(session).by_name(name) is not None:
            raise InvalidInput(f"There is already a data set '{name}'. Choose another name.")


def import_data(
    workspace: Workspace, source: Path, name: str, format: str = "auto", report: Report = silent
) -> ImportOutcome:
    """Read a folder or ZIP into the workspace under `name`."""
    check_name(workspace, name)
    imported = import_dataset(source, workspace.settings.datasets, report, format)
    return _register(workspace, imported, name)


def generate_demo(
    workspace: Workspace, config: ScenarioConfig, name: str, report: Report = silent
) -> DatasetRecord:
    """Generate a world and import it like any other data; its truth is kept beside it."""
    check_name(workspace, name)
    folder = workspace.settings.uploads / f"{config.scenario}-{secrets.token_hex(4)}"
    try:
        generate(config, folder, lambda what, part: report(what, part * 0.7))
        imported = import_dataset(
            folder, workspace.settings.datasets, lambda what, part: report(what, 0.7 + part * 0.3)
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _register(workspace, imported, name, config).record


def encode_data(
    workspace: Workspace,
    dataset_id: str,
    encoders: Mapping[str, str],
    device: str = "auto",
    report: Report = silent,
) -> tuple[FeatureRecord, ...]:
    """Encode the modalities asked for (default: all, with the embedded encoders)."""
    record = find_dataset(workspace, dataset_id)
    chosen = dict(encoders) or default_encoders(open_dataset(workspace, record))
    extractions = extract_features(workspace, record, chosen, torch_device(device), report)
    return note_features(workspace, record, extractions)


def _register(
    workspace: Workspace,
    imported: Imported,
    name: str,
    generated: ScenarioConfig | None = None,
) -> ImportOutcome:
    dataset, validation = imported.dataset, imported.validation
    record = DatasetRecord(
        name=name,
        fingerprint=dataset.fingerprint,
        source="demo" if generated else "import",
        scenario=generated.scenario if generated else None,
        users=dataset.n_users,
        items=dataset.n_items,
        interactions=len(dataset.interactions),
        rejected=validation.rejected,
        has_truth=(dataset.root / TRUTH_FILE).exists(),
        explicit=bool(dataset.interactions["rating"].nunique() > 1),
        config=dict(generated.to_mapping()) if generated else {},
    )
    with workspace.database.write() as session:
        Datasets(session).add(record)
    return ImportOutcome(record, validation, dataset.root / VALIDATION_FILE)
