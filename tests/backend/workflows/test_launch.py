import pytest

from backend.errors import InvalidInput
from backend.workflows.launch import launch
from backend.workflows.loading import load_run
from backend.workflows.workspace import Workspace
from db.records import RunRecord


def test_the_audience_is_ordered_by_choices_and_rank_and_reach_counts_everybody(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    found = launch(workspace, runs["fused"].id, None, "a red coat of wool", k=7)
    assert len(found.audience) == 7
    likely = [(1 + person.history) / person.rank for person in found.audience]
    assert likely == sorted(likely, reverse=True)
    assert all(1 <= person.rank <= 61 for person in found.audience)
    everybody = launch(workspace, runs["fused"].id, None, "a red coat of wool", k=10_000)
    assert len(everybody.audience) == found.users == 40
    for length, count in found.reach.items():
        assert count == sum(person.rank <= length for person in everybody.audience)
    assert len({person.user_id for person in everybody.audience}) == 40
    assert found.best_rank == min(person.rank for person in everybody.audience)


def test_attributions_are_those_of_the_players_and_an_absent_picture_gives_nothing(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    found = launch(workspace, runs["fused"].id, None, "a red coat of wool")
    assert set(found.attributions) == {"image", "text", "collaborative"}
    assert found.attributions["image"] == 0
    assert found.attributions["text"] != 0


def test_the_rank_leaves_out_what_the_person_has(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    """Nobody's list is longer than the catalogue without the history, plus the new item."""
    loaded = load_run(workspace, runs["fused"].id)
    found = launch(workspace, runs["fused"].id, None, "a red coat of wool", k=40)
    for person in found.audience:
        assert person.rank <= loaded.dataset.n_items - person.history + 1


def test_segments_are_shares(workspace: Workspace, runs: dict[str, RunRecord]) -> None:
    found = launch(workspace, runs["fused"].id, None, "a red coat of wool", k=40)
    assert found.segments
    # the audience is everybody, so nobody is over-represented
    for segment in found.segments:
        assert segment.audience == pytest.approx(segment.everybody)


def test_what_cannot_be_launched_is_said(workspace: Workspace, runs: dict[str, RunRecord]) -> None:
    with pytest.raises(InvalidInput, match="reads content"):
        launch(workspace, runs["ease"].id, None, "a red coat")
    with pytest.raises(InvalidInput, match="picture or some words"):
        launch(workspace, runs["fused"].id, None, " ")
