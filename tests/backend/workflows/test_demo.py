"""Worlds that can be had with one click."""

from io import BytesIO

import pytest
from PIL import Image

from backend.data.synthetic.generate import scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.jobs.queue import Queue
from backend.workflows import demo
from backend.workflows.importing import generate_demo
from backend.workflows.workspace import Workspace
from db.repositories import Datasets, Jobs, Runs

EVERY = pytest.mark.parametrize("scenario", SCENARIOS.names())


def test_every_scenario_is_offered_and_the_shop_comes_first(empty: Workspace) -> None:
    found = demo.offers(empty)
    assert found[0].scenario == "shop"
    assert sorted(offer.scenario for offer in found) == list(SCENARIOS.names())
    assert all(offer.dataset_id is None and not offer.preparing for offer in found)


def test_one_click_queues_one_job_for_each_world(empty: Workspace) -> None:
    first, again = (demo.start_demo(empty, "news") for _ in range(2))
    other = demo.start_demo(empty)
    assert first.id == again.id != other.id
    assert (first.title, other.title) == ("Prepare the demo news", "Prepare the demo shop")
    preparing = {offer.scenario for offer in demo.offers(empty) if offer.preparing}
    assert preparing == {"news", "shop"}


def test_a_job_of_an_earlier_version_prepares_the_shop(empty: Workspace) -> None:
    Queue(empty.database).enqueue("demo", "Prepare the demo shop", {})
    assert [offer.scenario for offer in demo.offers(empty) if offer.preparing] == ["shop"]


@EVERY
def test_a_preview_shows_four_different_items(scenario: str) -> None:
    picture = Image.open(BytesIO(demo.preview(scenario)))
    assert picture.size == (640, 160)
    tiles = {picture.crop((160 * k, 0, 160 * (k + 1), 160)).tobytes() for k in range(4)}
    assert len(tiles) == 4


def test_a_world_is_made_once_encoded_and_its_models_are_queued(
    empty: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = scenario_config("social", {"items": 24, "users": 20, "interactions_per_user": 8})
    monkeypatch.setattr(demo, "scenario_config", lambda name, options: small)
    record = demo.prepare_demo(empty, "social")
    assert demo.prepare_demo(empty, "social").id == record.id
    assert (record.scenario, record.has_truth, record.explicit) == ("social", True, False)
    with empty.database.read() as session:
        runs = Runs(session).list(dataset_id=record.id)
        jobs = Jobs(session).list(dataset_id=record.id)
    models = [run.model for run in runs]
    assert sorted(models) == ["ease", "fused", "fused", "fused", "lightgcn", "popularity"]
    assert len(jobs) == len(runs)
    assert all(run.split["kind"] == "given" for run in runs)


def test_an_offer_leads_to_the_world_that_is_there(empty: Workspace) -> None:
    config = scenario_config("shop", {"items": 20, "users": 10, "pictures": False})
    record = generate_demo(empty, config, SCENARIOS["shop"].cls.demo)
    assert demo.offers(empty)[0].dataset_id == record.id
    with empty.database.read() as session:
        assert Datasets(session).get(record.id).scenario == "shop"
