import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from db.errors import DuplicateRecord, RecordNotFound
from db.records import (
    AddedItemRecord,
    AlignmentRecord,
    ArtefactRecord,
    DatasetRecord,
    EpochRecord,
    ExperimentRecord,
    FeatureRecord,
    JobState,
    MetricRecord,
    RunRecord,
    RunState,
    TrialRecord,
    TrialState,
    TuningRecord,
)
from db.repositories import (
    AddedItems,
    Alignments,
    Datasets,
    Experiments,
    Features,
    Jobs,
    Runs,
    Tunings,
)
from db.session import Database


def dataset(name: str = "shop", **fields: object) -> DatasetRecord:
    known: dict[str, object] = {
        "fingerprint": "f" * 8,
        "source": "demo",
        "users": 3,
        "items": 4,
        "interactions": 5,
    }
    return DatasetRecord(name=name, **{**known, **fields})  # type: ignore[arg-type]


def run(dataset_id: str, **fields: object) -> RunRecord:
    known: dict[str, object] = {
        "name": "a run",
        "dataset_id": dataset_id,
        "dataset_fingerprint": "f" * 8,
        "model": "fused",
    }
    return RunRecord(**{**known, **fields})  # type: ignore[arg-type]


@pytest.fixture
def shop(database: Database) -> DatasetRecord:
    with database.write() as session:
        return Datasets(session).add(dataset())


def test_a_data_set_comes_back_as_it_was_stored(database: Database) -> None:
    stored = dataset(scenario="shop", has_truth=True, config={"seed": 1, "deep": {"a": [1.5]}})
    with database.write() as session:
        Datasets(session).add(stored)
    with database.read() as session:
        assert Datasets(session).get("shop") == stored
        assert Datasets(session).get(stored.id) == stored
        assert Datasets(session).find("nothing") is None
        assert Datasets(session).list() == (stored,)


def test_an_identifier_wins_over_a_name(database: Database, shop: DatasetRecord) -> None:
    with database.write() as session:
        Datasets(session).add(dataset(shop.id))
    with database.read() as session:
        assert Datasets(session).get(shop.id).name == "shop"


def test_a_name_is_taken_once(database: Database, shop: DatasetRecord) -> None:
    with database.write() as session, pytest.raises(DuplicateRecord, match="Choose another name"):
        Datasets(session).add(dataset("shop"))


def test_what_is_missing_is_named_with_what_there_is(
    database: Database, shop: DatasetRecord
) -> None:
    with database.write() as session:
        with pytest.raises(RecordNotFound, match=r"'shpo'. Known: shop"):
            Datasets(session).get("shpo")
        for missing in (
            lambda: Datasets(session).delete("none"),
            lambda: Runs(session).get("none"),
            lambda: Runs(session).get(""),
            lambda: Runs(session).many(["none"]),
            lambda: Runs(session).update("none", seed=1),
            lambda: Runs(session).delete("none"),
            lambda: Jobs(session).get("none"),
            lambda: Jobs(session).position("none"),
            lambda: Jobs(session).link("none", run_id="r"),
        ):
            with pytest.raises(RecordNotFound):
                missing()


def test_a_run_is_found_by_the_beginning_of_its_identifier(
    database: Database, shop: DatasetRecord
) -> None:
    with database.write() as session:
        for run_id in ("abc10000", "abc20000", "d%_00000"):
            Runs(session).add(run(shop.id, id=run_id))
    with database.read() as session:
        assert Runs(session).get("abc2").id == "abc20000"
        assert Runs(session).get("d%").id == "d%_00000"
        with pytest.raises(RecordNotFound, match="Several runs start with 'abc'"):
            Runs(session).get("abc")
        # A wildcard is a character like any other.
        with pytest.raises(RecordNotFound, match="There is no run"):
            Runs(session).get("%")


def test_a_run_comes_back_as_it_was_stored_and_changed(
    database: Database, shop: DatasetRecord
) -> None:
    stored = run(shop.id, fusion="gated", encoders={"image": "cnn"}, parameters=3 * 10**9)
    began = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=2)))
    with database.write() as session:
        runs = Runs(session)
        assert runs.add(stored) == stored == runs.get(stored.id)
        runs.update(stored.id, state=RunState.RUNNING, started_at=began, best_epoch=3)
        changed = runs.get(stored.id)
    assert (changed.state, changed.best_epoch) == (RunState.RUNNING, 3)
    assert changed.started_at == began
    assert changed.started_at is not None
    assert changed.started_at.tzinfo is UTC


