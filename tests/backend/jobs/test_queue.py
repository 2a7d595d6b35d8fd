import multiprocessing
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.jobs.queue import LostLease, Queue
from db.records import DatasetRecord, JobRecord, JobState, RunRecord
from db.repositories import Datasets, Jobs, Runs
from db.session import Database, open_database


def held(job: JobRecord | None) -> JobRecord:
    assert job is not None
    return job


def expire(database: Database) -> None:
    with database.write() as session:
        session.execute(text("UPDATE jobs SET lease_until = lease_until - 1000"))


def test_jobs_are_claimed_by_priority_then_by_age(queue: Queue) -> None:
    for title, priority in (("a", 0), ("b", 0), ("urgent", 5)):
        queue.enqueue("k", title, {}, priority=priority)
    claimed = []
    while (job := queue.claim("w", ["cpu"])) is not None:
        claimed.append(job.title)
        queue.finish(job)
    assert claimed == ["urgent", "a", "b"]


def test_one_job_per_device(queue: Queue) -> None:
    first = queue.enqueue("k", "first", {})
    queue.enqueue("k", "second", {})
    on_gpu = queue.enqueue("k", "gpu", {}, device="cuda:0")
    assert held(queue.claim("w1", ["cpu"])).id == first.id
    assert queue.claim("w2", ["cpu"]) is None
    assert held(queue.claim("w2", ["cpu", "cuda:0"])).id == on_gpu.id
    assert queue.claim("w2", []) is None


def test_a_claimed_job_says_that_it_starts(queue: Queue) -> None:
    queue.enqueue("k", "first", {"epochs": 3})
    job = held(queue.claim("w", ["cpu"]))
    assert (job.state, job.what, job.owner, job.attempt) == (JobState.RUNNING, "Starting", "w", 1)
    assert job.payload == {"epochs": 3}
    assert job.started_at is not None
    assert job.lease_until is not None
    assert 19 < (job.lease_until - job.started_at).total_seconds() < 21


def _claim_all(path: Path, owner: str, found: "multiprocessing.Queue[list[str]]") -> None:
    queue = Queue(open_database(path))
    mine: list[str] = []
    idle = 0
    while idle < 20:
        # Every job has a device of its own, so all processes compete for all jobs at once.
        job = queue.claim(owner, [f"d{n}" for n in range(60)])
        if job is None:
            idle += 1
            continue
        mine.append(job.id)
    found.put(mine)


def test_no_job_is_claimed_twice_by_four_processes(database: Database, queue: Queue) -> None:
    jobs = [queue.enqueue("k", str(n), {}, device=f"d{n}") for n in range(60)]
    spawn = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue[list[str]] = spawn.Queue()
    claimers = [
        spawn.Process(target=_claim_all, args=(database.path, f"w{n}", found)) for n in range(4)
    ]
    for claimer in claimers:
        claimer.start()
    claimed = [job_id for _ in claimers for job_id in found.get(timeout=60)]
    for claimer in claimers:
        claimer.join()
    assert sorted(claimed) == sorted(job.id for job in jobs)


def test_whoever_lost_the_lease_changes_nothing(database: Database, queue: Queue) -> None:
    queue.enqueue("k", "job", {})
    stale = held(queue.claim("old", ["cpu"]))
    expire(database)
    queue.requeue_expired()
    fresh = held(queue.claim("new", ["cpu"]))
    for write in (
        queue.heartbeat,
        lambda job: queue.progress(job, "Overwritten", 0.5),
        queue.finish,
        lambda job: queue.fail(job, "Overwritten."),
        queue.cancelled,
        queue.give_back,
        lambda job: queue.interrupt(job, "Overwritten."),
    ):
        with pytest.raises(LostLease):
            write(stale)
    assert queue.get(fresh.id) == fresh


def test_the_same_owner_in_a_later_attempt_is_somebody_else(
    database: Database, queue: Queue
) -> None:
    queue.enqueue("k", "job", {})
    stale = held(queue.claim("w", ["cpu"]))
    expire(database)
    queue.requeue_expired()
    fresh = held(queue.claim("w", ["cpu"]))
    with pytest.raises(LostLease):
        queue.finish(stale)
    assert queue.finish(fresh).state is JobState.DONE


def test_a_lease_that_is_renewed_does_not_expire(database: Database, queue: Queue) -> None:
    queue.enqueue("k", "job", {})
    job = held(queue.claim("w", ["cpu"]))
    expire(database)
    queue.heartbeat(job)
    assert queue.requeue_expired() == ()


