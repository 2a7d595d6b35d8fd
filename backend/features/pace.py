"""How fast long work goes, and how long it still takes, in words."""

import time


class Pace:
    """Speed and time left of work on `total` things, from its start."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._start = time.perf_counter()

    def phrase(self, done: int) -> str:
        """ "48/s, 1 min left"; "" before anything was done."""
        seconds = time.perf_counter() - self._start
        if not done or seconds <= 0:
            return ""
        speed = done / seconds
        rate = f"{speed:.0f}/s" if speed >= 2 else f"{60 * speed:.0f}/min"
        left = (self._total - done) / speed
        return f"{rate}, {_span(left)} left" if left >= 1 else rate


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
