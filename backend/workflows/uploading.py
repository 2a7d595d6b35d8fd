"""What a person brings, kept and looked at before anything is imported."""

import os
import secrets
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from backend.data.archive import IMPORTED_SUFFIXES
from backend.durable import write_durably
from backend.errors import InvalidInput
from backend.workflows.importing import SourcePreview, check_name, inspect_source, keep_upload
from backend.workflows.workspace import Workspace
from db.records import JobState
from db.repositories import Jobs

DROPPED: Final = ("zip", "csv", "tsv", "parquet", "gz", "jpg", "jpeg", "png", "webp")
"""Kinds of files that are offered where single files are chosen; folders may hold others."""
KEPT_SECONDS: Final = 24 * 3600.0
"""An upload may hold personal data, so it does not stay once nobody seems to want it."""


@dataclass(frozen=True)
class Upload:
    """A file as it was dropped: its name, for one out of a folder with the folders, and content."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Brought:
    """A source where jobs find it, what a person calls it, and what it seems to be."""

    path: Path
    title: str
    preview: SourcePreview


def bring(workspace: Workspace, source: Path | Sequence[Upload], name: str) -> Brought:
    """Keep what was dropped, or take what lies on this machine, and look at it.

    Nothing is kept of what cannot be imported. Raises InvalidInput for a taken name, a path that is
    not there, and files without a table among them.
    """
    check_name(workspace, name)
    sweep(workspace)
    if isinstance(source, Path):
        path = source.expanduser().resolve()
        if not path.exists():
            raise InvalidInput(f"There is no file or folder '{source}' on this machine.")
        return Brought(path, source.name, _looked_at(path))
    path = keep_files(workspace, source)
    try:
        return Brought(path, _title(source), _looked_at(path))
    except BaseException:
        discard(workspace, path)
        raise


def keep_files(workspace: Workspace, files: Sequence[Upload]) -> Path:
    """Store a ZIP as it is, anything else packed into one, so that every file keeps its name.

    Raises InvalidInput for a ZIP among others, for a name that comes twice, and where no file is of
    a kind that is imported.
    """
    zips = [file for file in files if file.name.lower().endswith(".zip")]
    if zips and len(files) == 1:
        return keep_upload(workspace, zips[0].content, zips[0].name)
    if zips:
        raise InvalidInput(f"Drop '{zips[0].name}' alone, or unpack it and drop what it holds.")
    _check_names([file.name for file in files])
    path = workspace.settings.uploads / f"{secrets.token_hex(8)}.zip"
    write_durably(path, lambda stream: _pack(files, stream))
    os.chmod(path, 0o600)
    return path


def sweep(workspace: Workspace, older_than: float = KEPT_SECONDS) -> int:
    """Delete uploads that nobody imported, such as those of a dialog that was left open; how many.

    Those that a job waits for or works on stay.
    """
    with workspace.database.read() as session:
        jobs = Jobs(session).list((JobState.QUEUED, JobState.RUNNING))
    wanted = {str(job.payload.get("path", "")) for job in jobs}
    old = time.time() - older_than
    swept = 0
    for path in workspace.settings.uploads.iterdir():
        if path.is_file() and str(path) not in wanted and path.stat().st_mtime < old:
            path.unlink(missing_ok=True)
            swept += 1
    return swept


def discard(workspace: Workspace, path: Path) -> None:
    """Delete an upload that will not be imported; what lies elsewhere is left alone."""
    if path.parent == workspace.settings.uploads:
        path.unlink(missing_ok=True)


def _check_names(names: Sequence[str]) -> None:
    if not any(_kind(name) in IMPORTED_SUFFIXES for name in names):
        raise InvalidInput("None of these files is a table, a picture or a recording.")
    name, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise InvalidInput(f"Two files are called '{name}'. Rename one, or drop their folder.")


def _kind(name: str) -> str:
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix


def _pack(files: Sequence[Upload], stream: BinaryIO) -> None:
    # stored, not packed: pictures and Parquet hardly shrink, and tables are read once
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(file.name), file.content)


def _looked_at(path: Path) -> SourcePreview:
    preview = inspect_source(path)
    if not preview.format and not preview.tables:
        told = " ".join(preview.problems[:2])
        raise InvalidInput(
            "There is no table that says who chose what. Add one, for example interactions.csv "
            f"with user_id and item_id. {told}".strip()
        )
    return preview


def _title(files: Sequence[Upload]) -> str:
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0].name}{more}"
