from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from backend.data.health.times import time_findings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LAST = int(NOW.timestamp())


def _clean() -> NDArray[np.int64]:
    """A year of moments, every hour another."""
    return LAST - 3_601 * np.arange(1, 1001)


def _names(times: NDArray[np.int64]) -> list[str]:
    return [finding.name for finding in time_findings(times, NOW)]


def test_moments_of_a_year_are_no_finding() -> None:
    assert _names(_clean()) == []
    assert _names(np.zeros(0, np.int64)) == []


def _with(part: slice, value: int) -> NDArray[np.int64]:
    times = _clean()
    times[part] = value
    return times


@pytest.mark.parametrize(
    ("times", "name"),
    [
        (np.zeros(100, np.int64), "times_unknown"),
        (_with(slice(0, 3), 0), "times_partly_unknown"),
        (_with(slice(0, 3), LAST * 1000), "times_in_the_future"),
        (_with(slice(0, 3), 20_000), "times_too_early"),
        (_clean() // 86_400 * 86_400, "times_are_days"),
        (_with(slice(0, 300), LAST - 12_345), "times_burst"),
    ],
)
def test_what_cannot_be_believed_is_found(times: NDArray[np.int64], name: str) -> None:
    assert _names(times) == [name]
