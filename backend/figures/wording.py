"""How figures and pages write numbers: three significant digits, signs, intervals, durations."""

import math
import re
from typing import Final

from backend.evaluation.metrics import METRICS
from backend.evaluation.significance import Interval

NOT_SHOWN: Final = "not shown"
"""Stands where nothing was measured; never 0, "None" or "nan"."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def number(value: float | None, digits: int = 3) -> str:
    """Significant digits without an exponent: 0.142, 14.2, 1,420."""
    if value is None or not math.isfinite(value):
        return NOT_SHOWN
    return f"{value:,.{_decimals(value, digits)}f}"


def signed(value: float | None, digits: int = 3) -> str:
    """As `number`, with a sign (a true minus): +0.0042, −0.0042, 0."""
    if value is None or not math.isfinite(value):
        return NOT_SHOWN
    if value == 0:
        return "0"
    return ("+" if value > 0 else "−") + number(abs(value), digits)


def interval(estimate: Interval | None, digits: int = 3) -> str:
    """ "0.142 [0.137, 0.147]"; the bare value where the interval is a point or unknown."""
    if estimate is None or not math.isfinite(estimate.value):
        return NOT_SHOWN
    places = _decimals(estimate.value, digits)
    value = f"{estimate.value:,.{places}f}"
    if not math.isfinite(estimate.low) or estimate.low == estimate.high:
        return value
    return f"{value} [{estimate.low:,.{places}f}, {estimate.high:,.{places}f}]"


def percent(share: float | None, *, sign: bool = False) -> str:
    """A share as a percentage with three significant digits: 4.12 %, +4.12 %, 99.9 %."""
    if share is None or not math.isfinite(share):
        return NOT_SHOWN
    text = signed(100 * share) if sign else number(100 * share)
    return f"{text} %"


def gain(share: float | None) -> str:
    """A gain as verdicts write it, one decimal: "+6.1 %", "−0.4 %"."""
    if share is None or not math.isfinite(share):
        return NOT_SHOWN
    return f"{_one_decimal(share)} %"


def gain_interval(low: float, high: float) -> str:
    """ "[+4.0, +8.3] %"."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return NOT_SHOWN
    return f"[{_one_decimal(low)}, {_one_decimal(high)}] %"


def p_value(value: float) -> str:
    """ "0.012", "< 0.001"."""
    return "< 0.001" if value < 0.001 else number(value, 2)


def memory(mib: float) -> str:
    """ "410 MB", "1.2 GB"."""
    return f"{round(mib, -1):.0f} MB" if mib < 995 else f"{mib / 1024:.1f} GB"


def duration(seconds: float | None) -> str:
    """ "0.4 s", "12 s", "3 min 20 s", "2 h 5 min"."""
    if seconds is None or not math.isfinite(seconds):
        return NOT_SHOWN
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def metric_title(name: str) -> str:
    """ "ndcg@20" -> "NDCG@20"; unknown names are written as they are."""
    base, _, cutoff = name.partition("@")
    metric = METRICS.get(base)
    title = metric.title if metric else base.replace("_", " ").capitalize()
    return f"{title}@{cutoff}" if cutoff else title


def ordinal(place: int) -> str:
    """ "1st", "2nd", "3rd", "11th"."""
    special = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if place % 100 in (11, 12, 13) else special.get(place % 10, "th")
    return f"{place}{ending}"


def headline(finding: str) -> tuple[str, str]:
    """What is written large, and what below it: the first sentence without its stop, the rest."""
    first, *rest = _SENTENCE_END.split(finding, maxsplit=1)
    return first.rstrip("."), rest[0] if rest else ""


def shortened(text: str, length: int) -> str:
    """At most `length` characters, an ellipsis where something was cut."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _decimals(value: float, digits: int) -> int:
    if value == 0:
        return 0
    return max(0, digits - 1 - math.floor(math.log10(abs(value))))


def _one_decimal(share: float) -> str:
    text = f"{100 * share:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def shortened_inside(text: str, length: int) -> str:
    """The same, with the end kept: names of runs differ there."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    end = text[-(length // 3) :].lstrip()
    return f"{text[: length - 1 - len(end)].rstrip()}…{end}"
