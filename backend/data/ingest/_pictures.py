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
from backend.data.fetching import PictureFetcher
from backend.data.media import MAX_BYTES, store_picture
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col

_AT_ONCE = 256
_FETCHES = 16


def store_pictures(
    items: pd.DataFrame,
    lines: NDArray[np.int64],
    file: str,
    source: SourceFiles,
    root: Path,
    log: ProblemLog,
    report: Report,
    fetcher: PictureFetcher | None = None,
) -> list[str]:
    """The SHA-256 of each item's stored picture, "" where it has none.

    An item without the name of a file in its `image` column takes `images/<item_id>.jpg` (or .png,
    .webp) if there is one. Web addresses are fetched by `fetcher`, never without one.
    """
    names = [name if _is_address(name) else _clean(name) for name in items[Col.IMAGE]]
    paths = [
        _find(name, item_id, source)
        for name, item_id in zip(names, items[Col.ITEM_ID].tolist(), strict=True)
    ]
    remote = [
        name if _is_address(name) and not path else ""
        for name, path in zip(names, paths, strict=True)
    ]
    if any(remote) and fetcher is None:
        log.warn(
            f"{sum(map(bool, remote))} items name a picture by its web address; addresses are not "
            "fetched unless you ask for it. Put the pictures into the folder, or import again with "
            "fetching switched on."
        )
    _report_missing(names, paths, lines, file, log)
    digests: list[str] = []
    places = [path or address for path, address in zip(paths, remote, strict=True)]
    outcomes = iter(zip(names, lines, _stored(places, root, fetcher), strict=True))
    while batch := list(islice(outcomes, _AT_ONCE)):
        for name, line, (digest, reason) in batch:
            if reason:
                log.add(file, [line], Col.IMAGE, reason, [name], rejects=False)
            digests.append(digest)
        report("checks pictures", len(digests) / len(items))
    return digests


def _stored(
    places: list[Path | str], root: Path, fetcher: PictureFetcher | None
) -> Iterable[tuple[str, str]]:
    """(SHA-256, "") or ("", reason) for each place, in order; a window of work at a time.

    A place is a file, a web address, or "" for none.
    """

    def store(place: Path | str) -> tuple[str, str]:
        try:
            if isinstance(place, Path):
                return store_picture(_content(place), root), ""
            if place and fetcher is not None:
                return store_picture(fetcher.fetch(place), root), ""
        except InvalidInput as error:
            return "", str(error)
        return "", ""

    # waiting for hosts costs no processor
    with ThreadPoolExecutor(_FETCHES if fetcher else min(8, os.cpu_count() or 1)) as pool:
        waiting = iter(places)
        while window := list(islice(waiting, _AT_ONCE)):
            yield from pool.map(store, window)


def _content(path: Path) -> bytes:
    if path.stat().st_size > MAX_BYTES:
        raise InvalidInput(f"The picture is larger than {MAX_BYTES >> 20} MiB.")
    return path.read_bytes()


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
