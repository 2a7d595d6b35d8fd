"""What the import, encode and generate jobs do."""

import os
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Self

from backend.data.archive import TABLE_SUFFIXES
from backend.data.cleaning import CleaningConfig
from backend.data.fetching import PictureFetcher
from backend.data.guessing import ColumnGuess
from backend.data.ingest import (
    IMPORT_FORMATS,
    VALIDATION_FILE,
    Imported,
    SourcePreview,
    TablePreview,
    import_dataset,
    preview_source,
)
from backend.data.mapping import ColumnMapping
from backend.data.steps import StepRecord
from backend.data.synthetic.blueprint import ScenarioConfig
from backend.data.synthetic.generate import generate
from backend.data.validate import ValidationReport
from backend.devices import torch_device
from backend.durable import write_durably
from backend.errors import InvalidInput
from backend.features.encoders import check_encodes
from backend.progress import Report, silent
from backend.workflows.encoding import Encoded, with_warnings
from backend.workflows.loading import (
    default_encoders,
    extract_features,
    find_dataset,
    note_features,
    open_dataset,
)
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord
from db.repositories import Datasets
from models.config import Setting

TRUTH_FILE = "truth.npz"


__all__ = [
    "TRUTH_FILE",
    "CleaningConfig",
    "ColumnGuess",
    "ColumnMapping",
    "ImportOutcome",
    "ImportRequest",
    "SourcePreview",
    "StepRecord",
    "TablePreview",
    "ValidationReport",
    "check_name",
    "cleaning_settings",
    "encode_data",
    "generate_demo",
    "import_data",
    "inspect_source",
    "keep_upload",
]


@dataclass(frozen=True)
class ImportRequest:
    """How a source is to be read; a job carries it.

    `mapping` holds pairs as `ColumnMapping.from_pairs` takes them; empty where the format says it
    all. `cleaning` holds settings of `CleaningConfig`; what is not named keeps its default.
    `fetch_pictures` lets the import ask public https hosts for the pictures a table names by their
    web address.
    """

    format: str = "auto"
    mapping: Mapping[str, str] = field(default_factory=dict)
    cleaning: Mapping[str, object] = field(default_factory=dict)
    fetch_pictures: bool = False

    def check(self) -> None:
        """Raises ConfigError for a format, a role or a setting that does not exist."""
        if self.format != "auto":
            IMPORT_FORMATS[self.format]
        self.columns()
        self.chain()

    def chain(self) -> CleaningConfig:
        """The settings of the cleaning, checked."""
        return CleaningConfig.from_mapping(self.cleaning)

    def columns(self) -> ColumnMapping | None:
        """None where nothing was said."""
        return ColumnMapping.from_pairs(self.mapping) if self.mapping else None

    def to_payload(self) -> dict[str, object]:
        """Plain JSON types."""
        return asdict(self)

    @classmethod
    def from_payload(cls, payload: Mapping[str, object]) -> Self:
        """Inverse of `to_payload`; a payload of an older version lacks what it did not know."""
        mapping, cleaning = payload.get("mapping", {}), payload.get("cleaning", {})
        assert isinstance(mapping, dict)
        assert isinstance(cleaning, dict)
        fetch = bool(payload.get("fetch_pictures", False))
        return cls(str(payload.get("format", "auto")), mapping, cleaning, fetch)


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


def keep_upload(workspace: Workspace, content: bytes, filename: str) -> Path:
    """Store an uploaded ZIP or table where jobs find it.

    Raises InvalidInput for a file of another kind.
    """
    name = filename.lower()
    kind = Path(name.removesuffix(".gz")).suffix
    if kind in TABLE_SUFFIXES:
        suffix = kind + (".gz" if name.endswith(".gz") else "")
    elif kind == ".zip" and zipfile.is_zipfile(BytesIO(content)):
        suffix = ".zip"
    else:
        raise InvalidInput(
            f"'{filename}' is not a ZIP file or a table. Put interactions.csv, items.csv and the "
            "pictures into one ZIP."
        )
    path = workspace.settings.uploads / f"{secrets.token_hex(8)}{suffix}"
    write_durably(path, lambda stream: stream.write(content))
    os.chmod(path, 0o600)
    return path


def cleaning_settings() -> tuple[Setting, ...]:
    """What can be set about the cleaning, for a form."""
    return CleaningConfig.settings()


def inspect_source(source: Path, format: str = "auto") -> SourcePreview:
    """What a folder, ZIP or table seems to be: format, first rows, which column is which."""
    return preview_source(source.expanduser(), format)


def import_data(
    workspace: Workspace,
    source: Path,
    name: str,
    request: ImportRequest | None = None,
    report: Report = silent,
) -> ImportOutcome:
    """Read a folder, ZIP or table into the workspace under `name`."""
    asked = request or ImportRequest()
    asked.check()
    check_name(workspace, name)
    imported = import_dataset(
        source,
        workspace.settings.datasets,
        report,
        asked.format,
        asked.columns(),
        asked.chain(),
        PictureFetcher() if asked.fetch_pictures else None,
    )
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
) -> tuple[Encoded, ...]:
    """Encode the modalities asked for (default: all, with the embedded encoders)."""
    record = find_dataset(workspace, dataset_id)
    chosen = dict(encoders) or default_encoders(open_dataset(workspace, record))
    for spec in chosen.values():
        check_encodes(spec)
    extractions = extract_features(workspace, record, chosen, torch_device(device), report)
    return with_warnings(note_features(workspace, record, extractions), extractions)


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
        explicit=dataset.explicit,
        config=dict(generated.to_mapping()) if generated else {},
    )
    with workspace.database.write() as session:
        Datasets(session).add(record)
    return ImportOutcome(record, validation, dataset.root / VALIDATION_FILE)
