"""The files of an import, from a folder or from a ZIP that nobody vouches for."""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from backend.data.recordings import CLIP_SUFFIXES, SOUND_SUFFIXES
from backend.data.streams import open_stream
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput

TABLE_SUFFIXES: Final = frozenset(
    {".csv", ".tsv", ".parquet", ".txt", ".json", ".jsonl", ".inter", ".item", ".user"}
    | {".dat", ".data"}
)
FEATURE_SUFFIXES: Final = frozenset({".npy"})
PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
IMPORTED_SUFFIXES: Final = (
    TABLE_SUFFIXES | FEATURE_SUFFIXES | PICTURE_SUFFIXES | SOUND_SUFFIXES | CLIP_SUFFIXES
)
PICKLE_SUFFIXES: Final = frozenset({".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib"})
"""Opening one of these can run a program that somebody hid in it."""
TRUTH_FILES: Final = frozenset({"truth.npz", "truth.json"})
HEAD_BYTES: Final = 16 << 20
"""Of a table in a ZIP, for a preview."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class ArchiveLimits:
    """Beyond these an archive is refused; they are checked while unpacking, not believed."""

    entries: int = 300_000
    total_bytes: int = 20 << 30
    entry_bytes: int = 4 << 30
    ratio: int = 200
    """Unpacked over packed size of one entry, once it is past 1 MiB."""


@dataclass(frozen=True)
class SourceFiles:
    """What is there to import: logical name (POSIX, below the top folder) to the file.

    Names are looked up here and never become paths, so no name leads outside. `trusted` is True
    for a folder that a person of this machine named. Names of gzip files stand without `.gz`.
    """

    files: Mapping[str, Path]
    trusted: bool
    head: bool = False
    """Only the first megabytes of each file of text are read: enough for a preview."""

    def find(self, *patterns: str) -> str | None:
        """The first file whose last name matches the first pattern that any matches (`*`, `?`,
        any case), the one that lies highest; None where there is none."""
        names = sorted(self.files, key=lambda name: (name.count("/"), name))
        for pattern in patterns:
            for name in names:
                if fnmatchcase(name.rsplit("/", 1)[-1].lower(), pattern.lower()):
                    return name
        return None

    def by_stem(self, suffixes: Collection[str], folder: str = "*") -> dict[str, str]:
        """Files of such kinds, below a folder whose name matches, by their name without suffix."""
        found: dict[str, str] = {}
        for name in sorted(self.files, key=lambda name: (name.count("/"), name)):
            *folders, last = name.split("/")
            stem, dot, suffix = last.rpartition(".")
            inside = any(fnmatchcase(part.lower(), folder.lower()) for part in folders)
            if f"{dot}{suffix}".lower() in suffixes and (inside or folder == "*"):
                found.setdefault(stem, name)
        return found

    def stream(self, name: str, limits: ArchiveLimits | None = None) -> BinaryIO:
        """The bytes of a file, unpacked where it is gzip; caps as in `open_stream`."""
        caps = limits or ArchiveLimits()
        most = caps.total_bytes if self.trusted else caps.entry_bytes
        return open_stream(name, self.files[name], most=most, ratio=caps.ratio)

    def listing(self) -> str:
        """What was found, for a message."""
        names = sorted(self.files, key=lambda name: (name.count("/"), name))
        return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "nothing"


def open_source(
    source: Path,
    scratch: Path,
    log: ProblemLog,
    limits: ArchiveLimits | None = None,
    *,
    head: bool = False,
) -> SourceFiles:
    """The files of a folder (in place), of a ZIP (unpacked into `scratch`), or a single table.

    `head`: for a preview; of a ZIP only the beginnings of tables are unpacked.
    """
    if source.is_dir():
        found = _walk(source.resolve(), log)
        return SourceFiles(_without_gz(_below_top_folder(found), log), trusted=True, head=head)
    if not source.is_file():
        raise InvalidInput(f"There is no folder or file '{source}'.")
    kind = _kind(source.name)
    if kind in PICKLE_SUFFIXES:
        raise InvalidInput(_pickled(source.name))
    if kind in TABLE_SUFFIXES:
        return SourceFiles(_without_gz({source.name: source}, log), trusted=False, head=head)
    if not zipfile.is_zipfile(source):
        raise InvalidInput(
            f"'{source.name}' is neither a folder nor a ZIP nor a table; pack it as a ZIP."
        )
    unpacked = _unpack(source, scratch, log, limits or ArchiveLimits(), head)
    named = _without_gz(_below_top_folder(unpacked), log)
    return SourceFiles(named, trusted=False, head=head)


def _kind(name: str) -> str:
    """The suffix that says what a file is, `.gz` taken off."""
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix


def _pickled(name: str) -> str:
    return (
        f"'{name[:80]}' is a pickle, which can run programs when opened, so it is never read. Save "
        "tables as CSV or Parquet and features as .npy."
    )


def _without_gz(files: dict[str, Path], log: ProblemLog) -> dict[str, Path]:
    named = {name: path for name, path in files.items() if not name.lower().endswith(".gz")}
    for name in files.keys() - named.keys():
        if name[:-3] in named:
            log.warn(f"Left out '{name[:80]}': the same file is there unpacked.")
        else:
            named[name[:-3]] = files[name]
    return named


def _walk(folder: Path, log: ProblemLog) -> dict[str, Path]:
    files: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(folder):
            log.warn(f"Left out '{path.name}': it is a link to something outside of the folder.")
        elif path.is_file() and not path.name.startswith("."):
            if _kind(path.name) in PICKLE_SUFFIXES:
                log.warn(_pickled(path.name))
                continue
            files[path.relative_to(folder).as_posix()] = path
    return files


def _below_top_folder(files: dict[str, Path]) -> dict[str, Path]:
    """Names without the one folder that holds everything, however deep it lies."""
    while files:
        heads = {name.split("/", 1)[0] for name in files}
        if len(heads) > 1 or any("/" not in name for name in files):
            break
        files = {name.split("/", 1)[1]: path for name, path in files.items()}
    return files


def _unpack(
    archive: Path, scratch: Path, log: ProblemLog, limits: ArchiveLimits, head: bool
) -> dict[str, Path]:
    scratch.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    try:
        with zipfile.ZipFile(archive) as opened:
            wanted = _wanted(opened, log, limits)
            left = limits.total_bytes
            for number, (name, info) in enumerate(wanted.items()):
                target = scratch / f"{number:08d}"
                files[name] = target
                if head and _kind(name) not in TABLE_SUFFIXES:
                    target.touch()  # its name may tell the format
                    continue
                most = HEAD_BYTES if head and _kind(name) != ".parquet" else None
                room = min(left, limits.entry_bytes)
                left -= _extract(opened, info, target, room, limits.ratio, most)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error) as error:
        raise InvalidInput(
            f"'{archive.name}' is damaged and cannot be unpacked ({error}). Pack it again."
        ) from error
    except RuntimeError as error:  # zipfile's word for encrypted entries
        raise InvalidInput(f"'{archive.name}' is encrypted; pack it without password.") from error
    return files


def _wanted(
    archive: zipfile.ZipFile, log: ProblemLog, limits: ArchiveLimits
) -> dict[str, zipfile.ZipInfo]:
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise InvalidInput(f"The ZIP has more than {limits.entries:,} entries; split it up.")
    wanted: dict[str, zipfile.ZipInfo] = {}
    others: list[str] = []
    for info in entries:
        name = _logical_name(info.filename)
        if info.is_dir() or name.startswith("__MACOSX/") or "/." in f"/{name}":
            if ".." in name.split("/"):
                log.warn(f"Left out '{info.filename[:80]}': its name leads out of the archive.")
        elif _leads_out(info.filename):
            log.warn(f"Left out '{info.filename[:80]}': its name leads out of the archive.")
        elif stat.S_ISLNK(info.external_attr >> 16):
            log.warn(f"Left out '{info.filename[:80]}': it is a link.")
        elif _kind(name) in PICKLE_SUFFIXES:
            log.warn(_pickled(info.filename))
        elif _kind(name) not in IMPORTED_SUFFIXES:
            others.append(info.filename[:80])
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # the other methods unpack without a bound on how much comes out at once
            raise InvalidInput("The ZIP uses an unusual compression; pack it with 'deflate'.")
        elif name in wanted:
            log.warn(f"Left out the second '{info.filename[:80]}' of the archive.")
        else:
            wanted[name] = info
    if others:
        log.warn(_left_out(others))
    declared = sum(info.file_size for info in wanted.values())
    if declared > limits.total_bytes:
        raise InvalidInput(f"Unpacked, the ZIP is larger than {limits.total_bytes >> 20:,} MiB.")
    return wanted


def _left_out(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (
        f"Left out {', '.join(names[:5])}{more}: only tables, features (.npy), pictures and "
        "recordings are imported."
    )


def _logical_name(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _leads_out(name: str) -> bool:
    name = name.replace("\\", "/")
    return name.startswith("/") or ".." in name.split("/") or ":" in name.split("/")[0]


def _extract(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    target: Path,
    room: int,
    ratio: int,
    most: int | None,
) -> int:
    """How many bytes were written; an entry is left at `most` of them."""
    if shutil.disk_usage(target.parent).free < info.file_size + (64 << 20):
        raise InvalidInput("The disk is too full to unpack the ZIP; free some space.")
    written = 0
    with archive.open(info) as packed, target.open("xb") as unpacked:
        while chunk := packed.read(_CHUNK):
            written += len(chunk)
            if written > room or (
                written > _CHUNK and written > ratio * max(1, info.compress_size)
            ):
                raise InvalidInput(
                    f"'{info.filename[:80]}' unpacks to far more than its packed size; "
                    "the ZIP is refused."
                )
            unpacked.write(chunk)
            if most is not None and written >= most:
                break
    return written
