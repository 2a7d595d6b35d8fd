"""A blend of finished runs, from the plan to the list."""

import pytest
import torch

from backend.errors import InvalidInput
from backend.workflows import ensembling, recommendation
from backend.workflows.explanation import explain
from backend.workflows.loading import load_run
from backend.workflows.training import Plan, prepare
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord, RunState
from tests.backend.workflows.conftest import train_now


@pytest.fixture(scope="module")
def blended(workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]) -> RunRecord:
    names = ",".join(runs[model].id for model in ("ease", "fused", "popularity"))
    (run,) = train_now(workspace, Plan(shop.id, ("ensemble",), settings={"runs": names}))
    return run


def test_a_blend_is_a_run_like_any_other(
    workspace: Workspace, runs: dict[str, RunRecord], blended: RunRecord
) -> None:
    assert blended.state is RunState.DONE
    assert blended.encoders == runs["fused"].encoders
    assert blended.split == runs["fused"].split
    best = max(run.validation["ndcg@20"] for run in runs.values())
    assert blended.validation["ndcg@20"] >= best - 1e-6
    user = recommendation.users(workspace, blended.dataset_id)[0].user_id
    found = recommendation.recommend(workspace, blended.id, user)
    assert found.players == ("image", "text", "collaborative")
    taken = explain(workspace, blended.id, user, found.items[0].card.item_id)
    assert taken.baseline + sum(taken.attributions.values()) == pytest.approx(taken.score, abs=1e-4)
    assert taken.score == pytest.approx(found.items[0].score, abs=1e-4)


def test_its_weights_are_kept_and_shown(workspace: Workspace, blended: RunRecord) -> None:
    shares = ensembling.shares(workspace, blended.id)
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-4)
    assert set(shares) == {"EASE", "Fused · Late fusion", "Popularity"}
    weights = load_run(workspace, blended.id).model.weights
    assert torch.allclose(weights, torch.tensor(list(shares.values())))


def test_members_are_checked_before_anything_starts(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]
) -> None:
    def planned(names: str, **rest: object) -> None:
        prepare(workspace, Plan(shop.id, ("ensemble",), settings={"runs": names}, **rest))  # type: ignore[arg-type]

    ease, fused = runs["ease"].id, runs["fused"].id
    with pytest.raises(InvalidInput, match="two or more different finished runs"):
        planned(ease)
    with pytest.raises(InvalidInput, match="two or more different finished runs"):
        planned(f"{ease},{ease}")
    with pytest.raises(InvalidInput, match="keeps that split"):
        planned(f"{ease},{fused}", split="temporal")
    (other,) = train_now(workspace, Plan(shop.id, ("popularity",), split="temporal"))
    with pytest.raises(InvalidInput, match="different splits"):
        planned(f"{ease},{other.id}")
    single = Plan(shop.id, ("ease_multimodal",), encoders={"text": "tfidf"})
    (text,) = train_now(workspace, single)
    with pytest.raises(InvalidInput, match="different encoders"):
        planned(f"{fused},{text.id}")
