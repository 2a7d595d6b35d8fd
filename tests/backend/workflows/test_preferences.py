import numpy as np
import pytest
import torch

from backend.figures import preferences as figures
from backend.workflows.loading import load_run
from backend.workflows.preferences import preference, preferences
from backend.workflows.training import Plan
from backend.workflows.workspace import Workspace
from db.records import DatasetRecord, RunRecord
from tests.backend.workflows.conftest import train_now


@pytest.fixture(scope="module")
def run(workspace: Workspace, shop: DatasetRecord) -> RunRecord:
    plan = Plan(shop.id, ("user_modality",), settings={"epochs": 2})
    return train_now(workspace, plan)[0]


def test_a_persons_weights_are_those_of_the_model(workspace: Workspace, run: RunRecord) -> None:
    loaded = load_run(workspace, run.id)
    with torch.inference_mode():
        table = loaded.model.user_weights()
    assert table is not None
    user_id = str(loaded.dataset.user_ids[7])
    found, everybody = preference(workspace, run.id, user_id), preferences(workspace, run.id)
    assert found is not None
    assert everybody is not None
    assert [*found.weights] == ["image", "text", "collaborative"]
    assert [*found.weights.values()] == pytest.approx(table[7].tolist())
    assert found.history == int((loaded.split.train.users == 7).sum())
    assert sum(found.means.values()) == pytest.approx(1)
    totals = np.sum([*everybody.weights.values()], axis=0)
    assert totals == pytest.approx(np.ones(loaded.dataset.n_users))
    assert found.means == everybody.means

    bars, mean = figures.personal(found).data
    assert max(bars.x) == pytest.approx(100 * max(found.weights.values()))
    assert sum(mean.x) == pytest.approx(100)
    assert len(figures.everybody(everybody).data) == 3


def test_models_without_weights_show_none(workspace: Workspace, runs: dict[str, RunRecord]) -> None:
    user_id = str(load_run(workspace, runs["fused"].id).dataset.user_ids[0])
    assert preferences(workspace, runs["fused"].id) is None
    assert preference(workspace, runs["fused"].id, user_id) is None