@pytest.mark.parametrize("field", ["sead", "id", "metrics"])
def test_only_known_fields_of_a_run_change(
    database: Database, shop: DatasetRecord, field: str
) -> None:
    with database.write() as session:
        stored = Runs(session).add(run(shop.id))
        with pytest.raises(ValueError, match=field):
            Runs(session).update(stored.id, **{field: "x"})


def test_a_time_without_zone_is_refused(database: Database, shop: DatasetRecord) -> None:
    with database.write() as session:
        stored = Runs(session).add(run(shop.id))
        with pytest.raises(Exception, match="no time zone"):
            Runs(session).update(stored.id, started_at=datetime(2026, 1, 1))


def test_final_figures_are_replaced_and_shown_with_the_run(
    database: Database, shop: DatasetRecord
) -> None:
    with database.write() as session:
        runs = Runs(session)
        stored = runs.add(run(shop.id))
        runs.put_metrics([])
        runs.put_metrics([MetricRecord(stored.id, "test", "ndcg@20", 0.1)])
        better = MetricRecord(stored.id, "test", "ndcg@20", 0.2, 0.15, 0.25)
        undefined = MetricRecord(stored.id, "validation", "auc", math.nan)
        runs.put_metrics([better, undefined])
        found = runs.get(stored.id)
        first, second = runs.metrics(stored.id)
    assert found.metrics == {"ndcg@20": 0.2}
    assert list(found.validation) == ["auc"]
    assert math.isnan(found.validation["auc"])
    assert first == better
    assert math.isnan(second.value)


def test_a_learning_curve_is_overwritten_and_cut(database: Database, shop: DatasetRecord) -> None:
    with database.write() as session:
        runs = Runs(session)
        one, two = runs.add(run(shop.id, id="1")), runs.add(run(shop.id, id="2"))
        for epoch in (3, 1, 2):
            runs.add_epoch(EpochRecord(one.id, epoch, 1.0, {"ndcg@20": 0.1}, 0.5))
        runs.add_epoch(EpochRecord(one.id, 2, 0.5, {}, 0.5))
        runs.add_epoch(EpochRecord(two.id, 1, 0.25, {}, 0.5))
        assert [(e.epoch, e.loss) for e in runs.epochs(one.id)] == [(1, 1.0), (2, 0.5), (3, 1.0)]
        runs.truncate_epochs(one.id, 1)
        both = runs.epochs([two.id, one.id])
        assert [(e.run_id, e.epoch) for e in both] == [("1", 1), ("2", 1)]


def test_files_of_a_run(database: Database, shop: DatasetRecord) -> None:
    with database.write() as session:
        runs = Runs(session)
        stored = runs.add(run(shop.id))
        assert not runs.artefacts(stored.id)
        runs.put_artefact(ArtefactRecord(stored.id, "model", "runs/x/old", "0" * 64, 1))
        model = ArtefactRecord(stored.id, "model", "runs/x/new", "1" * 64, 2**40)
        runs.put_artefact(model)
        assert runs.artefacts(stored.id) == {"model": model}


def test_a_thousand_runs_take_two_queries(database: Database, shop: DatasetRecord) -> None:
    statements: list[str] = []
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    with database.write() as session:
        runs = Runs(session)
        for n in range(1000):
            runs.add(run(shop.id, id=f"{n:08}", created_at=moment + timedelta(seconds=n)))
        runs.put_metrics([MetricRecord(f"{n:08}", "test", "auc", n / 1000) for n in range(1000)])
    with database.read() as session:
        bind = session.connection()
        event.listen(bind, "before_cursor_execute", lambda *a: statements.append(a[2]))
        everything = Runs(session).list()
        assert len(statements) == 2
        few = Runs(session).list(dataset_id=shop.id, state=RunState.QUEUED, limit=2)
        assert Runs(session).list(dataset_id="other") == ()
        assert Runs(session).list(state=RunState.DONE) == ()
        chosen = Runs(session).many(["00000007", "00000900"])
    assert [r.metrics["auc"] for r in everything] == [n / 1000 for n in reversed(range(1000))]
    assert [r.id for r in few] == ["00000999", "00000998"]
    assert [r.metrics["auc"] for r in chosen] == [0.007, 0.9]