def test_an_expired_job_is_queued_again_until_attempts_are_used_up(
    database: Database, queue: Queue
) -> None:
    job = queue.enqueue("k", "job", {}, max_attempts=2)
    queue.claim("w", ["cpu"])
    expire(database)
    (again,) = queue.requeue_expired()
    assert (again.state, again.attempt, again.error) == (JobState.QUEUED, 1, None)
    queue.claim("w", ["cpu"])
    expire(database)
    (failed,) = queue.requeue_expired()
    assert failed.id == job.id
    assert (failed.state, failed.attempt) == (JobState.FAILED, 2)
    assert failed.error is not None
    assert "start it again" in failed.error
    assert failed.finished_at is not None
    assert queue.claim("w", ["cpu"]) is None


def test_an_expired_job_that_was_to_be_cancelled_is_not_started_again(
    database: Database, queue: Queue
) -> None:
    job = queue.enqueue("k", "job", {})
    queue.claim("w", ["cpu"])
    assert queue.request_cancel(job.id).state is JobState.RUNNING
    expire(database)
    (ended,) = queue.requeue_expired()
    assert (ended.state, ended.error) == (JobState.CANCELLED, None)


def test_cancel_ends_a_queued_job_at_once(queue: Queue) -> None:
    job = queue.enqueue("k", "job", {})
    ended = queue.request_cancel(job.id)
    assert ended.state is JobState.CANCELLED
    assert ended.finished_at is not None
    assert queue.claim("w", ["cpu"]) is None


def test_cancel_reaches_a_running_job_with_its_next_report(queue: Queue) -> None:
    job = queue.enqueue("k", "job", {})
    running = held(queue.claim("w", ["cpu"]))
    assert not queue.progress(running, "Working", 0.25).cancel_requested
    queue.request_cancel(job.id)
    told = queue.progress(running, "Working", 0.5)
    assert (told.cancel_requested, told.progress, told.what) == (True, 0.5, "Working")
    assert queue.cancelled(running).state is JobState.CANCELLED


def test_cancel_leaves_an_ended_job_alone(queue: Queue) -> None:
    job = queue.enqueue("k", "job", {})
    done = queue.finish(held(queue.claim("w", ["cpu"])))
    assert queue.request_cancel(job.id) == done


def test_a_job_given_back_keeps_its_place_and_its_attempts(queue: Queue) -> None:
    first = queue.enqueue("k", "first", {})
    queue.enqueue("k", "second", {})
    returned = queue.give_back(held(queue.claim("w1", ["cpu"])))
    assert (returned.state, returned.attempt) == (JobState.QUEUED, 0)
    again = held(queue.claim("w2", ["cpu"]))
    assert (again.id, again.attempt) == (first.id, 1)


def test_another_owner_in_the_same_attempt_is_somebody_else(queue: Queue) -> None:
    queue.enqueue("k", "job", {})
    stale = held(queue.claim("w1", ["cpu"]))
    queue.give_back(stale)
    fresh = held(queue.claim("w2", ["cpu"]))
    assert fresh.attempt == stale.attempt
    with pytest.raises(LostLease):
        queue.finish(stale)


def test_progress_stays_between_nothing_and_all(queue: Queue) -> None:
    queue.enqueue("k", "job", {})
    job = held(queue.claim("w", ["cpu"]))
    assert queue.progress(job, "x", 1.7).progress == 1.0
    assert queue.progress(job, "x", -0.1).progress == 0.0


def test_a_run_is_not_started_before_the_end_of_its_last_job_is_settled(
    database: Database, queue: Queue
) -> None:
    with database.write() as session:
        shop = Datasets(session).add(
            DatasetRecord(
                name="s", fingerprint="f", source="demo", users=1, items=1, interactions=1
            )
        )
        run = Runs(session).add(
            RunRecord(name="r", dataset_id=shop.id, dataset_fingerprint="f", model="m")
        )
    queue.enqueue("k", "first", {}, run_id=run.id)
    queue.fail(held(queue.claim("w", ["cpu"])), "No.")
    queue.enqueue("k", "again", {}, run_id=run.id)
    assert queue.claim("w", ["cpu"]) is None
    (unsettled,) = queue.unsettled()
    queue.settle(unsettled)
    assert held(queue.claim("w", ["cpu"])).title == "again"
    assert queue.unsettled() == ()


def test_a_job_whose_data_set_is_deleted_is_lost(database: Database, queue: Queue) -> None:
    with database.write() as session:
        shop = Datasets(session).add(
            DatasetRecord(
                name="s", fingerprint="f", source="demo", users=1, items=1, interactions=1
            )
        )
        Jobs(session).add("k", "job", {}, dataset_id=shop.id)
    job = held(queue.claim("w", ["cpu"]))
    with database.write() as session:
        Datasets(session).delete(shop.id)
    with pytest.raises(LostLease):
        queue.heartbeat(job)
