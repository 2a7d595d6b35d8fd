"""A model that learns to read, all the way from the catalogue to an added item."""

from dataclasses import replace

import pytest
import torch

from backend.data.synthetic.scenarios.shop.config import ShopConfig
from backend.errors import InvalidInput
from backend.schema import Modality
from backend.workflows.additions import added_for
from backend.workflows.catalogue import NewItem, add_item
from backend.workflows.execution import evaluate_again
from backend.workflows.explanation import explain
from backend.workflows.importing import encode_data, generate_demo
from backend.workflows.inside import Method, inside
from backend.workflows.loading import load_run, open_dataset
from backend.workflows.probing import probe
from backend.workflows.raw_content import encoders_of
from backend.workflows.training import Plan, choices, estimate, prepare
from backend.workflows.vectors import encoded
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord
from models.recommenders import RECOMMENDERS
from tests.backend.workflows.conftest import train_now

SMALL = {
    "epochs": 2,
    "side": 48,
    "picture_width": 8,
    "word_width": 8,
    "longest": 16,
    "feature_dim": 16,
    "anew": 16,
}


@pytest.fixture(scope="module")
def run(workspace: Workspace, shop: DatasetRecord) -> RunRecord:
    (found,) = train_now(workspace, Plan(shop.id, ("end_to_end",), ("late",), settings=SMALL))
    return found


def test_it_reads_raw_content_whatever_encoders_are_chosen(
    workspace: Workspace, shop: DatasetRecord, run: RunRecord
) -> None:
    assert dict(run.encoders) == {
        "image": "pixels:side=48",
        "text": "tokens:vocabulary=20000,longest=16",
    }
    chosen = {"text": "tfidf", "attributes": "attributes"}
    plan = Plan(shop.id, ("end_to_end", "fused"), ("late",), chosen, settings=SMALL)
    own, others = prepare(workspace, plan)
    assert dict(own.encoders) == {"text": run.encoders["text"], "attributes": "attributes"}
    assert dict(others.encoders) == chosen
    tables = load_run(workspace, run.id).data.features
    assert tables[Modality.IMAGE].values.dtype == torch.uint8
    assert tables[Modality.IMAGE].values.shape == (60, 3 * 48 * 48)
    assert tables[Modality.TEXT].values.dtype == torch.int32
    assert int(tables[Modality.TEXT].values.max()) < tables[Modality.TEXT].words


def test_raw_content_is_no_encoding_of_the_catalogue(
    workspace: Workspace, shop: DatasetRecord, run: RunRecord
) -> None:
    known = encoded(workspace, shop)
    assert not {"pixels", "tokens"} & {f.encoder.partition(":")[0] for f in known}
    offered = choices(workspace, shop.id)
    assert not {"pixels", "tokens"} & {c.name for m in offered.encoders.values() for c in m}
    reading = {c.name for c in offered.models if c.learns_to_read}
    assert reading == {"end_to_end"}
    for specs in ({"image": "pixels"}, {"text": "tokens"}):
        with pytest.raises(InvalidInput, match="encodes nothing"):
            encode_data(workspace, shop.id, specs)
    with pytest.raises(InvalidInput, match="'pixels' does not read image here"):
        prepare(workspace, Plan(shop.id, ("fused",), encoders={"image": "pixels"}))


def test_a_finished_run_is_loaded_with_equal_figures(workspace: Workspace, run: RunRecord) -> None:
    again = evaluate_again(workspace, run.id)
    assert again["ndcg@20"].value == run.metrics["ndcg@20"]


def test_an_added_item_is_read_and_explained(
    workspace: Workspace, shop: DatasetRecord, run: RunRecord
) -> None:
    card = add_item(workspace, shop.id, NewItem(title="Striped linen shirt", category="Shirts"))
    loaded = load_run(workspace, run.id)
    added = added_for(workspace, loaded)
    assert added.features[Modality.TEXT].present[-1]
    assert not added.features[Modality.IMAGE].present[-1]
    user = str(loaded.dataset.user_ids[0])
    found = explain(workspace, run.id, user, card.item_id)
    assert found.attributions["image"] == 0
    assert found.baseline + sum(found.attributions.values()) == pytest.approx(found.score, abs=1e-4)


def test_one_can_look_into_a_picture_and_a_text(workspace: Workspace, run: RunRecord) -> None:
    loaded = load_run(workspace, run.id)
    both = loaded.dataset.present(Modality.IMAGE) & loaded.dataset.present(Modality.TEXT)
    item = str(loaded.dataset.items["item_id"][both].iat[0])
    found = inside(workspace, run.id, str(loaded.dataset.user_ids[0]), item)
    assert Method.COVERING in found.heats
    assert Method.COVERING in found.words


def test_the_probe_finds_that_it_reads_both(workspace: Workspace, run: RunRecord) -> None:
    uses = {found.modality: found.use for found in probe(workspace, run.id).modalities}
    assert uses == {"image": "inference", "text": "inference"}


@pytest.mark.parametrize("control", ["shuffled", "noise", "removed"])
def test_a_control_leaves_raw_content_raw(
    workspace: Workspace, shop: DatasetRecord, run: RunRecord, control: str
) -> None:
    plan = Plan(
        shop.id,
        ("end_to_end",),
        ("late",),
        controls={"text": control},
        settings={**SMALL, "epochs": 1, "imputation": "mean", "normalisation": "z_score"},
    )
    (found,) = train_now(workspace, plan)
    table = load_run(workspace, found.id).data.features[Modality.TEXT]
    real = load_run(workspace, run.id).data.features[Modality.TEXT]
    assert (table.values.dtype, table.words) == (torch.int32, real.words)
    assert 0 <= int(table.values.min()) <= int(table.values.max()) < table.words
    assert not torch.equal(table.values, real.values)


def test_a_data_set_without_pictures_and_texts_is_told(empty: Workspace) -> None:
    config = ShopConfig(items=40, users=30, interactions_per_user=8, pictures=False)
    bare = generate_demo(empty, config, "bare")
    with pytest.raises(InvalidInput, match="both are left out"):
        prepare(empty, Plan(bare.id, ("end_to_end",), encoders={"attributes": "attributes"}))
    (run,) = prepare(empty, Plan(bare.id, ("end_to_end",)))
    assert set(run.encoders) == {"text"}


def test_a_catalogue_with_neither_is_told(workspace: Workspace, shop: DatasetRecord) -> None:
    dataset = open_dataset(workspace, shop)
    blank = replace(dataset, items=dataset.items.assign(image="", title="", text=""))
    entry = RECOMMENDERS["end_to_end"]
    with pytest.raises(InvalidInput, match="the items of this data set have neither"):
        encoders_of(entry, entry.config(), {"attributes": "attributes"}, blank)


def test_the_cost_is_told_before(workspace: Workspace, shop: DatasetRecord) -> None:
    plan = Plan(shop.id, ("end_to_end",), ("gated",))
    small, large = (
        estimate(workspace, replace(plan, settings=settings))
        for settings in ({**SMALL, "anew": 16}, {"anew": 60, "side": 128})
    )
    assert 0 < small.memory < large.memory
    assert small.seconds < large.seconds
    assert estimate(workspace, Plan(shop.id, ("bpr",))).memory == 0
