from io import BytesIO

import pytest
from PIL import Image

from backend.errors import InvalidInput, NotFound
from backend.workflows.catalogue import GalleryQuery, NewItem, add_item, gallery
from backend.workflows.explanation import explain, explain_run, explain_user
from backend.workflows.loading import load_run
from backend.workflows.recommendation import (
    person,
    recommend,
    recommend_from_content,
    recommend_like,
    users,
)
from backend.workflows.recommendation import (
    runs as run_options,
)
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord


@pytest.fixture(scope="module")
def user(workspace: Workspace, shop: DatasetRecord) -> str:
    return users(workspace, shop.id)[0].user_id


def _picture(colour: str) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (80, 100), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_lists_leave_out_the_history(
    workspace: Workspace, runs: dict[str, RunRecord], user: str
) -> None:
    for run in runs.values():
        known = {card.item_id for card in person(workspace, run.id, user).history}
        found = recommend(workspace, run.id, user, 50)
        assert not known & {item.card.item_id for item in found.items}
        scores = [item.score for item in found.items]
        assert scores == sorted(scores, reverse=True)


def test_attributions_and_baseline_sum_to_the_score(
    workspace: Workspace, runs: dict[str, RunRecord], user: str
) -> None:
    for run in runs.values():
        for item in recommend(workspace, run.id, user, 5).items:
            found = explain(workspace, run.id, user, item.card.item_id)
            total = found.baseline + sum(found.attributions.values())
            assert total == pytest.approx(found.score, abs=1e-4)
            assert found.score == pytest.approx(item.score, abs=1e-4)
            assert found.rank == item.rank
            assert dict(found.attributions) == pytest.approx(dict(item.attributions), abs=1e-6)


def test_what_an_item_lacks_contributes_exactly_nothing(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord], user: str
) -> None:
    bare = gallery(workspace, shop.id, GalleryQuery(missing="image")).items
    assert bare
    found = explain(workspace, runs["fused"].id, user, bare[0].item_id)
    assert found.attributions["image"] == 0.0


def test_an_added_item_is_recommendable_and_explainable_at_once(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord], user: str
) -> None:
    new = NewItem("Striped linen dress", "A light dress for hot days.", image=_picture("teal"))
    card = add_item(workspace, shop.id, new)
    assert card.added
    everything = recommend(workspace, runs["fused"].id, user, 1000)
    place = {item.card.item_id: item for item in everything.items}
    assert card.item_id in place
    found = explain(workspace, runs["fused"].id, user, card.item_id)
    assert found.attributions["collaborative"] == 0.0
    assert found.rank == place[card.item_id].rank
    clicks = recommend(workspace, runs["ease"].id, user, 1000)
    assert card.item_id not in {item.card.item_id for item in clicks.items}
    assert "clicks only" in clicks.note
    shown = gallery(workspace, shop.id, GalleryQuery(sort="newest", size=5))
    assert shown.items[0].item_id == card.item_id


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (NewItem(""), "at least one"),
        (NewItem("x", image=b"no picture"), "JPEG, PNG or WebP"),
    ],
)
def test_impossible_items_are_refused(
    workspace: Workspace, shop: DatasetRecord, item: NewItem, words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        add_item(workspace, shop.id, item)


def test_similar_items_exclude_the_seeds(
    workspace: Workspace, runs: dict[str, RunRecord], user: str
) -> None:
    seeds = tuple(c.item_id for c in person(workspace, runs["fused"].id, user).history[:2])
    found = recommend_like(workspace, runs["fused"].id, seeds, 5)
    assert len(found.items) == 5
    assert not set(seeds) & {item.card.item_id for item in found.items}


def test_content_queries_need_a_run_that_reads_content(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    assert len(recommend_from_content(workspace, runs["fused"].id, None, "red boots", 5).items) == 5
    with pytest.raises(InvalidInput, match="clicks only"):
        recommend_from_content(workspace, runs["ease"].id, None, "red boots")


def test_unknown_people_and_items_are_named(
    workspace: Workspace, runs: dict[str, RunRecord], user: str
) -> None:
    with pytest.raises(NotFound, match="nobody"):
        recommend(workspace, runs["ease"].id, "nobody")
    with pytest.raises(NotFound, match="nothing"):
        explain(workspace, runs["ease"].id, user, "nothing")


def test_run_and_user_profiles_share_out_everything(
    workspace: Workspace, runs: dict[str, RunRecord], user: str
) -> None:
    whole = explain_run(workspace, runs["fused"].id)
    assert sum(values for values in whole.shares.values()) == pytest.approx(1.0)
    assert whole.recovery is not None
    assert len(whole.recovery.planted) == len(whole.recovery.recovered)
    one = explain_user(workspace, runs["fused"].id, user)
    assert sum(one.shares.values()) == pytest.approx(1.0)
    assert one.planted is not None
    assert sum(one.planted.values()) == pytest.approx(1.0)
    assert len(one.list_items) == 10


def test_finished_ranking_runs_are_offered_best_first(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]
) -> None:
    offered = run_options(workspace, shop.id)
    scores = [option.score for option in offered]
    assert scores == sorted(scores, key=lambda score: -(score or 0))
    assert load_run(workspace, offered[0].run_id).record.id == offered[0].run_id
