from typing import NoReturn

import pytest

from backend.errors import Cancelled, InvalidInput
from backend.jobs.child import Reporter
from backend.jobs.handlers import handler, load_handler
from backend.jobs.queue import Queue
from db.errors import DatabaseUnavailable
from db.records import JobRecord


class Abandoned(BaseException):
    pass


def abandon() -> NoReturn:
    raise Abandoned


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def claimed(queue: Queue) -> JobRecord:
    queue.enqueue("k", "job", {})
    job = queue.claim("w", ["cpu"])
    assert job is not None
    return job


def test_reports_are_written_at_most_twice_a_second(queue: Queue) -> None:
    job, clock = claimed(queue), Clock()
    report = Reporter(queue, job, abandon, clock)
    seen = []
    for moment, what, fraction in (
        (100.0, "Reading", 0.1),
        (100.05, "Training", 0.2),
        (100.15, "Training", 0.3),
        (100.6, "Training", 0.4),
        (100.7, "Training", 0.5),
    ):
        clock.now = moment
        report(what, fraction)
        now = queue.get(job.id)
        seen.append((now.what, now.progress))
    assert seen == [
        ("Reading", 0.1),
        ("Reading", 0.1),
        ("Training", 0.3),
        ("Training", 0.3),
        ("Training", 0.5),
    ]


def test_a_report_raises_once_the_job_is_to_stop(queue: Queue) -> None:
    job = claimed(queue)
    report = Reporter(queue, job, abandon)
    report("Working", 0.1)
    queue.request_cancel(job.id)
    with pytest.raises(Cancelled):
        Reporter(queue, job, abandon)("Working", 0.2)


def test_a_report_without_lease_ends_the_process(queue: Queue) -> None:
    job = claimed(queue)
    queue.give_back(job)
    with pytest.raises(Abandoned):
        Reporter(queue, job, abandon)("Working", 0.1)


def test_work_goes_on_while_the_database_is_out_of_reach(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, clock = claimed(queue), Clock()
    report = Reporter(queue, job, abandon, clock)

    def unavailable(*_: object) -> NoReturn:
        raise DatabaseUnavailable("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "progress", unavailable)
        report("Working", 0.1)
    clock.now += 1
    report("Working", 0.2)
    assert queue.get(job.id).progress == 0.2


def test_an_unknown_kind_is_a_sentence() -> None:
    with pytest.raises(InvalidInput, match="cannot do jobs of kind 'nonsense'"):
        load_handler("backend.jobs.handlers", "nonsense")


def test_a_kind_has_one_handler() -> None:
    handler("test_a_kind_has_one_handler")(lambda context: None)
    with pytest.raises(ValueError, match="a handler already"):
        handler("test_a_kind_has_one_handler")(lambda context: None)
