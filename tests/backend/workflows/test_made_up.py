"""A person who does not exist, for every kind of model."""

from io import BytesIO

import pytest
from PIL import Image

from backend.errors import InvalidInput, NotFound
from backend.workflows.made_up import MadeUp, recommend_made_up
from backend.workflows.recommendation import person, recommend, users
from backend.workflows.reranking import Wishes
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord


def _picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (80, 100), "teal").save(buffer, "PNG")
    return buffer.getvalue()


def _ids(found) -> list[str]:  # type: ignore[no-untyped-def]
    return [item.card.item_id for item in found.items]


@pytest.fixture(scope="module")
def history(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]
) -> tuple[str, tuple[str, ...]]:
    user = users(workspace, shop.id)[0].user_id
    cards = person(workspace, runs["ease"].id, user).history
    return user, tuple(card.item_id for card in cards)


def test_a_copy_of_a_person_gets_that_person_s_list_from_a_history_model(
    workspace: Workspace, runs: dict[str, RunRecord], history: tuple[str, tuple[str, ...]]
) -> None:
    user, items = history
    real = recommend(workspace, runs["ease"].id, user, 10)
    copy = recommend_made_up(workspace, runs["ease"].id, MadeUp(items), 10)
    assert _ids(copy) == _ids(real)
    for one, other in zip(copy.items, real.items, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-5)
        assert dict(one.attributions) == pytest.approx(dict(other.attributions), abs=1e-5)


def test_contributions_tell_the_order_of_a_folded_in_person(
    workspace: Workspace, runs: dict[str, RunRecord], history: tuple[str, tuple[str, ...]]
) -> None:
    found = recommend_made_up(workspace, runs["fused"].id, MadeUp(history[1][:4]), 10)
    assert not set(history[1][:4]) & set(_ids(found))
    scores = [item.score for item in found.items]
    assert scores == sorted(scores, reverse=True)
    assert set(found.items[0].attributions) == {"image", "text", "collaborative"}
    assert "% of their ten best" in found.note


def test_a_wish_and_a_picture_are_read_or_stood_in_for(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    wish = MadeUp(words="red leather boots")
    read = recommend_made_up(workspace, runs["fused"].id, wish, 5)
    stood = recommend_made_up(workspace, runs["ease"].id, wish, 5)
    assert len(read.items) == len(stood.items) == 5
    assert "stand in" in stood.note
    assert "stand in" not in read.note
    both = recommend_made_up(
        workspace, runs["fused"].id, MadeUp(words="red boots", picture=_picture()), 5
    )
    assert len(both.items) == 5
    other = recommend_made_up(workspace, runs["fused"].id, MadeUp(words="a silver necklace"), 5)
    assert _ids(other) != _ids(read)


def test_popularity_has_one_list_for_everybody(
    workspace: Workspace, runs: dict[str, RunRecord], history: tuple[str, tuple[str, ...]]
) -> None:
    one = recommend_made_up(workspace, runs["popularity"].id, MadeUp(history[1][:1]), 60)
    other = recommend_made_up(workspace, runs["popularity"].id, MadeUp(history[1][1:2]), 60)
    skipped = {*history[1][:2]}
    assert [i for i in _ids(one) if i not in skipped] == [
        i for i in _ids(other) if i not in skipped
    ]


def test_wishes_about_the_list_hold_for_the_made_up_too(
    workspace: Workspace, runs: dict[str, RunRecord], history: tuple[str, tuple[str, ...]]
) -> None:
    plain = recommend_made_up(workspace, runs["fused"].id, MadeUp(history[1][:3]), 10)
    last = plain.items[-1].card.item_id
    wishes = Wishes(pinned=(last,), seen=True)
    found = recommend_made_up(workspace, runs["fused"].id, MadeUp(history[1][:3]), 10, wishes)
    assert _ids(found)[0] == last


def test_nobody_and_strangers_are_refused(workspace: Workspace, runs: dict[str, RunRecord]) -> None:
    with pytest.raises(InvalidInput, match="at least one item"):
        recommend_made_up(workspace, runs["ease"].id, MadeUp())
    with pytest.raises(NotFound, match="'nothing'"):
        recommend_made_up(workspace, runs["ease"].id, MadeUp(("nothing",)))
    with pytest.raises(InvalidInput, match="JPEG, PNG or WebP"):
        recommend_made_up(workspace, runs["ease"].id, MadeUp(picture=b"no picture"))
