import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.jobs.queue import Queue
from backend.jobs.status import worker_status
from backend.settings import Settings
from db.records import JobRecord, JobState
from db.repositories import Workers
from db.session import Database

HERE = Path(__file__).parent
PATIENCE = 40.0

WORKER = """
import logging, sys
from pathlib import Path
from backend.jobs.worker import Worker
from backend.settings import Settings
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
Worker(
    Settings(home=Path(sys.argv[1])), "job_kinds", poll=0.05, lease=float(sys.argv[2]), grace=0.6
).run_forever()
"""


WorkerProcess = subprocess.Popen[bytes]
Start = Callable[[], WorkerProcess]


@pytest.fixture
def start_worker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start real workers with leases of 2 s; whatever still lives at the end is killed."""
    root = HERE.parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(HERE)]))
    started: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        command = [sys.executable, "-c", WORKER, str(settings.home), "2"]
        started.append(subprocess.Popen(command, cwd=root))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


def wait_until(true: Callable[[], object], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > until:
            raise AssertionError(f"Waited in vain until {what}.")
        time.sleep(0.05)


def wait_for_end(queue: Queue, job: JobRecord) -> JobRecord:
    wait_until(lambda: queue.get(job.id).state.ended, f"{job.title} ended: {queue.get(job.id)}")
    return queue.get(job.id)


def wait_for_state(queue: Queue, job: JobRecord, state: JobState) -> JobRecord:
    wait_until(lambda: queue.get(job.id).state is state, f"{job.title} was {state}")
    return queue.get(job.id)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed process whose parent has yet to notice is dead all the same.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def noted(settings: Settings, job: JobRecord) -> list[str]:
    """What `job_kinds.note` wrote."""
    path = settings.home / f"{job.id}.txt"
    return path.read_text().splitlines() if path.exists() else []


def steps(settings: Settings, job: JobRecord) -> list[tuple[int, int]]:
    """(number, process) of each step of a `count` job."""
    lines = [line.split() for line in noted(settings, job)]
    return [(int(words[1]), int(words[2])) for words in lines if words[0] == "step"]


def test_a_job_runs_to_its_end_with_visible_progress(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("count", "Count", {"steps": 40})
    start_worker()
    wait_until(lambda: queue.get(job.id).progress > 0, "progress was visible")
    seen = queue.get(job.id)
    assert (seen.state, seen.what[:5]) == (JobState.RUNNING, "Step ")
    ended = wait_for_end(queue, job)
    assert (ended.state, ended.progress, ended.error) == (JobState.DONE, 1.0, None)
    assert [number for number, _ in steps(settings, job)] == list(range(40))
    assert not [line for line in noted(settings, job) if line.startswith("hook")]


def test_a_running_job_that_is_cancelled_stops_by_itself(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("count", "Count", {"steps": 10_000})
    start_worker()
    wait_until(lambda: steps(settings, job), "it counted")
    queue.request_cancel(job.id)
    assert wait_for_end(queue, job).state is JobState.CANCELLED
    wait_until(lambda: not queue.unsettled(), "it was settled")
    assert noted(settings, job)[-2:] == ["checkpoint", "hook cancelled"]


def test_a_job_that_does_not_listen_is_killed_with_its_children(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("deaf", "Sleep", {})
    start_worker()
    wait_until(lambda: noted(settings, job), "it started")
    pids = [int(pid) for pid in noted(settings, job)[0].split()[1:]]
    assert all(alive(pid) for pid in pids)
    queue.request_cancel(job.id)
    assert wait_for_end(queue, job).state is JobState.CANCELLED
    wait_until(lambda: not any(alive(pid) for pid in pids), "all its processes were gone")
    wait_until(lambda: not queue.unsettled(), "it was settled")
    asked, *again, hook = noted(settings, job)[1:]
    assert (asked, set(again) - {asked}, hook) == ("asked by SIGTERM", set(), "hook cancelled")


def test_what_a_job_leaves_behind_is_removed(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("untidy", "Leave a process", {})
    start_worker()
    assert wait_for_end(queue, job).state is JobState.DONE
    (line,) = noted(settings, job)
    wait_until(lambda: not alive(int(line.split()[1])), "the process was gone")


def test_a_queued_job_that_is_cancelled_is_settled_too(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("count", "Count", {"steps": 1})
    queue.request_cancel(job.id)
    start_worker()
    wait_until(lambda: not queue.unsettled(), "it was settled")
    assert noted(settings, job) == ["hook cancelled"]


def test_a_job_whose_process_is_killed_is_tried_again(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("die", "Die twice", {"times": 2})
    start_worker()
    ended = wait_for_end(queue, job)
    assert (ended.state, ended.attempt) == (JobState.DONE, 3)
    assert noted(settings, job) == ["attempt 1", "attempt 2", "attempt 3"]


def test_a_job_whose_process_is_always_killed_fails_and_the_worker_goes_on(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("die", "Die", {"times": 9}, max_attempts=2)
    following = queue.enqueue("count", "Count", {"steps": 1})
    start_worker()
    ended = wait_for_end(queue, job)
    assert (ended.state, ended.attempt) == (JobState.FAILED, 2)
    assert ended.error is not None
    assert "memory ran out" in ended.error
    wait_until(lambda: not queue.unsettled(), "it was settled")
    assert noted(settings, job) == ["attempt 1", "attempt 2", f"hook failed {ended.error}"]
    assert wait_for_end(queue, following).state is JobState.DONE


def test_errors_become_sentences_and_the_log_keeps_the_details(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    wrong, defect, full, unknown = (
        queue.enqueue(kind, kind, {}) for kind in ("wrong", "defect", "full", "unknown")
    )
    start_worker()
    assert wait_for_end(queue, wrong).error == "Give a smaller number."
    assert noted(settings, wrong) == ["hook failed Give a smaller number."]
    error = wait_for_end(queue, defect).error or ""
    reference = re.fullmatch(
        r"Something unexpected happened \(reference ([0-9A-F]{8})\); the log has details.", error
    )
    assert reference
    log = (settings.home / defect.log_path).read_text()
    assert reference[1] in log
    assert "RuntimeError: secret detail" in log
    assert "disk is full" in (wait_for_end(queue, full).error or "")
    assert "Filling the disk" in (settings.home / full.log_path).read_text()
    assert "cannot do jobs of kind 'unknown'" in (wait_for_end(queue, unknown).error or "")
    assert all(queue.get(job.id).attempt == 1 for job in (wrong, defect, full, unknown))


def test_a_killed_worker_takes_its_child_along_and_another_one_goes_on(
    settings: Settings, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("count", "Count", {"steps": 60})
    first = start_worker()
    wait_until(lambda: len(steps(settings, job)) > 5, "it counted")
    child = steps(settings, job)[0][1]
    first.send_signal(signal.SIGKILL)
    first.wait()
    wait_until(lambda: not alive(child), "the child was gone")
    reached = len(steps(settings, job))
    assert reached < 60
    start_worker()
    ended = wait_for_end(queue, job)
    assert (ended.state, ended.attempt) == (JobState.DONE, 2)
    done = steps(settings, job)
    # Every step once, in order: two processes never worked on it at the same time.
    assert [number for number, _ in done] == list(range(60))
    assert {process for _, process in done[:reached]} == {child}
    assert child not in {process for _, process in done[reached:]}


def test_a_worker_told_to_stop_gives_its_job_back(
    settings: Settings, database: Database, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("count", "Count", {"steps": 60}, max_attempts=1)
    first = start_worker()
    wait_until(lambda: len(steps(settings, job)) > 5, "it counted")
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=20) == 0
    returned = queue.get(job.id)
    assert (returned.state, returned.attempt) == (JobState.QUEUED, 0)
    assert not alive(steps(settings, job)[0][1])
    assert not worker_status(database).alive
    start_worker()
    assert wait_for_end(queue, job).state is JobState.DONE
    assert [number for number, _ in steps(settings, job)] == list(range(60))


def test_a_job_taken_over_while_its_worker_slept_is_left_alone(
    settings: Settings, database: Database, queue: Queue, start_worker: Start
) -> None:
    job = queue.enqueue("count", "Count", {"steps": 120})
    sleepy = start_worker()
    wait_until(lambda: len(steps(settings, job)) > 2, "it counted")
    with database.write():
        # Not while it writes itself, or nobody else could.
        sleepy.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
    try:
        start_worker()
        wait_until(lambda: queue.get(job.id).attempt == 2, "the other worker had it")
    finally:
        sleepy.send_signal(signal.SIGCONT)
    assert wait_for_end(queue, job).state is JobState.DONE
    assert queue.get(job.id).attempt == 2
    assert not alive(steps(settings, job)[0][1])
    assert sleepy.poll() is None


def test_pages_can_tell_whether_a_worker_is_there(database: Database, start_worker: Start) -> None:
    nobody = worker_status(database)
    assert (nobody.alive, nobody.devices, nobody.silent_seconds) == (False, (), None)
    start_worker()
    wait_until(lambda: worker_status(database).alive, "the worker was seen")
    assert worker_status(database).devices == ("cpu",)


def test_a_worker_that_fell_silent_is_not_there(database: Database) -> None:
    with database.write() as session:
        Workers(session).beat("w", "host", 1, ["cpu", "cuda:0"])
    assert worker_status(database).devices == ("cpu", "cuda:0")
    with database.write() as session:
        session.execute(text("UPDATE workers SET seen = seen - 3600"))
    silent = worker_status(database)
    assert (silent.alive, silent.devices) == (False, ())
    assert silent.silent_seconds is not None
    assert 3600 <= silent.silent_seconds < 3700
    with database.write() as session:
        Workers(session).forget(3000)
    assert worker_status(database).silent_seconds is None
