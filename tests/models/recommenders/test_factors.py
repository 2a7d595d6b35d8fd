"""Matrix factorisation, BPR, LightGCN and VBPR with numbers worked by hand."""

from math import exp, log

import pytest
import torch
from torch.nn import functional as F

from models.modality import Modality
from models.recommenders import Batch, FeatureTable, TrainingData, build_recommender

NO_ITEMS = torch.empty(0, dtype=torch.int64)


def world() -> TrainingData:
    values = torch.tensor([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    table = FeatureTable(values, torch.tensor([True, True, False]))
    return TrainingData(
        2,
        3,
        torch.tensor([0, 0, 1]),
        torch.tensor([0, 1, 1]),
        torch.tensor([5.0, 3.0, 4.0]),
        {Modality.TEXT: table},
    )


def fill(model: torch.nn.Module, **values: list) -> None:
    for name, value in values.items():
        with torch.no_grad():
            getattr(model, name).copy_(torch.tensor(value))


FACTORS = {"users": [[1.0], [2.0]], "items": [[3.0], [-1.0], [0.5]], "item_bias": [0.1, 0.2, 0.3]}


def test_mf_ratings_by_hand():
    model = build_recommender("mf", world(), config={"dim": 1, "l2": 0.0}, objective="rating")
    fill(model, **FACTORS, user_bias=[0.5, -0.5])
    # Mean rating 4; user 1, item 2: 4 - 0.5 + 0.3 + 2 * 0.5.
    assert model.embed().score(torch.tensor([1]))[0, 2].item() == pytest.approx(4.8)
    batch = Batch(torch.tensor([1]), torch.tensor([2]), NO_ITEMS, torch.tensor([3.0]))
    assert model.loss(batch).item() == pytest.approx(1.8**2)
    assert model.sampling == "none"


def test_mf_ranking_is_a_logistic_loss():
    model = build_recommender("mf", world(), config={"dim": 1, "l2": 0.0})
    fill(model, **FACTORS, user_bias=[0.0, 0.0])
    batch = Batch(torch.tensor([0]), torch.tensor([0]), torch.tensor([[2]]), torch.ones(1))
    # Positive 1 * 3 + 0.1, negative 1 * 0.5 + 0.3.
    expected = log(1 + exp(-3.1)) + log(1 + exp(0.8))
    assert model.loss(batch).item() == pytest.approx(expected, rel=1e-6)


def test_bpr_by_hand():
    model = build_recommender("bpr", world(), config={"dim": 1, "l2": 0.1})
    fill(model, **FACTORS)
    batch = Batch(torch.tensor([0]), torch.tensor([0]), torch.tensor([[2]]), torch.ones(1))
    # Half the squared lengths: user 1, positive 3 and 0.1, negative 0.5 and 0.3.
    penalty = 0.1 * (1 + 9 + 0.01 + 0.25 + 0.09) / 2
    expected = log(1 + exp(-(3.1 - 0.8))) + penalty
    assert model.loss(batch).item() == pytest.approx(expected, rel=1e-6)
    torch.testing.assert_close(
        model.embed().score(torch.tensor([1])), torch.tensor([[6.1, -1.8, 1.3]])
    )


def test_lightgcn_scores_are_propagated_dot_products():
    config = {"dim": 1, "layers": 1, "loss": "bpr", "l2": 0.0}
    model = build_recommender("lightgcn", world(), config=config)
    fill(model, users=FACTORS["users"], items=FACTORS["items"])
    # Degrees: u0 2, u1 1; i0 1, i1 2. Edges: u0-i0 1/√2, u0-i1 1/2, u1-i1 1/√2.
    root = 2**-0.5
    u0 = (1 + root * 3 - 0.5) / 2
    items = [(3 + root) / 2, (-1 + 0.5 + root * 2) / 2, 0.5 / 2]
    found = model.embed().score(torch.tensor([0]))[0]
    torch.testing.assert_close(found, torch.tensor([u0 * item for item in items]))


def test_lightgcn_softmax_compares_cosines():
    model = build_recommender("lightgcn", world(), config={"dim": 4, "loss": "softmax"})
    found = model.embed()
    torch.testing.assert_close(found.users.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(found.items.norm(dim=1), torch.ones(3))
    assert model.sampling == "shared"


def test_vbpr_adds_taste_for_content_to_bpr():
    config = {"dim": 1, "feature_dim": 0, "l2": 0.0, "content_l2": 0.0, "loss": "bpr"}
    model = build_recommender("vbpr", world(), config=config)
    fill(model, **FACTORS, tastes=[[1.0], [-2.0]], view=[[0.5], [1.0]], content_bias=[0.1, 0.0])
    # Centred rows (1, -1) and (-1, 1), length 1, mean square 1: (1, -1) and (-1, 1).
    f = torch.tensor([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]])
    torch.testing.assert_close(model.content.table(Modality.TEXT), f)
    seen, bias = [-0.5, 0.5, 0.0], [0.1, -0.1, 0.0]
    plain = [6.1, -1.8, 0.0]  # nobody took item 2: what its own vector says counts for nothing
    expected = [p - 2 * s + b for p, s, b in zip(plain, seen, bias, strict=True)]
    torch.testing.assert_close(model.embed().score(torch.tensor([1]))[0], torch.tensor(expected))
    batch = Batch(torch.tensor([1]), torch.tensor([0]), torch.tensor([[2]]), torch.ones(1))
    difference = torch.tensor(expected[0] - expected[2])
    assert model.loss(batch).item() == pytest.approx(F.softplus(-difference).item(), rel=1e-5)
    text_only = model.embed(frozenset({"text"})).score(torch.tensor([1]))[0]
    content = [-2 * s + b for s, b in zip(seen, bias, strict=True)]
    torch.testing.assert_close(text_only, torch.tensor(content))
