"""Encoders that learn, all the way from the catalogue to an added item and a trained run."""

from dataclasses import replace

import numpy as np
import pytest

from backend.errors import DamagedArtefact, InvalidInput
from backend.schema import Modality
from backend.workflows import loading
from backend.workflows.additions import added_for
from backend.workflows.catalogue import NewItem, add_item
from backend.workflows.encoding import estimate_costs
from backend.workflows.explanation import explain
from backend.workflows.importing import encode_data
from backend.workflows.loading import load_run
from backend.workflows.training import Plan, choices, prepare
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord
from models.recommenders import Recommender, TrainingData
from tests.backend.workflows.conftest import train_now

ENCODERS = {"text": "tfidf:size=16", "attributes": "attributes"}


def test_an_added_item_is_read_by_what_was_learned(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    plan = Plan(
        shop.id, ("fused",), ("late",), ENCODERS, settings={"epochs": 1, "imputation": "mean"}
    )
    (run,) = train_now(workspace, plan)
    card = add_item(workspace, shop.id, NewItem(title="Striped linen shirt", category="Shirts"))
    loaded = load_run(workspace, run.id)
    added = added_for(workspace, loaded)
    assert [record.item_id for record in added.records][-1] == card.item_id
    assert added.features.keys() == loaded.data.features.keys() == {"text", "attributes"}
    assert all(bool(table.present[-1]) for table in added.features.values())
    assert added.vectors is not None
    user = str(loaded.dataset.user_ids[0])
    found = explain(workspace, run.id, user, card.item_id)
    assert found.baseline + sum(found.attributions.values()) == pytest.approx(found.score, abs=1e-4)


def test_an_imputed_modality_is_said(workspace: Workspace, shop: DatasetRecord) -> None:
    encoders = {"image": "efficientnet", "text": "tfidf:size=16"}
    settings = {"epochs": 1, "imputation": "neighbours"}
    (run,) = train_now(workspace, Plan(shop.id, ("fused",), ("late",), encoders, settings=settings))
    card = add_item(workspace, shop.id, NewItem(title="Linen shirt", text="With stripes."))
    user = str(load_run(workspace, run.id).dataset.user_ids[0])
    assert explain(workspace, run.id, user, card.item_id).imputed == frozenset({"image"})
    known = load_run(workspace, run.id)
    whole = np.flatnonzero(known.dataset.present(Modality.IMAGE))
    item = str(known.dataset.items["item_id"].iat[int(whole[0])])
    assert explain(workspace, run.id, user, item).imputed == frozenset()


def test_costs_fall_to_nothing_once_encoded(workspace: Workspace, shop: DatasetRecord) -> None:
    spec = {"text": "tfidf:size=8"}
    (before,) = estimate_costs(workspace, shop.id, spec)
    assert before.new > 0
    assert before.learns
    assert before.seconds > 0
    assert "rule of thumb" in before.basis
    (done,) = encode_data(workspace, shop.id, spec)
    assert done.record.dim == 8
    (after,) = estimate_costs(workspace, shop.id, spec)
    assert (after.new, after.learns, after.seconds) == (0, False, 0.0)
    assert "earlier" in after.basis


def test_what_cannot_be_encoded_says_why(workspace: Workspace, shop: DatasetRecord) -> None:
    (found,) = estimate_costs(workspace, shop.id, {"text": "efficientnet"})
    assert "does not read text" in found.problem


def test_attributes_are_offered_but_not_read_unasked(
    workspace: Workspace, shop: DatasetRecord
) -> None:
    offered = choices(workspace, shop.id)
    assert "attributes" in offered.encoders
    assert "attributes" in offered.optional
    assert all(
        "attributes" not in run.encoders for run in prepare(workspace, Plan(shop.id, ("fused",)))
    )
    with pytest.raises(InvalidInput, match="has no reviews"):
        prepare(workspace, Plan(shop.id, ("fused",), encoders={"reviews": "minilm"}))


@pytest.mark.parametrize("normalisation", ["none", "z_score", "l2", "whitening"])
def test_an_added_twin_is_read_like_the_item_it_copies(
    workspace: Workspace, shop: DatasetRecord, normalisation: str
) -> None:
    """What the content says of an item does not depend on when it came."""
    encoders = {"text": "tfidf:size=16"}
    settings = {"epochs": 1, "normalisation": normalisation}
    (run,) = train_now(workspace, Plan(shop.id, ("fused",), ("late",), encoders, settings=settings))
    loaded = load_run(workspace, run.id)
    first = loaded.dataset.items.iloc[0]
    twin = NewItem(
        title=str(first["title"]), text=str(first["text"]), category=str(first["category"])
    )
    added = _added_text(workspace, shop.id, run.id, twin)
    table = loaded.data.features[Modality.TEXT]
    assert np.allclose(added, table.values[0].numpy(), atol=1e-4)
    spread = table.values[table.present].std(0, correction=0)
    assert bool((spread > 0.99).all()) == (normalisation == "z_score")


def _added_text(
    workspace: Workspace, dataset_id: str, run_id: str, item: NewItem
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Its text vector as the run's model sees it."""
    add_item(workspace, dataset_id, item)
    table = added_for(workspace, load_run(workspace, run_id)).features[Modality.TEXT]
    return np.asarray(table.values[-1].numpy(), np.float32)


def test_a_run_of_an_earlier_build_says_so(
    workspace: Workspace, shop: DatasetRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = train_now(workspace, Plan(shop.id, ("bpr",), settings={"epochs": 1, "dim": 8}))
    build = loading.build_model

    def other(record: RunRecord, data: TrainingData, members: tuple[Recommender, ...]) -> object:
        return build(replace(record, model_config={"dim": 16}), data, members)

    monkeypatch.setattr(loading, "build_model", other)
    with pytest.raises(DamagedArtefact, match="earlier build"):
        load_run(workspace, run.id)
