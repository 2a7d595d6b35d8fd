"""The ensemble against sums that can be done by hand."""

import pytest
import torch
from torch import Tensor

from backend.explain.modality_shapley import CoalitionTables
from models.errors import ConfigError
from models.modality import COLLABORATIVE, Modality
from models.recommenders import FeatureTable, Recommender, TrainingData, build_recommender

USERS, ITEMS = 12, 10
EVERYBODY = torch.arange(USERS)


def world() -> TrainingData:
    """Item 9 is cold."""
    generator = torch.Generator().manual_seed(1)
    pairs = torch.tensor(
        [(u, (3 * u + step * step) % (ITEMS - 1)) for u in range(USERS) for step in range(3)]
    )
    pairs = torch.unique(pairs, dim=0)
    here = torch.ones(ITEMS, dtype=torch.bool)
    return TrainingData(
        USERS,
        ITEMS,
        pairs[:, 0],
        pairs[:, 1],
        torch.ones(len(pairs)),
        {
            m: FeatureTable(torch.randn(ITEMS, 6, generator=generator), here)
            for m in (Modality.IMAGE, Modality.TEXT)
        },
    )


def solved(name: str, data: TrainingData, members: list[Recommender] | None = None) -> Recommender:
    torch.manual_seed(0)
    model = build_recommender(name, data, members=members or [])
    if hasattr(model, "solve"):
        with torch.no_grad():
            model.solve(data)
    return model.eval()


def standardised(model: Recommender) -> Tensor:
    with torch.no_grad():
        scores = model.embed().score(EVERYBODY)
    return (scores - scores.mean(1, keepdim=True)) / scores.std(1, correction=0, keepdim=True)


def test_the_score_is_the_weighted_sum_of_standardised_scores() -> None:
    data = world()
    members = [solved(name, data) for name in ("ease_multimodal", "fused", "ease")]
    model = solved("ensemble", data, members)
    model.weights.copy_(torch.tensor([0.5, 0.3, 0.2]))
    expected = sum(w * standardised(m) for w, m in zip((0.5, 0.3, 0.2), members, strict=True))
    with torch.no_grad():
        found = model.embed().score(EVERYBODY)
    warm = data.clicked.bool()
    torch.testing.assert_close(found[:, warm], expected[:, warm], atol=1e-5, rtol=1e-4)
    # EASE has never met item 9: only the two others speak of it.
    content = 0.5 * standardised(members[0]) + 0.3 * standardised(members[1])
    torch.testing.assert_close(found[:, 9], content[:, 9], atol=1e-5, rtol=1e-4)


def test_attributions_are_the_weighted_sum_of_the_members_attributions() -> None:
    data = world()
    members = [solved(name, data) for name in ("ease_multimodal", "fused")]
    model = solved("ensemble", data, members)
    model.weights.copy_(torch.tensor([0.7, 0.3]))
    items = torch.arange(ITEMS).expand(USERS, ITEMS)
    whole = CoalitionTables(model).attribute_lists(EVERYBODY, items)
    parts = [CoalitionTables(member).attribute_lists(EVERYBODY, items).values for member in members]
    loud = (model.weights.unsqueeze(1) * model.scales).double()
    expected = sum(f[:, None, None] * part for f, part in zip(loud, parts, strict=True))
    torch.testing.assert_close(whole.values, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(whole.baseline + whole.values.sum(-1), whole.score)


def test_clicks_only_members_know_no_new_items() -> None:
    data = world()
    model = solved("ensemble", data, [solved("ease", data), solved("item_knn", data)])
    assert model.players == (COLLABORATIVE,)
    assert not model.scores_new_items


def test_a_member_that_says_the_same_of_everything_is_not_heard() -> None:
    data = world()
    empty = TrainingData(
        USERS, ITEMS, data.users[:0], data.items[:0], data.ratings[:0], data.features
    )
    mute, ease = solved("ease", empty), solved("ease", data)
    model = solved("ensemble", data, [mute, ease])
    assert model.scales[0].eq(0).all()
    with torch.no_grad():
        assert model.embed().score(EVERYBODY).isfinite().all()


def test_one_member_is_no_ensemble() -> None:
    data = world()
    with pytest.raises(ConfigError, match="two or more finished runs"):
        build_recommender("ensemble", data, members=[solved("ease", data)])
