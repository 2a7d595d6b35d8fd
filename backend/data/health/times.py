"""Whether timestamps can be believed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity, counted, percent

_DAY: Final = 86_400
_TOLERANCE: Final = _DAY
"""Clocks and time zones may be a day ahead."""
_BURST: Final = 0.2
_FEWEST: Final = 50
_EARLIEST: Final = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())


def time_findings(timestamps: NDArray[np.int64], now: datetime) -> Iterator[Finding]:
    """`timestamps` i64[N] in seconds since 1970, 0 where unknown."""
    known = timestamps[timestamps != 0]
    if not len(timestamps):
        return
    if not len(known):
        yield _none()
        return
    if len(known) < len(timestamps):
        yield _some_unknown(len(timestamps) - len(known), len(timestamps))
    yield from _impossible(known, now)
    yield from _resolution(known)


def _impossible(known: NDArray[np.int64], now: datetime) -> Iterator[Finding]:
    ahead = int((known > now.timestamp() + _TOLERANCE).sum())
    if ahead:
        yield Finding(
            "times_in_the_future",
            Severity.PROBLEM,
            f"{counted(ahead, 'interaction')} ({percent(ahead / len(known))}) lie in the future.",
            "A split by time would test on them alone. Often the times are milliseconds that were "
            "read as seconds.",
            "Write times in seconds since 1970 (UTC) or as 2026-01-31 12:00 and import again.",
            Fix("import", "Import again"),
        )
    before = int((known < _EARLIEST).sum())
    if before:
        yield Finding(
            "times_too_early",
            Severity.PROBLEM,
            f"{counted(before, 'interaction')} ({percent(before / len(known))}) lie before 1990.",
            "Nobody clicked then: the column holds something else than seconds since 1970, such "
            "as a day number, and a split by time would rest on it.",
            "Write times in seconds since 1970 (UTC) or as 2026-01-31 12:00 and import again.",
            Fix("import", "Import again"),
        )


def _resolution(known: NDArray[np.int64]) -> Iterator[Finding]:
    if len(known) < _FEWEST:
        return
    moments, counts = np.unique(known, return_counts=True)
    most = int(counts.max())
    whole_days = bool((known % _DAY == known[0] % _DAY).all())
    if whole_days and len(moments) > 1:
        yield Finding(
            "times_are_days",
            Severity.NOTE,
            f"Times are whole days ({len(moments):,} of them).",
            "What a person did first on one day is unknown: a split by time breaks such ties at "
            "random.",
            "Nothing; bring finer times if the source has them.",
        )
    elif most > _BURST * len(known):
        moment = datetime.fromtimestamp(int(moments[counts.argmax()]), UTC)
        yield Finding(
            "times_burst",
            Severity.ATTENTION,
            f"{counted(most, 'interaction')} ({percent(most / len(known))}) carry one and the same "
            f"moment, {moment:%Y-%m-%d %H:%M:%S}.",
            "That is when rows were written rather than when people chose; their order is unknown, "
            "and a split by time falls into the middle of it.",
            "Look for the true times in the source, or train with a random split.",
            Fix("train", "Choose the split"),
        )


def _none() -> Finding:
    return Finding(
        "times_unknown",
        Severity.NOTE,
        "The interactions carry no time.",
        "Splits by time, as in life, are not possible; models of order see none.",
        "Add a column 'timestamp' if the source has one.",
        Fix("import", "Import again"),
    )


def _some_unknown(count: int, rows: int) -> Finding:
    return Finding(
        "times_partly_unknown",
        Severity.ATTENTION,
        f"{counted(count, 'interaction')} ({percent(count / rows)}) carry no time, the others do.",
        "A split by time takes them for the oldest, so they all end in training.",
        "Fill the times in the source, or train with a random split.",
        Fix("train", "Choose the split"),
    )
