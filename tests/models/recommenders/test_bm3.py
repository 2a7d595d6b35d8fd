"""BM3 with numbers worked by hand."""

import pytest
import torch

from models.modality import Modality
from models.recommenders import Batch, FeatureTable, TrainingData, build_recommender
from models.recommenders.bm3 import Bm3

ROOT = 2**-0.5
NOTHING = torch.empty(0, dtype=torch.int64)


def build(**config: object) -> Bm3:
    """Degrees: u0 2, u1 1; i0 1, i1 2; item 1 has no text, item 2 no clicks."""
    text = FeatureTable(
        torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]), torch.tensor([True, False, True])
    )
    users, items = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
    data = TrainingData(2, 3, users, items, torch.ones(3), {Modality.TEXT: text})
    settings = {"dim": 2, "layers": 1, "dropout": 0.0, "feature_dim": 0, "l2": 0.0, **config}
    model = build_recommender("bm3", data, config=settings)
    assert isinstance(model, Bm3)
    with torch.no_grad():
        model.users.copy_(torch.tensor([[1.0, 0.0], [0.0, 1.0]]))
        model.items.copy_(torch.tensor([[1.0, 1.0], [0.0, 2.0], [5.0, 5.0]]))
        model.predictor.weight.copy_(torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
        model.predictor.bias.zero_()
        model.views["text"].weight.copy_(torch.eye(2))
        model.views["text"].bias.zero_()
    return model


H_U0 = [(1 + ROOT) / 2, (ROOT + 0.5 * 2) / 2]
H_I0 = [1 + (1 + ROOT) / 2, 1 + 1 / 2]
"""LightGCN's vectors by hand; an item's has its own vector added."""


def cosine(a: list[float], b: list[float]) -> float:
    return torch.cosine_similarity(torch.tensor(a), torch.tensor(b), dim=0).item()


def test_scores_compare_predictions():
    found = build().eval().embed()
    # The predictor swaps the two coordinates of both sides, so the dot product is unchanged.
    expected = H_U0[0] * H_I0[0] + H_U0[1] * H_I0[1]
    assert found.score(torch.tensor([0]))[0, 0].item() == pytest.approx(expected, rel=1e-6)
    assert found.score(torch.tensor([0]))[0, 2].item() == 0.0


def test_loss_without_negatives_by_hand():
    model = build(content_weight=0.5)
    assert model.sampling == "none"
    loss = model.loss(Batch(torch.tensor([0]), torch.tensor([0]), NOTHING, torch.ones(1)))
    swapped_u, swapped_i = H_U0[::-1], H_I0[::-1]
    agree = 2 - cosine(swapped_u, H_I0) - cosine(swapped_i, H_U0)
    # Text of item 0, centred and of length 1, is (1, -1) up to scale; swapped (-1, 1).
    content = 2 - cosine([-1.0, 1.0], H_I0) - cosine([-1.0, 1.0], [1.0, -1.0])
    assert loss.item() == pytest.approx(agree + 0.5 * content, rel=1e-5)


def test_an_item_without_content_teaches_by_clicks_alone():
    batch = Batch(torch.tensor([1]), torch.tensor([1]), NOTHING, torch.ones(1))
    losses = [build(content_weight=weight).loss(batch).item() for weight in (0.0, 5.0)]
    assert losses[0] == losses[1]


def test_targets_get_no_gradient():
    model = build(content_weight=1.0)
    # Only content's own side remains where clicks have no weight: h_i is a target there.
    seen = model.views["text"](model.content.table(Modality.TEXT)[:1])
    target = model._target(seen)
    assert seen.requires_grad
    assert not target.requires_grad


def test_content_is_no_part_of_a_score():
    model = build().eval()
    assert model.players == ("text", "collaborative")
    users = torch.tensor([0, 1])
    whole, clicks = model.embed().score(users), model.embed(frozenset({"collaborative"}))
    assert torch.equal(whole, clicks.score(users))
    assert not model.embed(frozenset({"text"})).score(users).any()
