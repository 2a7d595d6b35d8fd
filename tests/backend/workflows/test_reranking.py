"""Lists put into another order, on the small shop of the workflow tests."""

from dataclasses import replace

import numpy as np
import pytest

from backend.errors import InvalidInput
from backend.workflows.catalogue import NewItem, add_item
from backend.workflows.loading import load_run
from backend.workflows.recommendation import recommend, user_number, users
from backend.workflows.reranking import Wishes, choices
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord


@pytest.fixture(scope="module")
def user(workspace: Workspace, shop: DatasetRecord) -> str:
    return users(workspace, shop.id)[0].user_id


@pytest.fixture(scope="module")
def run(runs: dict[str, RunRecord]) -> str:
    return runs["fused"].id


def _ids(found) -> list[str]:  # type: ignore[no-untyped-def]
    return [item.card.item_id for item in found.items]


def test_no_wish_changes_nothing(workspace: Workspace, run: str, user: str) -> None:
    plain = recommend(workspace, run, user, 10)
    wished = recommend(workspace, run, user, 10, Wishes())
    assert _ids(plain) == _ids(wished)
    assert all(item.reason == "" for item in wished.items)


@pytest.mark.parametrize("method", ["mmr", "dpp"])
def test_variety_keeps_the_first_and_says_where_the_others_stood(
    workspace: Workspace, run: str, user: str, method: str
) -> None:
    everything = _ids(recommend(workspace, run, user, 100))
    wishes = Wishes(diversity=0.6, method="dpp" if method == "dpp" else "mmr")
    varied = recommend(workspace, run, user, 10, wishes)
    assert _ids(varied)[0] == everything[0]
    assert _ids(varied) != everything[:10]
    for item in varied.items:
        was = everything.index(item.card.item_id) + 1
        assert item.reason == ("" if was == item.rank else f"Was {was}")
        assert sum(item.attributions.values()) != 0


def test_filters_hold(workspace: Workspace, shop: DatasetRecord, run: str, user: str) -> None:
    offered = choices(workspace, shop.id)
    name = offered.categories[0]
    found = recommend(workspace, run, user, 10, Wishes(categories=(name,)))
    assert found.items
    assert {item.card.category for item in found.items} == {name}
    assert offered.prices is not None
    low, high = offered.prices
    middle = (low + high) / 2
    cheap = recommend(workspace, run, user, 10, Wishes(dearest=middle))
    assert all((item.card.price or 0) <= middle for item in cheap.items)
    with pytest.raises(InvalidInput, match="above the highest"):
        recommend(workspace, run, user, 10, Wishes(cheapest=9, dearest=3))
    nothing = recommend(workspace, run, user, 10, Wishes(categories=("No such thing",)))
    assert nothing.items == ()


def test_what_was_had_comes_back_when_asked_for(workspace: Workspace, run: str, user: str) -> None:
    loaded = load_run(workspace, run)
    had = loaded.split.train.items[loaded.split.train.users == user_number(loaded, user)]
    names = set(loaded.dataset.items["item_id"].iloc[had])
    assert not names & set(_ids(recommend(workspace, run, user, 100)))
    assert names <= set(_ids(recommend(workspace, run, user, 100, Wishes(seen=True))))


def test_the_last_of_all_can_be_pinned_beside_added_items(
    workspace: Workspace, shop: DatasetRecord, run: str, user: str
) -> None:
    for number in range(3):
        add_item(workspace, shop.id, NewItem(title=f"Pinned beside {number}", text="A coat."))
    last = _ids(recommend(workspace, run, user, 200))[-1]
    assert _ids(recommend(workspace, run, user, 5, Wishes(pinned=(last,))))[0] == last


def test_rules_pin_exclude_and_push(
    workspace: Workspace, shop: DatasetRecord, run: str, user: str
) -> None:
    everything = _ids(recommend(workspace, run, user, 100))
    last, first = everything[-1], everything[0]
    found = recommend(workspace, run, user, 5, Wishes(pinned=(last,), excluded=(first, "gone")))
    assert _ids(found) == [last, *everything[1:5]]
    assert found.items[0].reason == "Pinned"
    name = choices(workspace, shop.id).categories[-1]
    pushed = recommend(workspace, run, user, 100, Wishes(boosted=(name,)))
    places = [item.rank for item in pushed.items if item.card.category == name]
    before = [everything.index(i.card.item_id) + 1 for i in pushed.items if i.card.category == name]
    assert sum(places) < sum(before)
    # a rule beats a filter, and an exclusion beats a pin of the same item
    assert last not in _ids(recommend(workspace, run, user, 5, Wishes(excluded=(last,))))


def test_fewer_bestsellers(workspace: Workspace, runs: dict[str, RunRecord], user: str) -> None:
    """What everybody gets by popularity alone loses its order altogether."""
    loaded = load_run(workspace, runs["popularity"].id)
    counts = np.bincount(loaded.split.train.items, minlength=loaded.dataset.n_items)

    def popularity(strength: float) -> float:
        found = recommend(workspace, runs["popularity"].id, user, 10, Wishes(less_popular=strength))
        return float(np.mean([counts[item.card.item_num] for item in found.items]))

    assert popularity(1.0) < popularity(0.0)


def test_wishes_are_compared_by_value() -> None:
    assert Wishes().change_nothing
    assert not replace(Wishes(), diversity=0.1).change_nothing
