"""What an import found wrong: every bad row with its number and reason, counted without limit."""

import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Self

from backend.data.steps import StepRecord

LISTED_PER_REASON: Final = 200
"""A file with a million bad rows is described as well by its first two hundred."""
_SHOWN: Final = 80
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one place.

    `row` is the line on which the record starts, counted from 1 with the header (None where the
    file as a whole is meant); `value` is what stood there, shortened to 80 characters.
    """

    file: str
    row: int | None
    column: str
    reason: str
    value: str = ""


@dataclass(frozen=True)
class ValidationReport:
    """The outcome of an import.

    `items`, `users`, `interactions`, `pictures`, `recordings` were accepted; `rejected` rows were
    left out. `counts` has the true number of problems per reason; `problems` lists at most
    LISTED_PER_REASON of each. A problem that costs no row (a missing picture) counts as a problem
    and not as a rejected row. `cleaning` are the steps that were taken afterwards.
    """

    items: int
    users: int
    interactions: int
    pictures: int
    rejected: int
    counts: dict[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    recordings: int = 0
    cleaning: tuple[StepRecord, ...] = ()

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Inverse of `to_json`."""
        values = json.loads(text)
        values["problems"] = tuple(Problem(**problem) for problem in values["problems"])
        values["warnings"] = tuple(values["warnings"])
        steps = values.get("cleaning", ())
        values["cleaning"] = tuple(StepRecord.from_mapping(step) for step in steps)
        return cls(**values)

    def to_csv(self, path: Path) -> None:
        """A table for a spreadsheet, in which nothing is run as a formula."""
        with path.open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "row", "column", "reason", "value"])
            for problem in self.problems:
                row = "" if problem.row is None else str(problem.row)
                texts = (problem.column, problem.reason, problem.value)
                writer.writerow([_inert(problem.file), row, *map(_inert, texts)])


class ProblemLog:
    """Collects problems and warnings while an import goes on."""

    def __init__(self) -> None:
        self.rejected = 0
        self.counts: Counter[str] = Counter()
        self.problems: list[Problem] = []
        self.warnings: list[str] = []

    def add(
        self,
        file: str,
        rows: Sequence[int | None],
        column: str,
        reason: str,
        values: Sequence[object] = (),
        *,
        rejects: bool,
        count: int | None = None,
    ) -> None:
        """The same problem in `rows`; `values` runs beside them or is empty.

        `count`: how many there are, where `rows` has but the first LISTED_PER_REASON.
        """
        room = max(0, LISTED_PER_REASON - self.counts[reason])
        number = len(rows) if count is None else count
        self.counts[reason] += number
        if rejects:
            self.rejected += number
        for place, row in enumerate(rows[:room]):
            value = _shortened(values[place]) if place < len(values) else ""
            self.problems.append(Problem(file, _plain(row), column, reason, value))
        if not self.counts[reason]:
            del self.counts[reason]

    def warn(self, sentence: str) -> None:
        """Something a person should know about the whole; told once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def report(
        self,
        *,
        items: int,
        users: int,
        interactions: int,
        pictures: int,
        recordings: int = 0,
        cleaning: tuple[StepRecord, ...] = (),
    ) -> ValidationReport:
        """The frozen result."""
        return ValidationReport(
            items=items,
            users=users,
            interactions=interactions,
            pictures=pictures,
            recordings=recordings,
            cleaning=cleaning,
            rejected=self.rejected,
            counts=dict(self.counts),
            problems=tuple(self.problems),
            warnings=tuple(self.warnings),
        )


def _plain(row: int | None) -> int | None:
    return None if row is None else int(row)


def _shortened(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _inert(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA_STARTS) else text
