"""Brings the recordings of an import into the data set: looked up, decoded apart, stored clean."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.archive import SourceFiles
from backend.data.decoding import Decoder
from backend.data.recordings import (
    CLIP_SUFFIXES,
    SOUND_SUFFIXES,
    StoredRecording,
    store_clip,
    store_sound,
)
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.progress import Report
from backend.schema import Col

_AT_ONCE: Final = 64
_SUFFIXES: Final = {Col.AUDIO: SOUND_SUFFIXES, Col.VIDEO: CLIP_SUFFIXES}
_STORE: Final[Mapping[Col, Callable[[Path, Path, Decoder], StoredRecording]]] = {
    Col.AUDIO: store_sound,
    Col.VIDEO: store_clip,
}
Outcome = tuple[StoredRecording, str]
"""What was kept, or why nothing was."""


def store_recordings(
    items: pd.DataFrame,
    lines: NDArray[np.int64],
    file: str,
    source: SourceFiles,
    root: Path,
    log: ProblemLog,
    report: Report,
) -> dict[Col, list[str]]:
    """Columns `audio` and `video` with the SHA-256 of each item's recording, "" where it has none.

    An item without a name takes `audio/<item_id>.wav` or `video/<item_id>.mp4` (or another suffix)
    if there is one; a column that neither the table nor such a file calls for is left out. An item
    whose only sound is the track of its video has that track as its `audio`.
    """
    columns: dict[Col, list[str]] = {}
    found = {column: _paths(items, column, source) for column in _SUFFIXES}
    total = sum(path is not None for paths in found.values() for path in paths)
    done = 0
    with Decoder() as decoder:
        for column, paths in found.items():
            _report_missing(items, paths, lines, file, column, log)
            outcomes: list[StoredRecording] = []
            for place, (kept, reason) in enumerate(_stored(paths, column, root, decoder)):
                if reason:
                    name = _name(items, column, place) or paths[place]
                    log.add(file, [int(lines[place])], column, reason, [name], rejects=False)
                outcomes.append(kept)
                done += paths[place] is not None
                if done % _AT_ONCE == 0:
                    report("checks recordings", done / max(1, total))
            if column in items.columns or any(paths):
                columns[column] = [getattr(kept, column) for kept in outcomes]
            if column is Col.VIDEO:
                _lend_sound(columns, [kept.audio for kept in outcomes], log)
    return columns


def _paths(items: pd.DataFrame, column: Col, source: SourceFiles) -> list[Path | None]:
    names = items[column].tolist() if column in items.columns else [""] * len(items)
    return [
        _find(_clean(name), str(item_id), column, source)
        for name, item_id in zip(names, items[Col.ITEM_ID], strict=True)
    ]


def _find(name: str, item_id: str, column: Col, source: SourceFiles) -> Path | None:
    if name:
        return source.files.get(name) or source.files.get(f"{column}/{name}")
    candidates = (
        source.files.get(f"{column}/{item_id}{suffix}") for suffix in sorted(_SUFFIXES[column])
    )
    return next((path for path in candidates if path), None)


def _stored(
    paths: list[Path | None], column: Col, root: Path, decoder: Decoder
) -> Iterator[Outcome]:
    """One outcome for each path, in order; a window of work at a time."""

    def store(path: Path | None) -> Outcome:
        if path is None:
            return StoredRecording(), ""
        try:
            return _STORE[column](path, root, decoder), ""
        except InvalidInput as error:
            return StoredRecording(), str(error)

    with ThreadPoolExecutor(decoder.children) as pool:
        waiting = iter(paths)
        while window := list(islice(waiting, _AT_ONCE)):
            yield from pool.map(store, window)


def _lend_sound(columns: dict[Col, list[str]], tracks: list[str], log: ProblemLog) -> None:
    """Sound tracks of videos become the recordings of items that have none of their own."""
    own = columns.get(Col.AUDIO, [""] * len(tracks))
    lent = sum(bool(track) and not sound for sound, track in zip(own, tracks, strict=True))
    if lent:
        log.warn(f"The sound tracks of {lent:,} videos are used as their items' audio.")
        columns[Col.AUDIO] = [sound or track for sound, track in zip(own, tracks, strict=True)]


def _report_missing(
    items: pd.DataFrame,
    paths: list[Path | None],
    lines: NDArray[np.int64],
    file: str,
    column: Col,
    log: ProblemLog,
) -> None:
    missing = [p for p, path in enumerate(paths) if path is None and _name(items, column, p)]
    log.add(
        file,
        [int(lines[place]) for place in missing],
        column,
        "the recording is not there",
        [_name(items, column, place) for place in missing],
        rejects=False,
    )


def _name(items: pd.DataFrame, column: Col, place: int) -> str:
    return str(items[column].iat[place]) if column in items.columns else ""


def _clean(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")
