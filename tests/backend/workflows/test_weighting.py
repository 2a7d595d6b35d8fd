"""Contributions turned up and down re-order a list exactly as their sums say."""

import pytest

from backend.errors import InvalidInput
from backend.workflows import recommendation
from backend.workflows.weighting import reweigh
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord


@pytest.fixture(scope="module")
def user(workspace: Workspace, shop: DatasetRecord) -> str:
    return recommendation.users(workspace, shop.id)[0].user_id


@pytest.mark.parametrize("model", ["fused", "ease"])
def test_weights_of_one_leave_the_list_as_it_is(
    workspace: Workspace, runs: dict[str, RunRecord], user: str, model: str
) -> None:
    plain = recommendation.recommend(workspace, runs[model].id, user, 8)
    found = reweigh(workspace, plain, user, {"collaborative": 1.0})
    assert [i.card.item_id for i in found.found.items] == [i.card.item_id for i in plain.items]
    assert [i.score for i in found.found.items] == pytest.approx([i.score for i in plain.items])
    assert not found.gone
    assert {move.player for move in found.moves} == {""}


def test_the_order_is_that_of_the_weighed_sums(
    workspace: Workspace, runs: dict[str, RunRecord], user: str
) -> None:
    whole = recommendation.recommend(workspace, runs["fused"].id, user, 1000)
    plain = recommendation.recommend(workspace, runs["fused"].id, user, 8)
    weights = {"image": 0.0, "text": 2.5}
    found = reweigh(workspace, plain, user, weights)
    expected = sorted(
        whole.items,
        key=lambda i: -(i.score - i.attributions["image"] + 1.5 * i.attributions["text"]),
    )[:8]
    assert [i.card.item_id for i in found.found.items] == [i.card.item_id for i in expected]
    ranks = {item.card.item_id: item.rank for item in whole.items}
    assert [m.before for m in found.moves] == [ranks[i.card.item_id] for i in expected]
    climbed = [m for m in found.moves if m.before > m.rank]
    assert climbed
    assert {m.player for m in climbed} <= {"image", "text"}
    for item in found.found.items:
        assert item.attributions["image"] == 0.0
    new = {i.card.item_id for i in expected}
    assert {c.item_id for c in found.gone} == {
        i.card.item_id for i in plain.items if i.card.item_id not in new
    }


def test_a_weight_out_of_range_is_refused(
    workspace: Workspace, runs: dict[str, RunRecord], user: str
) -> None:
    plain = recommendation.recommend(workspace, runs["fused"].id, user, 8)
    with pytest.raises(InvalidInput, match="between 0 and 3"):
        reweigh(workspace, plain, user, {"image": -1.0})
