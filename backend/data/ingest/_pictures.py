"""Brings the pictures of an import into the data set: looked up, checked, stored clean."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.archive import PICTURE_SUFFIXES, SourceFiles
from backend.data.media import MAX_BYTES, store_picture
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col

_AT_ONCE = 256


def store_pictures(
    items: pd.DataFrame,
    lines: NDArray[np.int64],
    file: str,
    source: SourceFiles,
    root: Path,
    log: ProblemLog,
    report: Report,
) -> list[str]:
    """The SHA-256 of each item's stored picture, "" where it has none.

    An item without the name of a file in its `image` column takes `images/<item_id>.jpg` (or .png,
    .webp) if there is one. Addresses are never fetched.
    """
    names = [_clean(name) for name in items[Col.IMAGE]]
    paths = [
        _find(name, item_id, source)
        for name, item_id in zip(names, items[Col.ITEM_ID].tolist(), strict=True)
    ]
    remote = sum(_is_address(name) and not path for name, path in zip(names, paths, strict=True))
    if remote:
        log.warn(
            f"{remote} items name a picture by its web address; addresses are not fetched. Put the "
            "pictures into the folder."
        )
    _report_missing(names, paths, lines, file, log)
    digests: list[str] = []
    outcomes = iter(zip(names, lines, _stored(paths, root), strict=True))
    while batch := list(islice(outcomes, _AT_ONCE)):
        for name, line, (digest, reason) in batch:
            if reason:
                log.add(file, [line], Col.IMAGE, reason, [name], rejects=False)
            digests.append(digest)
        report("checks pictures", len(digests) / len(items))
    return digests


def _stored(paths: list[Path | None], root: Path) -> Iterable[tuple[str, str]]:
    """(SHA-256, "") or ("", reason) for each path, in order; a window of work at a time."""

    def store(path: Path | None) -> tuple[str, str]:
        if path is None:
            return "", ""
        try:
            if path.stat().st_size > MAX_BYTES:
                return "", f"The picture is larger than {MAX_BYTES >> 20} MiB."
            return store_picture(path.read_bytes(), root), ""
        except InvalidInput as error:
            return "", str(error)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        waiting = iter(paths)
        while window := list(islice(waiting, _AT_ONCE)):
            yield from pool.map(store, window)


def _clean(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _is_address(name: str) -> bool:
    return "://" in name or name.startswith(("//", "data:"))


def _find(name: str, item_id: str, source: SourceFiles) -> Path | None:
    if name and not _is_address(name):
        return source.files.get(name) or source.files.get(f"images/{name}")
    candidates = (
        source.files.get(f"images/{item_id}{suffix}") for suffix in sorted(PICTURE_SUFFIXES)
    )
    return next((path for path in candidates if path), None)


def _report_missing(
    names: list[str],
    paths: list[Path | None],
    lines: NDArray[np.int64],
    file: str,
    log: ProblemLog,
) -> None:
    missing = [
        place
        for place, (name, path) in enumerate(zip(names, paths, strict=True))
        if name and path is None and not _is_address(name)
    ]
    log.add(
        file,
        [int(lines[place]) for place in missing],
        Col.IMAGE,
        "the picture file is not there",
        [names[place] for place in missing],
        rejects=False,
    )
