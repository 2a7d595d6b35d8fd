"""The state of a data set: what deserves attention before training, and what to do about it."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, Final

from backend.data.health.activity import Activity, measure_activity
from backend.data.health.coverage import coverage_by_popularity
from backend.data.health.findings import Finding, Fix, Severity, ordered, pressing
from backend.data.health.report import (
    LEAKS,
    LEAKS_IN_CONTENTS,
    Area,
    CloserLook,
    HealthReport,
    Nearest,
    examine_contents,
    examine_tables,
)
from backend.durable import keep, kept
from backend.errors import InvalidInput
from backend.jobs.queue import Queue
from backend.progress import Report, silent
from backend.schema import Col, Modality
from backend.workflows.cards import ItemCard, catalogue_cards
from backend.workflows.jobviews import JobView, job_view, job_views
from backend.workflows.loading import find_dataset, open_dataset
from backend.workflows.splitting import split_rows, tested_split
from backend.workflows.vectors import latest, stored_vectors
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, JobState

__all__ = ["Area", "Finding", "HealthReport", "Severity"]

AT_ONCE: Final = 20_000
"""Up to so many items the contents are looked at while a person waits; above, a job does it."""
_SECONDS_PER_THOUSAND: Final = 1.0
"""Measured with 1,280 numbers per picture and 384 per text on one core."""
_VERSION: Final = 3
"""Counts up when a check changes, so that an old result is not taken for a new one."""


def health(workspace: Workspace, dataset_id: str) -> HealthReport:
    """All that is known: the tables at once, the contents as far as they were looked at."""
    record = find_dataset(workspace, dataset_id)
    areas, activity, coverage = _tables(workspace, record.id, tested_split(workspace, record))
    look = _stored_look(workspace, record)
    if look is None:
        open = "Not looked at yet."
        waiting = (
            Area("Pictures", "tiny, blank and unreadable pictures", open=open),
            Area("Vectors", "broken, constant, collapsed or unscaled vectors", open=open),
            Area("Likeness", "items nearly the same as another, items like nothing", open=open),
            Area(LEAKS_IN_CONTENTS, "ready-made features that know the test", open=open),
        )
        return HealthReport((*areas, *waiting), activity, coverage, {}, complete=False)
    return HealthReport((*areas, *look.areas), activity, coverage, look.nearest, complete=True)


def leaks(workspace: Workspace, dataset_id: str) -> tuple[Finding, ...]:
    """Ways in which training may know the test, as far as was looked; the gravest first. What is
    merely good to know is not among them."""
    areas = health(workspace, dataset_id).areas
    found = [f for a in areas if a.title in (LEAKS, LEAKS_IN_CONTENTS) for f in a.findings]
    return tuple(f for f in ordered(pressing(found)) if not f.name.startswith("cold_"))


def needs_job(workspace: Workspace, dataset_id: str) -> bool:
    """Whether looking at the contents takes longer than a person waits."""
    return find_dataset(workspace, dataset_id).items > AT_ONCE


def seconds_needed(workspace: Workspace, dataset_id: str) -> float:
    """How long looking at the contents takes, about."""
    return 1.0 + _SECONDS_PER_THOUSAND * find_dataset(workspace, dataset_id).items / 1000


def look_closer(workspace: Workspace, dataset_id: str, report: Report = silent) -> None:
    """Look at pictures and encoded contents and keep the result; nothing is done twice."""
    record = find_dataset(workspace, dataset_id)
    if _stored_look(workspace, record) is not None:
        return
    dataset = open_dataset(workspace, record)
    paths = [dataset.image_path(num) for num in range(dataset.n_items)]
    loaders = [
        partial(stored_vectors, workspace, dataset, feature)
        for feature in latest(workspace, record)
    ]
    split = split_rows(dataset, tested_split(workspace, record))
    look = examine_contents(dataset, paths, loaders, report, split)
    content = json.dumps(asdict(look)).encode()
    keep(workspace.settings.health / _look_key(workspace, record), content)


def queue_look(workspace: Workspace, dataset_id: str) -> JobView:
    """The same as a job; a second call returns the job under way."""
    record = find_dataset(workspace, dataset_id)
    with workspace.database.read() as session:
        active = job_views(
            session, dataset_id=record.id, states=(JobState.QUEUED, JobState.RUNNING)
        )
    under_way = [job for job in active if job.kind == "health"]
    if under_way:
        return under_way[0]
    job = Queue(workspace.database).enqueue(
        "health", f"Look at the contents of {record.name}", {}, dataset_id=record.id
    )
    return job_view(workspace, job.id)


def find_finding(workspace: Workspace, dataset_id: str, name: str) -> Finding:
    """By name; InvalidInput where there is none any more."""
    for finding in health(workspace, dataset_id).findings:
        if finding.name == name:
            return finding
    raise InvalidInput("This finding is not there any more. Open Data health to see what is.")


def cards(workspace: Workspace, dataset_id: str, rows: Sequence[int]) -> tuple[ItemCard, ...]:
    """Items of a finding, ready to be drawn."""
    return catalogue_cards(open_dataset(workspace, find_dataset(workspace, dataset_id)), rows)


def items_csv(workspace: Workspace, dataset_id: str, name: str) -> bytes:
    """The items of a finding with their identifiers, to correct them in the source; those that
    belong together carry the same number."""
    finding = find_finding(workspace, dataset_id, name)
    items = open_dataset(workspace, find_dataset(workspace, dataset_id)).items
    group_of = {row: number for number, g in enumerate(finding.groups, start=1) for row in g}
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["item_id", "title", "group"])
    for row in finding.items:
        title = str(items[Col.TITLE].iat[row])
        inert = "'" + title if title.startswith(("=", "+", "-", "@", "\t", "\r")) else title
        writer.writerow([items[Col.ITEM_ID].iat[row], inert, group_of.get(row, "")])
    return out.getvalue().encode("utf-8-sig")


Tables = tuple[tuple[Area, ...], Activity, dict[Modality, dict[str, float]]]


@lru_cache(maxsize=16)
def _tables(workspace: Workspace, dataset_id: str, split_key: str) -> Tables:
    """Data sets never change; the split may, with the newest run."""
    dataset = open_dataset(workspace, find_dataset(workspace, dataset_id))
    activity = measure_activity(dataset.interactions, dataset.n_users, dataset.n_items)
    there = {m: dataset.present(m) for m in Modality}
    present = {m: mask for m, mask in there.items() if mask.any()}
    split = split_rows(dataset, split_key)
    areas = examine_tables(dataset, activity, present, split, datetime.now(UTC))
    return areas, activity, coverage_by_popularity(present, dataset.popularity)


def _look_key(workspace: Workspace, record: DatasetRecord) -> str:
    """What the result depends on, as a folder's name."""
    features = [(f.modality, f.fingerprint) for f in latest(workspace, record)]
    split = tested_split(workspace, record)
    facts = json.dumps([_VERSION, record.fingerprint, features, split])
    return hashlib.sha256(facts.encode()).hexdigest()[:32]


def _stored_look(workspace: Workspace, record: DatasetRecord) -> CloserLook | None:
    content = kept(workspace.settings.health / _look_key(workspace, record))
    return _look(content) if content is not None else None


@lru_cache(maxsize=16)
def _look(content: bytes) -> CloserLook:
    stored = json.loads(content)
    return CloserLook(
        tuple(_area(area) for area in stored["areas"]),
        {
            m: Nearest(tuple(n["edges"]), tuple(n["counts"]), float(n["threshold"]))
            for m, n in stored["nearest"].items()
        },
    )


def _area(stored: Any) -> Area:
    findings = tuple(_finding(finding) for finding in stored["findings"])
    return Area(stored["title"], stored["looked_for"], findings, stored["open"])


def _finding(stored: Any) -> Finding:
    fix = stored["fix"]
    return Finding(
        name=stored["name"],
        severity=Severity(stored["severity"]),
        sentence=stored["sentence"],
        why=stored["why"],
        advice=stored["advice"],
        fix=Fix(fix["step"], fix["label"], fix["parameters"]) if fix else None,
        items=tuple(stored["items"]),
        groups=tuple(tuple(group) for group in stored["groups"]),
    )
