from datetime import UTC, datetime, timedelta

import pytest

from pages.components import jobs


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (5, "just now"),
        (61, "1 minute ago"),
        (1800, "30 minutes ago"),
        (7200, "2 hours ago"),
        (90_000, "1 day ago"),
    ],
)
def test_how_long_ago(seconds: int, written: str) -> None:
    assert jobs.ago(datetime.now(UTC) - timedelta(seconds=seconds)) == written
