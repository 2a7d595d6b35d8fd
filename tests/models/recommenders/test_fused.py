from dataclasses import replace
from math import sqrt

import pytest
import torch

from models.fusion import FUSIONS
from models.modality import COLLABORATIVE, Modality
from models.recommenders import Batch, FeatureTable, TrainingData, build_recommender
from models.recommenders.fused import Fused

USERS, ITEMS = 4, 8


def world() -> TrainingData:
    generator = torch.Generator().manual_seed(0)
    tables = {
        m: FeatureTable(torch.randn(ITEMS, 6, generator=generator), torch.arange(ITEMS) < 7)
        for m in (Modality.IMAGE, Modality.TEXT)
    }
    return TrainingData(
        USERS,
        ITEMS,
        torch.tensor([0, 0, 0, 1, 1, 2]),
        torch.tensor([0, 1, 2, 2, 3, 7]),
        torch.tensor([5.0, 1.0, 3.0, 4.0, 2.0, 3.0]),
        tables,
    )


def build(objective: str = "ranking", fusion: str = "late", **config: object) -> Fused:
    torch.manual_seed(1)
    quiet = {"modality_dropout": 0.0, "collaborative_dropout": 0.0, "item_l2": 0.0, "user_l2": 0.0}
    model = build_recommender(
        "fused", world(), config={**quiet, **config}, objective=objective, fusion=fusion
    )
    assert isinstance(model, Fused)
    return model


def batch(user: int, item: int, negatives: list[int], rating: float = 1.0) -> Batch:
    return Batch(
        torch.tensor([user]),
        torch.tensor([item]),
        torch.tensor(negatives, dtype=torch.int64),
        torch.tensor([rating]),
    )


def test_a_user_is_the_sum_of_the_history_over_a_power_of_its_length():
    found = build(user_vectors=False).embed()
    v = found.items
    torch.testing.assert_close(found.users[0], (v[0] + v[1] + v[2]) / sqrt(3))
    torch.testing.assert_close(found.users[2], v[7])
    assert torch.equal(found.users[3], torch.zeros_like(v[0]))


def test_the_item_to_predict_is_left_out_of_the_history():
    model = build(user_vectors=False)
    v, bias = model.embed().items, model.item_bias
    u = (v[1] + v[2]) / sqrt(2)
    scores = v @ u + bias
    expected = scores[[4, 5, 0]].logsumexp(0) - scores[0]
    torch.testing.assert_close(model.loss(batch(0, 0, [4, 5])), expected)
    # A user with one click knows nothing when that click is to be predicted.
    assert torch.isclose(model.loss(batch(2, 7, [4, 5])), torch.tensor(3.0).log())


def test_bpr_loss_compares_one_at_a_time():
    model = build(user_vectors=False, loss="bpr")
    v = model.embed().items
    u = (v[1] + v[2]) / sqrt(2)
    pair = Batch(torch.tensor([0]), torch.tensor([0]), torch.tensor([[4]]), torch.ones(1))
    expected = torch.nn.functional.softplus(u @ v[4] - u @ v[0])
    torch.testing.assert_close(model.loss(pair), expected)
    assert model.sampling == "pairwise"


def test_ratings_weigh_the_history():
    model = build("rating", user_vectors=True)
    v = model.embed().items
    # Mean rating 3: item 0 pulls by +2, item 1 by -2, item 2 by 0.
    expected = model.users[0] + (2 * v[0] - 2 * v[1]) / sqrt(3)
    torch.testing.assert_close(model.embed().users[0], expected.detach())
    u = model.users[0] - 2 * v[1] / sqrt(2)
    loss = model.loss(batch(0, 0, [], rating=5.0))
    torch.testing.assert_close(loss, (u @ v[0] + 3.0 - 5.0).square())
    assert model.sampling == "none"


@pytest.mark.parametrize("backbone", ["mf", "lightgcn"])
@pytest.mark.parametrize("fusion", FUSIONS.names())
def test_every_coalition_goes_through_the_missing_modality_path(fusion: str, backbone: str):
    model = build(fusion=fusion, backbone=backbone).eval()
    with torch.no_grad():
        scores = {
            coalition: model.embed(frozenset(coalition)).score(torch.arange(USERS))
            for coalition in ((), ("image",), ("text",), (COLLABORATIVE,), ("image", "text"))
        }
    assert torch.equal(scores[()], torch.zeros(USERS, ITEMS))
    if backbone == "mf":
        # Item 7 has no content: without clicks nothing is known of it.
        assert torch.equal(scores["image", "text"][:, 7], torch.zeros(USERS))
    with_content = [scores["image",], scores["text",], scores["image", "text"]]
    assert all(s[:2, :7].abs().min() > 0 for s in with_content)
    assert not torch.allclose(scores["image",], scores["text",])


def test_lightgcn_spreads_clicks_to_items_without_content():
    model = build(backbone="lightgcn", layers=2, user_vectors=False).eval()
    found = model.embed(frozenset({"image"}))
    # User 2 took item 7 only, which has no picture: nothing reaches either.
    assert torch.equal(found.users[2], torch.zeros_like(found.users[2]))
    assert found.users[0].abs().sum() > 0


@pytest.mark.parametrize("backbone", ["mf", "lightgcn"])
def test_a_new_item_equals_an_old_one_without_clicks(backbone: str):
    model = build(backbone=backbone).eval()
    data = world()
    with torch.no_grad():
        rows, bias = model.embed_new_items(data.features)
        cold = model.embed(frozenset({"image", "text"}))
    # Items 4 to 6 have content and no clicks.
    torch.testing.assert_close(rows[4:7], cold.items[4:7])
    assert torch.equal(bias, torch.zeros(ITEMS))


def test_hidden_in_training_is_hidden_everywhere():
    model = build(modality_dropout=0.9, collaborative_dropout=0.9)
    torch.manual_seed(3)
    losses = {float(model.loss(batch(0, 0, [4, 5]))) for _ in range(20)}
    assert len(losses) > 1
    assert all(torch.isfinite(torch.tensor(loss)) for loss in losses)


@pytest.mark.parametrize("objective", ["ranking", "rating"])
def test_a_step_over_few_of_many_items_gives_the_same_loss_and_gradient(objective: str):
    # 8 items reached by a batch of one click: below half of the catalogue's 40 items.
    data = world()
    wide = {
        m: FeatureTable(torch.cat([t.values] * 5), torch.cat([t.present] * 5))
        for m, t in data.features.items()
    }
    torch.manual_seed(1)
    model = build_recommender(
        "fused",
        replace(data, n_items=5 * ITEMS, features=wide),
        config={"modality_dropout": 0.0, "collaborative_dropout": 0.0},
        objective=objective,
        fusion="gated",
    )
    step = batch(0, 0, [9, 30] if objective == "ranking" else [], rating=5.0)
    results = []
    assert model._rows(step).tolist() == ([0, 1, 2, 9, 30] if objective == "ranking" else [0, 1, 2])
    for rows in (model._rows, lambda batch: None):
        model._rows = rows
        model.zero_grad()
        loss = model.loss(step)
        loss.backward()
        results.append([loss, *(p.grad.clone() for p in model.parameters() if p.numel())])
    for few, all_items in zip(*results, strict=True):
        torch.testing.assert_close(few, all_items)
