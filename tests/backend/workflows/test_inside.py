from io import BytesIO

import pytest
import torch
from PIL import Image

from backend.errors import InvalidInput
from backend.explain.saliency import without
from backend.workflows.explanation import explain
from backend.workflows.inside import Method, inside, readable, what_if
from backend.workflows.past import driven
from backend.workflows.recommendation import recommend, users
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord


@pytest.fixture(scope="module")
def pair(workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]) -> tuple[str, str]:
    """A person and the first item of the list that has a picture and a text."""
    user = users(workspace, shop.id)[0].user_id
    for item in recommend(workspace, runs["fused"].id, user, 20).items:
        if not item.card.added and not item.card.missing:
            return user, item.card.item_id
    raise AssertionError("no item has both")


def test_parts_are_drops_of_this_persons_score(
    workspace: Workspace, runs: dict[str, RunRecord], pair: tuple[str, str]
) -> None:
    run = runs["fused"].id
    found = inside(workspace, run, *pair)
    assert found.heats[Method.COVERING].heat.heat.any()
    # The drop for a word is what the what-if editor shows for the text without it.
    words = found.words[Method.COVERING].words
    part = max(words, key=lambda one: abs(one.drop))
    word = found.text[int(part.start) : int(part.end)]
    spans = [
        (int(p.start), int(p.end))
        for p in words
        if found.text[int(p.start) : int(p.end)].lower() == word.lower()
    ]
    changed = what_if(workspace, run, *pair, without(found.text, spans), None)
    assert changed.score - changed.new_score == pytest.approx(part.drop, abs=1e-4)


def test_slopes_are_followed_through_encoder_and_model(
    workspace: Workspace, runs: dict[str, RunRecord], pair: tuple[str, str]
) -> None:
    found = inside(workspace, runs["fused"].id, *pair)
    assert set(found.heats) == set(found.words) == set(Method)
    assert found.heats[Method.GRADIENT].heat.heat.any()
    covered, followed = (found.words[method].words for method in Method)
    assert [part[:2] for part in covered] == [part[:2] for part in followed]
    assert found.words_agreement is not None
    assert found.picture_agreement is not None
    assert -1 <= found.picture_agreement <= 1


def test_the_same_item_stays_where_it_is_and_another_picture_moves_only_its_part(
    workspace: Workspace, runs: dict[str, RunRecord], pair: tuple[str, str]
) -> None:
    run = runs["fused"].id
    text = inside(workspace, run, *pair).text
    same = what_if(workspace, run, *pair, text, None)
    assert same.new_score == pytest.approx(same.score, abs=1e-4)
    assert same.rank == same.new_rank == explain(workspace, run, *pair).rank
    buffer = BytesIO()
    Image.new("RGB", (60, 60), "purple").save(buffer, "PNG")
    other = what_if(workspace, run, *pair, "", buffer.getvalue())
    moved = {p: other.new_attributions[p] - value for p, value in other.attributions.items()}
    assert abs(moved["image"]) > 1e-5
    assert moved["collaborative"] == pytest.approx(0, abs=1e-6)
    assert sum(moved.values()) == pytest.approx(other.new_score - other.score, abs=1e-4)


def test_a_run_of_clicks_has_nothing_to_look_into(
    workspace: Workspace, runs: dict[str, RunRecord], pair: tuple[str, str]
) -> None:
    assert readable(workspace, runs["ease"].id) == ()
    with pytest.raises(InvalidInput, match="Choose a run"):
        inside(workspace, runs["ease"].id, *pair)


def test_past_choices_of_a_linear_run_sum_to_the_score(
    workspace: Workspace, runs: dict[str, RunRecord], pair: tuple[str, str]
) -> None:
    user, _ = pair
    item = recommend(workspace, runs["ease"].id, user, 1).items[0]
    found = driven(workspace, runs["ease"].id, user, item.card.item_id)
    assert found.exact
    assert sum(choice.share for choice in found.choices) == pytest.approx(item.score, abs=1e-4)
    assert found.players == ("collaborative",)


def test_past_choices_of_a_trained_run_are_left_out_one_by_one(
    workspace: Workspace, runs: dict[str, RunRecord], pair: tuple[str, str]
) -> None:
    found = driven(workspace, runs["fused"].id, *pair)
    assert not found.exact
    assert found.choices
    assert found.choices[0].share > found.choices[-1].share
    assert torch.is_inference_mode_enabled() is False
