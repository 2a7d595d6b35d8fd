"""What runs on a small shop read, measured."""

import pytest

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.errors import InvalidInput
from backend.workflows.importing import generate_demo
from backend.workflows.probe_view import probe_view, start_probe
from backend.workflows.probing import Probe, probe, stored_probe
from backend.workflows.training import Plan
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord
from db.repositories import Runs
from models.recommenders import RECOMMENDERS
from tests.backend.workflows.conftest import train_now

PICTURES = ShopConfig(
    items=150, users=250, interactions_per_user=16, seed=4, unique="image", synergy=0.0
)
MODELS = ("bpr", "vbpr", "freedom", "bm3", "ease_multimodal")


@pytest.fixture(scope="module")
def shop(workspace: Workspace) -> DatasetRecord:
    """All taste is for pictures."""
    return generate_demo(workspace, PICTURES, "pictures")


@pytest.fixture(scope="module")
def runs(workspace: Workspace, shop: DatasetRecord) -> dict[str, RunRecord]:
    plan = Plan(shop.id, (*MODELS, "fused"), fusions=("late",), settings={"epochs": 8, "dim": 16})
    return {run.model: run for run in train_now(workspace, plan)}


@pytest.fixture(scope="module")
def found(workspace: Workspace, runs: dict[str, RunRecord]) -> dict[str, Probe]:
    return {name: probe(workspace, run.id) for name, run in runs.items()}


def uses(found: Probe) -> dict[str, str]:
    return {each.modality: each.use for each in found.modalities}


def test_every_model_is_told_by_what_it_does(found: dict[str, Probe]) -> None:
    assert uses(found["bpr"]) == {"image": "none", "text": "none"}
    assert uses(found["vbpr"])["image"] == "inference"
    assert uses(found["fused"])["image"] == "inference"
    assert uses(found["freedom"])["image"] == "graph"
    assert uses(found["bm3"])["image"] in ("training", "none")
    # Its solution has the pictures in it already; no list looks at one again.
    assert uses(found["ease_multimodal"]) == {"image": "training", "text": "none"}


def test_only_clicks_need_no_intervention(found: dict[str, Probe]) -> None:
    image = found["bpr"].modalities[0]
    assert image.effects == ()
    assert image.sentence == "The pictures are not read: this model was not given them."


def test_pictures_matter_where_all_taste_is_for_them(found: dict[str, Probe]) -> None:
    image, text = found["fused"].modalities
    assert image.effect is not None
    assert text.effect is not None
    assert image.effect.kind == "removed"
    assert image.effect.low > 0
    assert image.effect.drop > text.effect.drop
    assert image.sentence.startswith("The pictures matter: without them NDCG@20 falls by .")
    assert image.sentence.endswith("They are read when a list is made.")


def test_a_graph_is_found_by_changing_the_graph_alone(found: dict[str, Probe]) -> None:
    effects = {each.kind: each for each in found["freedom"].modalities[0].effects}
    assert effects["apart"].moved == 0
    assert effects["graph"].moved == effects["shuffled"].moved
    assert effects["graph"].moved is not None
    assert effects["graph"].moved > 0.01


def test_a_declaration_is_not_believed(
    workspace: Workspace, runs: dict[str, RunRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RECOMMENDERS["vbpr"].cls, "content_use", "training")
    monkeypatch.setattr(RECOMMENDERS["freedom"].cls, "content_use", "inference")
    assert uses(probe(workspace, runs["vbpr"].id))["image"] == "inference"
    assert uses(probe(workspace, runs["freedom"].id))["image"] == "graph"


def test_what_was_found_is_stored_and_trainings_are_used_again(
    workspace: Workspace, shop: DatasetRecord, runs: dict[str, RunRecord], found: dict[str, Probe]
) -> None:
    assert stored_probe(workspace, runs["bm3"].id) == found["bm3"]
    with workspace.database.read() as session:
        before = {run.id for run in Runs(session).list(dataset_id=shop.id)}
    assert probe(workspace, runs["bm3"].id) == found["bm3"]
    with workspace.database.read() as session:
        after = Runs(session).list(dataset_id=shop.id)
    assert {run.id for run in after} == before
    without = next(
        r for r in after if r.model == "bm3" and dict(r.controls) == {"image": "removed"}
    )
    assert (without.seed, without.model_config) == (runs["bm3"].seed, runs["bm3"].model_config)


def test_a_probe_is_queued_and_seen(workspace: Workspace, runs: dict[str, RunRecord]) -> None:
    assert probe_view(workspace, runs["vbpr"].id).job is None
    job = start_probe(workspace, runs["vbpr"].id, retrain=True)
    seen = probe_view(workspace, runs["vbpr"].id)
    assert seen.job is not None
    assert seen.job.id == job.id
    assert probe_view(workspace, runs["fused"].id).job is None


def test_ratings_are_refused(workspace: Workspace, shop: DatasetRecord) -> None:
    plan = Plan(shop.id, ("mf",), objective="rating", settings={"epochs": 1})
    (run,) = train_now(workspace, plan)
    with pytest.raises(InvalidInput, match="predicts ratings"):
        probe(workspace, run.id)
