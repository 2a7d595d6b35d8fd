"""Recommending people: nobody is recommended to themself."""

from dataclasses import replace

from backend.data.synthetic.generate import scenario_config
from backend.workflows.importing import generate_demo
from backend.workflows.loading import load_run, open_dataset
from backend.workflows.recommendation import rank_for
from backend.workflows.training import Plan
from backend.workflows.workspace import Workspace
from tests.backend.workflows.conftest import train_now


def test_a_list_holds_everybody_but_oneself_and_whom_one_follows(empty: Workspace) -> None:
    options = {"items": 30, "users": 20, "interactions_per_user": 8, "pictures": False}
    record = generate_demo(empty, scenario_config("social", options), "network")
    (run,) = train_now(empty, Plan(record.id, ("popularity",)))
    loaded = load_run(empty, run.id)
    ids = loaded.dataset.items["item_id"].to_numpy(dtype=str)
    for user, user_id in enumerate(loaded.dataset.user_ids):
        found = set(ids[rank_for(empty, loaded, user, 30).items])
        followed = ids[loaded.split.train.items[loaded.split.train.users == user]]
        assert user_id in ids
        assert found == set(ids) - set(followed) - {user_id}


def test_an_item_of_another_kind_with_the_same_identifier_is_no_profile(empty: Workspace) -> None:
    options = {"items": 30, "users": 20, "interactions_per_user": 8, "pictures": False}
    record = generate_demo(empty, scenario_config("social", options), "network")
    dataset = open_dataset(empty, record)
    assert len(dataset.own_profile(0)) == 1
    films = replace(dataset, items=dataset.items.assign(category="film"))
    assert len(films.own_profile(0)) == 0
