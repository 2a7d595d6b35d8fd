"""Puts a finished data set in its place, whole or not at all."""

import os
import shutil
from pathlib import Path
from typing import Final

from backend.data.dataset import Dataset, load_dataset, note_cleaning
from backend.data.steps import CleaningRecord
from backend.errors import DamagedArtefact, NotFound

VALIDATION_FILE: Final = "validation.json"
"""The report, beside the tables of the data set."""


def settle(built: Path, target: Path, cleaning: CleaningRecord) -> Dataset:
    """Rename into place; where the data set is there already, keep it and mend its media."""
    for attempt in range(2):
        try:
            os.rename(built, target)
            return load_dataset(target)
        except OSError:
            if not target.is_dir() or attempt:
                raise
        try:
            load_dataset(target)
        except (DamagedArtefact, NotFound):
            shutil.rmtree(target)
            continue
        _mend(built, target)
        note_cleaning(target, cleaning)
        return load_dataset(target)
    raise DamagedArtefact(f"The data set {target.name} cannot be stored; remove its folder.")


def _mend(built: Path, target: Path) -> None:
    for folder in ("media", "thumbs"):
        for file in (built / folder).glob("*/*.*"):
            kept = target / file.relative_to(built)
            kept.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, kept)
    os.replace(built / VALIDATION_FILE, target / VALIDATION_FILE)
