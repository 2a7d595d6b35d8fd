"""Import formats, one file each; `import_dataset` finds the right one by itself."""

from backend.data.ingest._base import (
    IMPORT_FORMATS,
    GivenFeatures,
    ImportFormat,
    RawChunk,
    RawTable,
    RawTables,
)
from backend.data.ingest._import import Imported, import_dataset
from backend.data.ingest._preview import SourcePreview, TablePreview, preview_source
from backend.data.ingest._settling import VALIDATION_FILE

__all__ = [
    "IMPORT_FORMATS",
    "VALIDATION_FILE",
    "GivenFeatures",
    "ImportFormat",
    "Imported",
    "RawChunk",
    "RawTable",
    "RawTables",
    "SourcePreview",
    "TablePreview",
    "import_dataset",
    "preview_source",
]
