"""For which items runs work, and where modalities complete each other, on real runs."""

import numpy as np
import pytest

from backend.workflows.loading import load_run
from backend.workflows.segments import KINDS, hits_of, item_segments
from backend.workflows.synergy import synergy
from backend.workflows.workspace import Workspace
from db.records import RunRecord


def test_hits_are_those_of_the_evaluation(workspace: Workspace, runs: dict[str, RunRecord]) -> None:
    for run in runs.values():
        users = load_run(workspace, run.id).split.test.users
        hits = hits_of(workspace, run.id)
        recall = np.mean([hits[users == user].mean() for user in np.unique(users)])
        # Equal scores are ordered by a shuffle of the evaluator; here by the item's number.
        near = 0.05 if run.model == "popularity" else 1e-6
        assert recall == pytest.approx(run.metrics["recall@20"], abs=near)


@pytest.mark.parametrize("kind", list(KINDS))
def test_kinds_of_items_part_the_test_choices(
    workspace: Workspace, runs: dict[str, RunRecord], kind: str
) -> None:
    ids = tuple(run.id for run in runs.values())
    found = item_segments(workspace, ids, kind)
    choices = len(load_run(workspace, ids[0]).split.test.items)
    if kind not in ("missing", "quality"):  # an item may lack two modalities, or has two
        assert sum(found.sizes) == choices
    assert len(found.values) == len(ids)
    assert all(v is not None and 0 <= v <= 1 for row in found.values for v in row)


def test_nothing_chosen_has_no_segments(workspace: Workspace) -> None:
    assert item_segments(workspace, (), "category").segments == ()


def test_late_fusion_adds_up_and_clicks_have_no_pairs(
    workspace: Workspace, runs: dict[str, RunRecord]
) -> None:
    assert synergy(workspace, runs["ease"].id).pairs == ()
    found = synergy(workspace, runs["fused"].id).pairs
    assert found[0].category == "All items"
    # Late fusion sums the scores of the modalities: together they are worth no more than alone.
    assert all(abs(pair.interaction) < 1e-4 for pair in found)
    assert {pair.relation for pair in found} <= {"independent", "conflict"}
