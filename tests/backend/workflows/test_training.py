from dataclasses import replace

import pytest
import torch

from backend.errors import InvalidInput
from backend.schema import Modality
from backend.workflows.comparison import config_differences
from backend.workflows.execution import evaluate_again
from backend.workflows.loading import load_run
from backend.workflows.training import (
    Plan,
    cancel,
    choices,
    estimate,
    prepare,
    progress,
    resume,
    start,
)
from backend.workflows.verdict import verdict
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord, RunState
from models.errors import ConfigError
from tests.backend.workflows.conftest import train_now


def test_choices_offer_every_model_and_the_given_split_first(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    offered = choices(workspace, shop.id)
    assert {"ease", "fused", "lightgcn"} <= {model.name for model in offered.models}
    assert offered.splits[0] == "given"
    assert offered.objectives == ("ranking", "rating")
    assert offered.default_positive == "rating>=4"
    first = {modality: able[0].name for modality, able in offered.encoders.items()}
    assert first == {"image": "efficientnet", "text": "minilm", "attributes": "attributes"}
    assert "attributes" in offered.optional


def test_a_plan_is_the_product_of_models_fusions_and_seeds(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    plan = Plan(shop.id, ("ease", "fused"), fusions=("late", "gated"), seeds=(0, 1))
    runs = prepare(workspace, plan)
    assert len(runs) == 1 * 2 + 2 * 2
    assert len({run.name for run in runs}) == 6
    assert estimate(workspace, plan).runs == 6


def test_a_typo_in_a_setting_names_the_nearest(workspace: Workspace, shop: DatasetRecord) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'epochs'"):
        prepare(workspace, Plan(shop.id, ("bpr",), settings={"epoch": 3}))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": ()}, "at least one model"),
        ({"objective": "rating"}, "does not do 'rating'"),
        ({"encoders": {"audio": "efficientnet"}}, "has no audio"),
        ({"encoders": {"image": "minilm"}}, "does not read image"),
        ({"device": "cuda:99"}, "CUDA"),
        ({"controls": {"audio": "shuffled"}}, "read are: image, text"),
        ({"controls": {"image": "shufled"}}, "no control 'shufled'"),
    ],
)
def test_impossible_plans_say_what_to_do(
    workspace: Workspace, shop: DatasetRecord, change: dict[str, object], words: str
) -> None:
    plan = {"dataset_id": shop.id, "models": ("bpr",)} | change
    with pytest.raises(InvalidInput, match=words):
        prepare(workspace, Plan(**plan))  # type: ignore[arg-type]


def test_single_modality_runs_keep_only_that_encoder(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    (run,) = prepare(workspace, Plan(shop.id, ("fused",), encoders={"image": "efficientnet"}))
    assert dict(run.encoders) == {"image": "efficientnet"}
    assert "image only" in run.name


def test_a_control_is_kept_with_its_run_and_repeatable(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    plan = Plan(
        shop.id,
        ("fused", "ease"),
        encoders={"image": "efficientnet"},
        controls={"image": "shuffled"},
        settings={"epochs": 1},
    )
    control, clicks = train_now(workspace, plan)
    assert dict(control.controls) == {"image": "shuffled"}
    assert dict(clicks.controls) == {}
    assert control.name.endswith("image only · image shuffled")
    (real,) = train_now(workspace, replace(plan, models=("fused",), controls={}))
    there, mixed = (
        load_run(workspace, run.id).data.features[Modality.IMAGE] for run in (real, control)
    )
    assert torch.equal(mixed.present, there.present)
    moved = (mixed.values != there.values).any(1)
    assert torch.equal(moved, there.present)
    again = evaluate_again(workspace, control.id)
    assert again["ndcg@20"].value == control.metrics["ndcg@20"]
    both = (real.id, control.id)
    differing = {d.setting: d.values for d in config_differences(workspace, both)}
    assert differing["control (image)"] == ("–", "shuffled")
    leader = verdict(workspace, both, "ndcg@20").leader
    assert leader is not None
    assert leader.id == real.id


def test_a_queued_run_can_be_cancelled_and_resumed(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    (run,) = start(workspace, Plan(shop.id, ("bpr",), seeds=(9,)))
    cancel(workspace, run.id)
    state = {p.run.id: p.run.state for p in progress(workspace, shop.id)}
    assert state[run.id] is RunState.CANCELLED
    assert resume(workspace, run.id).state == "queued"
    with pytest.raises(InvalidInput, match="only stopped runs"):
        resume(workspace, run.id)
    cancel(workspace, run.id)


def test_finished_runs_show_their_curve(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord]
) -> None:
    found = {p.run.id: p for p in progress(workspace, shop.id)}
    fused = found[runs["fused"].id]
    assert [e.epoch for e in fused.epochs] == [1, 2]
    assert fused.max_epochs == 2
    assert found[runs["ease"].id].max_epochs == 1
