"""A finding: what is wrong, by how much, why it matters, what to do about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Step = Literal["gallery", "features", "import", "train", "segments", "map"]
"""Where the product can do something about a finding."""

LISTED: Final = 400
"""Groups of items that a finding keeps; a shop with more duplicates needs a list, not a page."""


class Severity(StrEnum):
    """How much a finding matters, most first."""

    PROBLEM = "problem"
    """Figures would be wrong, or training would learn nonsense."""
    ATTENTION = "attention"
    """To be looked at before training; it may well be meant so."""
    NOTE = "note"
    """Good to know when reading the results."""


@dataclass(frozen=True)
class Fix:
    """A place in the product, with the parameters of its address."""

    step: Step
    label: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing about the data.

    `sentence` says it with numbers and may hold words from the data, as may `advice`. `items` are
    the rows of the catalogue that it is about, the most telling first; `groups` those among them
    that belong together (duplicates), largest first.
    """

    name: str
    severity: Severity
    sentence: str
    why: str
    advice: str
    fix: Fix | None = None
    items: tuple[int, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The gravest first; of equal ones the one found first."""
    rank = list(Severity)
    return tuple(sorted(findings, key=lambda finding: rank.index(finding.severity)))


def pressing(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those to be looked at before training."""
    return tuple(f for f in findings if f.severity is not Severity.NOTE)


def headline(findings: Iterable[Finding]) -> str:
    """The answer in one sentence: "3 things need attention before you train"."""
    found = tuple(findings)
    urgent, notes = len(pressing(found)), len(found)
    if urgent:
        needs = "needs" if urgent == 1 else "need"
        return f"{counted(urgent, 'thing')} {needs} attention before you train"
    if notes:
        return f"Nothing stands in the way of training; {counted(notes, 'thing')} to know"
    return "Nothing in these data stands out as a problem"


def counted(count: int, noun: str, plural: str = "") -> str:
    """ "1 item", "1,204 items", "3 people"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def percent(share: float) -> str:
    """ "61 %", "0.4 %", "under 0.1 %", "over 99.9 %"; never a rounded 0 or 100 for what is not."""
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1 %"
    if 99.9 < value < 100:
        return "over 99.9 %"
    return f"{value:.1f} %" if value < 10 and value != round(value) else f"{value:.0f} %"


def rows_of(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    """The places where it holds."""
    return tuple(np.flatnonzero(mask).tolist())


def flattened(groups: Iterable[Iterable[int]]) -> tuple[int, ...]:
    """All rows of all groups, in order."""
    return tuple(item for group in groups for item in group)
