"""The tables of a report: as numbers for other programs, as words for people."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from backend.figures import wording
from backend.figures.experiment import ROLES
from backend.workflows.experiment_report import ReportContents
from backend.workflows.experiment_verdict import Finding


@dataclass(frozen=True)
class ReportTable:
    """`numbers` and `words` have the same rows; `words` is what a person reads."""

    name: str
    """For a file."""
    title: str
    numbers: pd.DataFrame
    words: pd.DataFrame


def tables(contents: ReportContents) -> tuple[ReportTable, ...]:
    """Gains, groups, strategies, all metrics, runs; those without a row are left out."""
    found = (
        _gains(contents),
        _groups(contents),
        _strategies(contents),
        _metrics(contents),
        _runs(contents),
    )
    return tuple(table for table in found if len(table.numbers))


def _gains(contents: ReportContents) -> ReportTable:
    verdict = contents.verdict
    rows = [*verdict.findings, *([verdict.over_control] if verdict.over_control else [])]
    return ReportTable(
        "gains",
        "The best fusion against its rivals and its control",
        pd.DataFrame(
            [
                {
                    "rival": row.label,
                    "gain": row.gain,
                    "low": row.low,
                    "high": row.high,
                    "effect_size": row.effect_size,
                    "adjusted_p": row.adjusted_p,
                }
                for row in rows
            ]
        ),
        pd.DataFrame([_gain_in_words(row) for row in rows]),
    )


def _gain_in_words(row: Finding) -> Mapping[str, str]:
    return {
        "Against": row.label,
        "Gain": wording.gain(row.gain),
        "95 % interval": wording.gain_interval(row.low, row.high),
        "Effect size": wording.signed(row.effect_size),
        "p (corrected)": wording.p_value(row.adjusted_p),
    }


def _groups(contents: ReportContents) -> ReportTable:
    rows = contents.verdict.groups
    return ReportTable(
        "groups",
        "The gain over the toughest rival, by training interactions of a person",
        pd.DataFrame(
            [
                {"group": g.group, "users": g.users, "gain": g.gain, "low": g.low, "high": g.high}
                for g in rows
            ]
        ),
        pd.DataFrame(
            [
                {
                    "Group": group.group,
                    "People": f"{group.users:,}",
                    "Gain": wording.gain(group.gain),
                    "95 % interval": wording.gain_interval(group.low, group.high),
                }
                for group in rows
            ]
        ),
    )


def _strategies(contents: ReportContents) -> ReportTable:
    rows = sorted(contents.verdict.standings, key=lambda row: -row.test)
    name = wording.metric_title(contents.view.metric)
    return ReportTable(
        "strategies",
        f"{name} of every strategy",
        pd.DataFrame(
            [
                {
                    "strategy": row.label,
                    "kind": row.role,
                    "test": row.test,
                    "validation": row.validation,
                    "spread": row.spread,
                    "seeds": row.seeds,
                    "seconds": row.seconds,
                    "parameters": row.parameters,
                }
                for row in rows
            ]
        ),
        pd.DataFrame(
            [
                {
                    "Strategy": row.label,
                    "Kind": ROLES[row.role],
                    "Test": wording.number(row.test),
                    "Validation": wording.number(row.validation),
                    "Spread over seeds": wording.number(row.spread) if row.seeds > 1 else "–",
                    "Seeds": str(row.seeds),
                    "Time per run": wording.duration(row.seconds),
                    "Parameters": f"{row.parameters:,}",
                }
                for row in rows
            ]
        ),
    )


def _metrics(contents: ReportContents) -> ReportTable:
    """All metrics in the file; to read, those at the cutoff of the headline metric."""
    found = contents.measures
    cutoff = contents.view.metric.partition("@")[2]
    shown = [name for name in found.metrics if name.partition("@")[2] in ("", cutoff)]
    return ReportTable(
        "metrics",
        "All metrics on the test part, means over the seeds",
        pd.DataFrame(
            [
                {"strategy": row.label, "kind": row.role}
                | {name: row.values[name].mean for name in found.metrics if name in row.values}
                for row in found.rows
            ]
        ),
        pd.DataFrame(
            [
                {"Strategy": row.label}
                | {
                    wording.metric_title(name): wording.number(value.mean if value else None)
                    for name, value in ((name, row.values.get(name)) for name in shown)
                }
                for row in found.rows
            ]
        ),
    )


def _runs(contents: ReportContents) -> ReportTable:
    return ReportTable(
        "runs",
        "Every run",
        pd.DataFrame(
            [
                {
                    "run": run.id,
                    "strategy": run.strategy,
                    "repetition": run.name,
                    "test": run.test,
                    "validation": run.validation,
                    "seconds": run.seconds,
                    **run.settings,
                }
                for run in contents.runs
            ]
        ),
        pd.DataFrame(
            [
                {
                    "Run": run.id,
                    "Strategy": run.strategy,
                    "Repetition": run.name,
                    "Test": wording.number(run.test),
                    "Validation": wording.number(run.validation),
                    "Time": wording.duration(run.seconds),
                }
                for run in contents.runs
            ]
        ),
    )
