"""GRCN: routing and refined edges by hand."""

import torch
from torch.nn import functional as F

from models.modality import Modality
from models.recommenders import FeatureTable, TrainingData, build_recommender
from models.recommenders.grcn import Grcn, _softmax


def build(**config: object) -> Grcn:
    """u0 took items 0 and 1, u1 took item 1; item 2 has no text and nobody took it."""
    text = FeatureTable(
        torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]]), torch.tensor([True, True, False])
    )
    users, items = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
    data = TrainingData(2, 3, users, items, torch.ones(3), {Modality.TEXT: text})
    torch.manual_seed(0)
    settings = {"dim": 2, "layers": 1, "loss": "bpr", "feature_dim": 0} | config
    model = build_recommender("grcn", data, config=settings)
    assert isinstance(model, Grcn)
    with torch.no_grad():
        # Leaky: what points down is a hundredth of what points up.
        model.views["text"].weight.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
        model.tastes["text"].copy_(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
    return model.eval()


def test_softmax_goes_over_each_group():
    values = torch.tensor([[1.0], [2.0], [5.0]])
    found = _softmax(values, torch.tensor([0, 0, 2]), 3)
    expected = torch.cat([torch.tensor([1.0, 2.0]).softmax(0), torch.ones(1)])
    torch.testing.assert_close(found[:, 0], expected)


def test_taste_is_drawn_towards_what_fits_it():
    model = build(routing=1)
    with torch.no_grad():
        view = model._seen(Modality.TEXT, model.content.table(Modality.TEXT))
        found = model._routed(model.tastes["text"], view)
        taste = torch.tensor([1.0, 0.0])
        weight = (view[:2] @ taste).softmax(0)
        expected = F.normalize(taste + weight @ view[:2], dim=0)
    assert weight[0] > weight[1]
    torch.testing.assert_close(found[0], expected)


def test_a_click_that_content_does_not_explain_counts_for_little():
    model = build(routing=0)
    with torch.no_grad():
        view = model._seen(Modality.TEXT, model.content.table(Modality.TEXT))
        users, items = model._parts()
        weight = (view[:2] @ torch.tensor([1.0, 0.0])).softmax(0)
        heard = weight[0] * model.items[0] + weight[1] * model.items[1]
        # Item 1 hears both its users, the one that it fits more.
        fit = torch.stack([view[1] @ torch.tensor(t) for t in ([1.0, 0.0], [0.0, 1.0])]).softmax(0)
        told = fit[0] * model.users[0] + fit[1] * model.users[1]
    assert weight[1] < 0.3
    torch.testing.assert_close(users[0][0], (model.users[0] + heard) / 2)
    torch.testing.assert_close(items[0][1], (model.items[1] + told) / 2)
    assert not items[0][2].any()


def test_nobody_trusts_where_trust_is_negative():
    model = build(routing=0)
    with torch.no_grad():
        model.user_trust.fill_(-1.0)
        users, _ = model._parts()
    torch.testing.assert_close(users[0], model.users.detach() / 2)