def test_features_are_replaced_per_encoder(database: Database, shop: DatasetRecord) -> None:
    old = FeatureRecord(
        dataset_id=shop.id,
        modality="image",
        encoder="cnn",
        fingerprint="a",
        dim=8,
        encoded=4,
        cached=0,
        missing=0,
        per_second=10.0,
    )
    new = FeatureRecord(**{**vars(old), "fingerprint": "b", "encoded": 0, "cached": 4})
    other = FeatureRecord(**{**vars(old), "encoder": "vit"})
    with database.write() as session:
        for record in (old, new, other):
            Features(session).put(record)
        assert Features(session).list(shop.id) == (new, other)


def test_the_newest_aligned_space_comes_first_and_a_second_one_replaces_its_like(
    database: Database, shop: DatasetRecord
) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    first = AlignmentRecord(
        dataset_id=shop.id,
        key="a" * 64,
        method="heads",
        encoders={"image": "efficientnet", "text": "minilm"},
        settings={"dim": 8},
        seed=2**40,
        pairs=100,
        held_out=20,
        duplicates=3,
        before={},
        after={"text_to_image": {"recall@10": 0.5}, "image_to_text": {"recall@10": 0.25}},
        chance=0.1,
        epochs=7,
        seconds=1.5,
        path="aligned/a",
        sha256="1" * 64,
        bytes=2**40,
        created_at=moment,
    )
    second = AlignmentRecord(
        **{**vars(first), "key": "b" * 64, "created_at": moment + timedelta(seconds=1)}
    )
    again = AlignmentRecord(**{**vars(first), "created_at": moment + timedelta(seconds=2)})
    with database.write() as session:
        spaces = Alignments(session)
        assert spaces.list(shop.id) == ()
        spaces.put(first)
        spaces.put(second)
        assert spaces.list(shop.id) == (second, first)
        spaces.put(again)
        assert spaces.list(shop.id) == (again, second)
        Datasets(session).delete(shop.id)
        assert spaces.list(shop.id) == ()


def test_added_items_keep_their_order(database: Database, shop: DatasetRecord) -> None:
    first = AddedItemRecord(
        dataset_id=shop.id, item_id="b", title="B", price=None, audio="a" * 64, video="b" * 64
    )
    second = AddedItemRecord(dataset_id=shop.id, item_id="a", title="A", price=1.5)
    with database.write() as session:
        items = AddedItems(session)
        items.add(first)
        items.add(second)
        assert items.list(shop.id) == (first, second)
        with pytest.raises(DuplicateRecord, match="was added before"):
            items.add(AddedItemRecord(dataset_id=shop.id, item_id="a", title="again"))


def test_deleting_a_data_set_takes_all_that_hangs_on_it(
    database: Database, shop: DatasetRecord
) -> None:
    with database.write() as session:
        kept = Datasets(session).add(dataset("kept"))
        for owner in (shop, kept):
            one = Runs(session).add(run(owner.id))
            Runs(session).add_epoch(EpochRecord(one.id, 1, 1.0, {}, 1.0))
            Jobs(session).add("train", "Train", {}, dataset_id=owner.id, run_id=one.id)
            Jobs(session).add("train", "Train again", {}, run_id=one.id)
        Datasets(session).delete(shop.id)
        assert [d.name for d in Datasets(session).list()] == ["kept"]
        assert [r.dataset_id for r in Runs(session).list()] == [kept.id]
        assert len(Jobs(session).list()) == 2


