import csv
from pathlib import Path

from backend.data.validate import LISTED_PER_REASON, ProblemLog, ValidationReport


def _report(log: ProblemLog) -> ValidationReport:
    return log.report(items=1, users=1, interactions=1, pictures=0)


def test_counts_are_true_where_the_listing_is_capped() -> None:
    log = ProblemLog()
    log.add("a.csv", list(range(2, 1002)), "rating", "bad", ["x"] * 1000, rejects=True)
    log.add("a.csv", [5000], "rating", "bad", ["y"], rejects=True)
    log.add("a.csv", [7], "image", "gone", ["z"], rejects=False)
    report = _report(log)
    assert report.counts == {"bad": 1001, "gone": 1}
    assert len(report.problems) == LISTED_PER_REASON + 1
    assert report.rejected == 1001
    assert report.problems[0].row == 2


def test_nothing_bad_is_not_a_reason() -> None:
    log = ProblemLog()
    log.add("a.csv", [], "rating", "bad", rejects=True)
    assert _report(log).counts == {}


def test_json_round_trip() -> None:
    log = ProblemLog()
    log.add("a.csv", [None], "", "whole file", rejects=False)
    log.warn("look here")
    log.warn("look here")
    report = _report(log)
    assert report.warnings == ("look here",)
    assert ValidationReport.from_json(report.to_json()) == report


def test_values_are_shortened() -> None:
    log = ProblemLog()
    log.add("a.csv", [2], "text", "long", ["x" * 100_000], rejects=False)
    assert len(log.problems[0].value) == 80


def test_export_starts_no_formula(tmp_path: Path) -> None:
    log = ProblemLog()
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "fine"]
    log.add("=a.csv", list(range(2, 8)), "@col", "bad", evil, rejects=True)
    _report(log).to_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [row[4] for row in rows] == ["'" + value for value in evil[:5]] + ["fine"]
    assert {row[0] for row in rows} == {"'=a.csv"}
    assert {row[2] for row in rows} == {"'@col"}
    assert rows[0][1] == "2"
