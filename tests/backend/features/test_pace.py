import pytest

from backend.features import pace
from backend.features.pace import Pace


@pytest.mark.parametrize(
    ("total", "done", "seconds", "phrase"),
    [
        (3000, 0, 5.0, ""),
        (3000, 480, 10.0, "48/s, 52 s left"),
        (30_000, 480, 10.0, "48/s, 10 min left"),
        (30_000, 10, 10.0, "60/min, 8.3 h left"),
        (480, 480, 10.0, "48/s"),
    ],
)
def test_speed_and_time_left(
    monkeypatch: pytest.MonkeyPatch, total: int, done: int, seconds: float, phrase: str
) -> None:
    times = iter([100.0, 100.0 + seconds])
    monkeypatch.setattr(pace.time, "perf_counter", lambda: next(times))
    assert Pace(total).phrase(done) == phrase