def test_jobs_are_listed_newest_first_and_know_their_place(
    database: Database, shop: DatasetRecord
) -> None:
    with database.write() as session:
        jobs = Jobs(session)
        first = jobs.add("train", "first", {"epochs": 3}, dataset_id=shop.id)
        second = jobs.add("train", "second", {})
        urgent = jobs.add("train", "urgent", {}, priority=1)
        elsewhere = jobs.add("train", "elsewhere", {}, device="cuda:0")
        assert jobs.list() == (elsewhere, urgent, second, first)
        assert jobs.list(states=[JobState.QUEUED], limit=1) == (elsewhere,)
        assert jobs.list(states=[JobState.DONE]) == ()
        assert jobs.list(dataset_id=shop.id) == (first,)
        places = {job.title: jobs.position(job.id) for job in jobs.list()}
    assert places == {"urgent": 0, "first": 1, "second": 2, "elsewhere": 0}
    assert first.log_path == f"logs/{first.id}.log"
    assert first.payload == {"epochs": 3}


def test_a_job_is_tied_to_what_it_made(database: Database, shop: DatasetRecord) -> None:
    with database.write() as session:
        job = Jobs(session).add("import", "Import", {})
        Jobs(session).link(job.id, dataset_id=shop.id)
        Jobs(session).link(job.id)
        assert Jobs(session).get(job.id[:6]).dataset_id == shop.id


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.text()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.text(), text=st.text(), config=st.dictionaries(st.text(), json_values, max_size=3))
def test_any_text_comes_back_unchanged(
    database: Database, name: str, text: str, config: dict[str, object]
) -> None:
    stored = dataset(name, scenario=text, config=config)
    with database.write() as session:
        Datasets(session).add(stored)
        item = AddedItemRecord(dataset_id=stored.id, item_id=name, title=text, text=text)
        AddedItems(session).add(item)
    with database.write() as session:
        assert Datasets(session).get(name or stored.id) == stored
        assert AddedItems(session).list(stored.id) == (item,)
        Datasets(session).delete(stored.id)


def test_experiments_keep_plan_cells_and_verdict(database: Database) -> None:
    shop, moment = dataset(), datetime(2026, 11, 24, tzinfo=UTC)
    record = ExperimentRecord(
        name="Is it worth it?", dataset_id=shop.id, plan={"seeds": [0, 1]}, cells={}
    )
    with database.write() as session:
        Datasets(session).add(shop)
        Experiments(session).add(record)
        Experiments(session).update(record.id, cells={"late": {"runs": ["a"]}}, opened_at=moment)
    with database.read() as session:
        found = Experiments(session).get(record.id[:4])
        assert Experiments(session).list(shop.id) == (found,)
        assert Experiments(session).list("elsewher") == ()
        assert Experiments(session).names(shop.id) == ("Is it worth it?",)
    assert found == replace(record, cells={"late": {"runs": ["a"]}}, opened_at=moment)
    with database.write() as session, pytest.raises(ValueError, match="name"):
        Experiments(session).update(record.id, name="other")
    with database.write() as session, pytest.raises(RecordNotFound):
        Experiments(session).update("missing", verdict={})


def test_searches_keep_their_trials(database: Database) -> None:
    shop = dataset()
    record = TuningRecord(name="Search 1", dataset_id=shop.id, plan={"trials": 2})
    begun = TrialRecord(tuning_id=record.id, strategy="ease", number=0, settings={"l2": 0.5})
    ended = replace(begun, state=TrialState.DONE, curve={"1": 0.25}, value=0.25, seconds=1.5)
    later = replace(begun, number=1, state=TrialState.FAILED, error="No memory.")
    with database.write() as session:
        Datasets(session).add(shop)
        Tunings(session).add(record)
        Tunings(session).keep(replace(record, name="other"))
        Tunings(session).put_trial(later)
        Tunings(session).put_trial(begun)
        Tunings(session).put_trial(ended)
    with database.read() as session:
        assert Tunings(session).get(record.id[:4]) == record
        assert Tunings(session).list(shop.id) == (record,)
        assert Tunings(session).list("elsewher") == ()
        assert Tunings(session).names(shop.id) == ("Search 1",)
        first, second = Tunings(session).trials(record.id)
    assert first == ended
    assert math.isnan(second.value)
    assert second.error == "No memory."
    with database.write() as session:
        Datasets(session).delete(shop.id)
    with database.read() as session, pytest.raises(RecordNotFound):
        Tunings(session).get(record.id)
