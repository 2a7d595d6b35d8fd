"""The Gaussian process against the joint one over all ratings, written out densely."""

from dataclasses import replace

import pytest
import torch

from models.errors import ConfigError
from models.modality import COLLABORATIVE, Modality
from models.recommenders import FeatureTable, TrainingData, build_recommender

USERS, ITEMS = 5, 7
CONTENT, TASTE, NOISE, LEVEL, QUALITY, OF_QUALITY, TRUST = 0.7, 0.4, 0.3, 0.2, 0.5, 0.4, 3.0
CONFIG = {
    "content": CONTENT,
    "taste": TASTE,
    "noise": NOISE,
    "level": LEVEL,
    "quality": QUALITY,
    "quality_content": OF_QUALITY,
    "trust": TRUST,
}


def world() -> TrainingData:
    """Item 6 is cold and item 5 has no text; ratings have mean 3 and variance 1."""
    chance = torch.Generator().manual_seed(1)
    users = torch.tensor([0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4])
    items = torch.tensor([0, 1, 5, 2, 3, 0, 4, 1, 2, 3, 4, 5])
    ratings = torch.randn(len(users), generator=chance)
    ratings = (ratings - ratings.mean()) / ratings.std(correction=0) + 3
    there = torch.arange(ITEMS) != 5
    text = torch.randn(ITEMS, 4, generator=chance) * there.unsqueeze(1)
    image = torch.randn(ITEMS, 3, generator=chance)
    everywhere = torch.ones(ITEMS, dtype=torch.bool)
    features = {
        Modality.IMAGE: FeatureTable(image, everywhere),
        Modality.TEXT: FeatureTable(text, there),
    }
    return TrainingData(USERS, ITEMS, users, items, ratings, features)


def solved(data: TrainingData, **settings: float):
    model = build_recommender(
        "gaussian_process", data, config={**CONFIG, **settings}, objective="rating"
    )
    with torch.no_grad():
        model.solve(data)
    return model


def scores(data: TrainingData, **settings: float) -> torch.Tensor:
    return solved(data, **settings).embed().score(torch.arange(USERS))


def cosines(data: TrainingData) -> torch.Tensor:
    total = torch.zeros(ITEMS, ITEMS)
    for table in data.features.values():
        rows = table.values - table.values[table.present].mean(0)
        rows = rows / rows.norm(dim=1, keepdim=True) * table.present.unsqueeze(1)
        total += rows @ rows.T
    return total / len(data.features)


def joint(data: TrainingData, covariance: torch.Tensor) -> torch.Tensor:
    """Everybody's conditional expectation given all ratings at once, f32[U, I]."""
    k, eye = cosines(data), torch.eye(ITEMS)
    means = QUALITY * (OF_QUALITY * k + (1 - OF_QUALITY) * eye)
    u, i = data.users, data.items
    same = (u.unsqueeze(1) == u).float()
    of_ratings = same * covariance[i][:, i] + means[i][:, i] + NOISE * torch.eye(len(u))
    weights = torch.linalg.solve(of_ratings, data.ratings - 3)
    everybody = (torch.arange(USERS).unsqueeze(1) == u).float()
    to_all = everybody.unsqueeze(1) * covariance[:, i] + means[:, i]
    return 3 + to_all @ weights


def prior(data: TrainingData) -> torch.Tensor:
    eye = torch.eye(ITEMS)
    return TASTE * (CONTENT * cosines(data) + (1 - CONTENT) * eye) + LEVEL


def test_without_steps_it_is_the_conditional_expectation_given_all_ratings():
    data = world()
    torch.testing.assert_close(scores(data, steps=0), joint(data, prior(data)), atol=1e-4, rtol=0)


def test_a_step_moves_the_covariance_by_expectation_maximisation():
    data = world()
    # Items that nobody judges better than others, so that the means are known.
    trust = 0.5
    config = {"quality": 0.001, "quality_content": 0.0, "trust": trust}
    k = prior(data)
    surprise = torch.zeros(ITEMS, ITEMS)
    for user in range(USERS):
        mine = data.users == user
        items, residual = data.items[mine], data.ratings[mine] - 3
        inverse = (k[items][:, items] + NOISE * torch.eye(len(items))).inverse()
        dual = inverse @ residual
        surprise[items.unsqueeze(1), items] += torch.outer(dual, dual) - inverse
    moved = (trust * k + USERS * k + k @ surprise @ k) / (trust + USERS)
    expected = torch.full((USERS, ITEMS), 3.0)
    for user in range(USERS):
        mine = data.users == user
        items, residual = data.items[mine], data.ratings[mine] - 3
        of_ratings = moved[items][:, items] + NOISE * torch.eye(len(items))
        expected[user] += moved[:, items] @ torch.linalg.solve(of_ratings, residual)
    torch.testing.assert_close(scores(data, steps=1, **config), expected, atol=0.01, rtol=0)
    assert (scores(data, steps=0, **config) - expected).abs().max() > 0.1


def test_another_scale_of_ratings_changes_the_unit_and_nothing_else():
    data = world()
    percent = replace(data, ratings=data.ratings * 20 + 5)
    torch.testing.assert_close(scores(percent), scores(data) * 20 + 5, atol=1e-3, rtol=1e-4)


def test_two_ratings_of_one_item_count_as_their_mean():
    data = world()
    ratings = torch.cat([data.ratings, data.ratings[:1] + 0.5])
    ratings[0] -= 0.5
    twice = replace(
        data,
        users=torch.cat([data.users, data.users[:1]]),
        items=torch.cat([data.items, data.items[:1]]),
        ratings=ratings,
    )
    model, once = solved(twice), solved(data)
    assert model.duals.shape == once.duals.shape
    assert torch.equal(model.keys, once.keys)


def test_taste_for_content_reaches_a_cold_item():
    """Users 0-3 love what looks like items 0-2 and hate what looks like 3-5; 6 looks like 0-2."""
    side = torch.tensor([1.0, 1, 1, -1, -1, -1, 1])
    image = torch.stack([side, torch.zeros(ITEMS)], dim=1)
    table = FeatureTable(image, torch.ones(ITEMS, dtype=torch.bool))
    users = torch.arange(4).repeat_interleave(6)
    items = torch.arange(6).repeat(4)
    signs = torch.where(users % 2 == 0, 1.0, -1.0)
    data = TrainingData(
        USERS, ITEMS, users, items, 3 + signs * side[items], {Modality.IMAGE: table}
    )
    model = solved(data)
    found = model.embed().score(torch.arange(USERS))[:, 6]
    assert (found[[0, 2]] > 3.5).all()
    assert (found[[1, 3]] < 2.5).all()
    unheard = model.embed(frozenset({COLLABORATIVE})).score(torch.arange(USERS))[:, 6]
    torch.testing.assert_close(unheard, torch.full((USERS,), 3.0), atol=0.05, rtol=0)
    new, bias = model.embed_new_items({Modality.IMAGE: FeatureTable(image[6:], table.present[6:])})
    torch.testing.assert_close(new[0], model.embed().items[6])
    torch.testing.assert_close(bias[0], model.embed().item_bias[6])


def test_without_content_pictures_say_nothing():
    model = solved(world(), content=0.0, quality_content=0.0)
    alone = model.embed(frozenset({"image", "text"}))
    assert not alone.items.any()
    assert not alone.item_bias.any()


def test_a_catalogue_that_does_not_fit_is_refused():
    data = replace(world(), n_items=15_001)
    with pytest.raises(ConfigError, match="Choose 'mf' or 'fused' above 15,000 items"):
        build_recommender("gaussian_process", data, objective="rating")
