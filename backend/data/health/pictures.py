"""Pictures that show too little: tiny ones, and such as are of one colour."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.data.health.findings import Finding, Fix, Severity, counted, percent, rows_of
from backend.progress import Report, silent

_TINY: Final = 64
_BLANK: Final = 3.0
"""Standard deviation of brightness (of 255) below which a picture shows nothing."""
_LOOK: Final = 48
_AT_ONCE: Final = 256


@dataclass(frozen=True)
class Pictures:
    """`side[i]` i64: longest side in pixels as stored, 0 where item i has no (readable) picture;
    `contrast[i]` f32: the standard deviation of its brightness, 0 to 127; `unreadable` bool."""

    side: NDArray[np.int64]
    contrast: NDArray[np.float32]
    unreadable: NDArray[np.bool_]


def measure_pictures(paths: Sequence[Path | None], report: Report = silent) -> Pictures:
    """Looks at every distinct file once, at an eighth of its size where that is enough."""
    distinct = list(dict.fromkeys(path for path in paths if path is not None))
    seen: dict[Path, tuple[int, float] | None] = {}
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, len(distinct), _AT_ONCE):
            report("looks at the pictures", start / len(distinct))
            some = distinct[start : start + _AT_ONCE]
            seen |= dict(zip(some, pool.map(_look, some), strict=True))
    found = [seen[path] if path is not None else None for path in paths]
    return Pictures(
        np.array([one[0] if one else 0 for one in found], np.int64),
        np.array([one[1] if one else 0.0 for one in found], np.float32),
        np.array(
            [path is not None and one is None for path, one in zip(paths, found, strict=True)],
            bool,
        ),
    )


def picture_findings(pictures: Pictures) -> Iterator[Finding]:
    """What the measurements say."""
    shown = pictures.side > 0
    tiny = shown & (pictures.side < _TINY)
    blank = shown & (pictures.contrast < _BLANK)
    if pictures.unreadable.any():
        yield _finding(
            "unreadable_pictures",
            Severity.PROBLEM,
            pictures.unreadable,
            "cannot be read any more",
            "Encoding and explaining these items stops with an error.",
            "Import the data again; the stored files were changed or lost.",
        )
    if blank.any():
        yield _finding(
            "blank_pictures",
            Severity.ATTENTION,
            blank,
            "show one plain surface",
            "They say nothing about the item, yet a model treats them as what it looks like.",
            "Leave the picture out where there is none: what is missing is masked, what is wrong "
            "is learned.",
        )
    if tiny.any():
        yield _finding(
            "tiny_pictures",
            Severity.ATTENTION if tiny.sum() > 0.1 * shown.sum() else Severity.NOTE,
            tiny,
            f"are smaller than {_TINY} pixels",
            "Encoders see 224 pixels and more; what was enlarged from so little is a blur.",
            "Bring the pictures in a larger size if there is one.",
        )


def _finding(
    name: str, severity: Severity, hits: NDArray[np.bool_], what: str, why: str, advice: str
) -> Finding:
    count = int(hits.sum())
    return Finding(
        name,
        severity,
        f"The pictures of {counted(count, 'item')} ({percent(count / len(hits))}) {what}.",
        why,
        advice,
        Fix("import", "Import again"),
        rows_of(hits),
    )


def _look(path: Path) -> tuple[int, float] | None:
    """(longest side, contrast); None where the file is no picture."""
    try:
        with Image.open(path) as picture:
            side = max(picture.size)
            picture.draft("L", (_LOOK, _LOOK))
            grey = np.asarray(picture.convert("L"), np.float32)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return side, float(grey.std())
