"""Finds out what a source is and has the right format read it."""

from dataclasses import replace

from backend.data.archive import SourceFiles
from backend.data.ingest._base import IMPORT_FORMATS, RawTables
from backend.data.ingest._mapped import read_mapped
from backend.data.ingest._preview import file_with, guessed_mapping, recognised
from backend.data.mapping import ColumnMapping
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import silent


def read_source(
    files: SourceFiles, format: str, mapping: ColumnMapping | None, log: ProblemLog
) -> RawTables:
    """Raises InvalidInput where no format knows the files, and says what they look like."""
    if mapping is not None:
        whole = _placed(mapping, files).over(guessed_mapping(files) or ColumnMapping())
        tables = read_mapped(files, whole, log)
        log.warn(f"Columns were taken as told or guessed: {said(whole)}.")
        return tables
    name = recognised(files) if format == "auto" else format
    if not name:
        raise InvalidInput(_unknown(files))
    entry = IMPORT_FORMATS[name]
    return entry.cls(entry.config()).read(files, log, silent)


def _placed(mapping: ColumnMapping, files: SourceFiles) -> ColumnMapping:
    """Columns that were named and stand together in one table only say which one is meant."""
    named = [column for column in mapping.interaction_columns.values() if column]
    if mapping.interactions or not named:
        return mapping
    return replace(mapping, interactions=file_with(files, named))


def _unknown(files: SourceFiles) -> str:
    """The sentence for files of no known format; where columns look like it, says how to go on."""
    guess = guessed_mapping(files)
    if guess is not None and guess.interaction_columns:
        options = " ".join(f"--map {key}={value!r}" for key, value in guess.to_pairs().items())
        return (
            "No format knows these files by their names. Say which columns are meant; they look "
            f"like: {options}"
        )
    return (
        "An import needs interactions.csv (user_id, item_id) and, with it, items.csv (item_id, "
        f"title, text, image) and pictures, or another known format; found: {files.listing()}."
    )


def said(mapping: ColumnMapping) -> str:
    """The mapping as a person would say it."""
    return ", ".join(f"{key} = {value}" for key, value in mapping.to_pairs().items() if value)
