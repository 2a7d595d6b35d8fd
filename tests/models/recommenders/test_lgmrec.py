"""LGMRec: neighbours and groups by hand."""

import torch
from torch.nn import functional as F

from models.modality import Modality
from models.recommenders import FeatureTable, TrainingData, build_recommender
from models.recommenders.lgmrec import Lgmrec

ROOT = 2**-0.5
TEXT = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])


def build(**config: object) -> Lgmrec:
    """u0 took items 0 and 1, u1 took item 1; item 2 has no text and nobody took it."""
    text = FeatureTable(TEXT, torch.tensor([True, True, False]))
    users, items = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
    data = TrainingData(2, 3, users, items, torch.ones(3), {Modality.TEXT: text})
    torch.manual_seed(0)
    settings = {"dim": 2, "layers": 1, "groups": 2, "loss": "bpr", "feature_dim": 0} | config
    model = build_recommender("lgmrec", data, config=settings)
    assert isinstance(model, Lgmrec)
    with torch.no_grad():
        model.users.copy_(torch.tensor([[1.0, 0.0], [2.0, 1.0]]))
        model.items.copy_(torch.tensor([[3.0, 0.0], [0.0, -1.0], [9.0, 9.0]]))
        model.views["text"].copy_(torch.tensor([[1.0, 2.0], [0.0, 0.0]]))
        # Memberships that leave no doubt: item 0 is in group 0, item 1 in group 1.
        model.memberships["text"].copy_(torch.tensor([[50.0, -50.0], [0.0, 0.0]]))
    return model.eval()


def test_clicks_alone_are_lightgcn():
    model = build()
    with torch.no_grad():
        found = model.embed(frozenset({"collaborative"})).items
        # Degrees: u0 2, u1 1; i0 1, i1 2.
        first = (model.items[0] + ROOT * model.users[0]) / 2
        second = (model.items[1] + 0.5 * model.users[0] + ROOT * model.users[1]) / 2
    torch.testing.assert_close(found, torch.stack([first, second, torch.zeros(2)]))


def test_content_is_its_own_view_and_its_group():
    model = build(global_weight=0.5)
    with torch.no_grad():
        found = model.embed(frozenset({"text"})).items
        heard = model._heard()[2]
        view = F.normalize(torch.tensor([1.0, 2.0]), dim=0)
        # With one item in each group, a group says what its item hears.
        said = F.normalize(heard, dim=1)
    torch.testing.assert_close(found[0], view + 0.5 * said[0])
    torch.testing.assert_close(found[1], -view + 0.5 * said[1])
    assert not found[2].any()


def test_users_hear_the_groups_of_what_they_took():
    model = build(global_weight=1.0)
    with torch.no_grad():
        grouped = model._sides(model._heard()[2])[0].grouped[:, 0]
        heard = model._heard()[2]
    # u1 took item 1 alone and is wholly in its group.
    torch.testing.assert_close(grouped[1], heard[1])


def test_memberships_are_drawn_in_training_only():
    model = build(keep=1.0)
    leaning = torch.zeros(4, 2)
    with torch.no_grad():
        assert torch.equal(model._member(leaning), torch.full((4, 2), 0.5))
        model.train()
        drawn = model._member(leaning)
    torch.testing.assert_close(drawn.sum(1), torch.ones(4))
    assert (drawn - 0.5).abs().max() > 0.1
