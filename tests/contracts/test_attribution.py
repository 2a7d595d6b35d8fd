"""What an attribution keeps for every registered model: sums, null players, new items."""

import pytest
import torch

from backend.explain.faithfulness import verdict
from backend.explain.modality_shapley import CoalitionTables, user_profile
from models.modality import Modality
from models.recommenders import (
    RECOMMENDERS,
    Batch,
    ClosedFormRecommender,
    FeatureTable,
    IterativeRecommender,
    Recommender,
    TrainingData,
    build_recommender,
)

USERS, ITEMS = 6, 8
NO_IMAGE = 6

CASES = [
    (entry.name, objective)
    for entry in RECOMMENDERS.entries()
    for objective in sorted(entry.cls.objectives)
]
every_model = pytest.mark.parametrize(("name", "objective"), CASES)


def features(n: int, seed: int, name: str) -> dict[Modality, FeatureTable]:
    """Raw for models that learn to read it."""
    generator = torch.Generator().manual_seed(seed)
    has_image = torch.arange(n) != min(NO_IMAGE, n - 1)
    image = torch.randn(n, 10, generator=generator)
    text = torch.randn(n, 7, generator=generator)
    words = 0
    entry = RECOMMENDERS[name]
    if entry.cls.raw_readers(entry.config()):
        words = 30
        image = torch.randint(1, 256, (n, 3 * 48 * 48), generator=generator).to(torch.uint8)
        text = torch.randint(1, words, (n, 7), generator=generator).to(torch.int32)
    return {
        Modality.IMAGE: FeatureTable(image * has_image.unsqueeze(1), has_image),
        Modality.TEXT: FeatureTable(text, torch.ones(n, dtype=torch.bool), words=words),
    }


def trained(name: str, objective: str) -> Recommender:
    pairs = torch.tensor([(u, (2 * u + step) % ITEMS) for u in range(USERS) for step in range(3)])
    ratings = torch.arange(len(pairs)).remainder(5) + 1.0
    data = TrainingData(USERS, ITEMS, pairs[:, 0], pairs[:, 1], ratings, features(ITEMS, 0, name))
    torch.manual_seed(0)
    members = []
    if RECOMMENDERS[name].cls.takes_members:
        members = [trained(member, objective) for member in ("ease_multimodal", "bpr")]
    model = build_recommender(name, data, objective=objective, members=members)  # type: ignore[arg-type]
    if isinstance(model, ClosedFormRecommender):
        model.solve(data)
        return model
    assert isinstance(model, IterativeRecommender)
    negatives = {
        "pairwise": torch.full((len(pairs), 2), ITEMS - 1),
        "shared": torch.arange(ITEMS),
        "none": torch.empty(0, dtype=torch.int64),
    }[model.sampling]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for epoch in range(5):
        model.begin_epoch(epoch)
        loss = model.loss(Batch(pairs[:, 0], pairs[:, 1], negatives, ratings))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return model


def every_pair() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.arange(USERS).repeat_interleave(ITEMS), torch.arange(ITEMS).repeat(USERS)


@every_model
def test_parts_and_baseline_add_up_to_the_score(name: str, objective: str) -> None:
    model = trained(name, objective)
    result = CoalitionTables(model).attribute(*every_pair())
    with torch.no_grad():
        shown = model.eval().embed().score_pairs(*every_pair())
    assert result.values.shape == (USERS * ITEMS, len(model.players))
    total = result.baseline + result.values.sum(1)
    torch.testing.assert_close(total, shown.double(), atol=1e-4, rtol=0)


@every_model
def test_the_baseline_knows_nothing_of_the_item(name: str, objective: str) -> None:
    result = CoalitionTables(trained(name, objective)).attribute(*every_pair())
    by_user = result.baseline.reshape(USERS, ITEMS)
    torch.testing.assert_close(by_user, by_user[:, :1].expand(USERS, ITEMS))


@every_model
def test_a_missing_picture_contributes_exactly_nothing(name: str, objective: str) -> None:
    model = trained(name, objective)
    if Modality.IMAGE not in model.players:
        pytest.skip("sees clicks only")
    present = {m: table.present for m, table in features(ITEMS, 0, name).items()}
    values = CoalitionTables(model, present).attribute(*every_pair()).values
    image = values[..., model.players.index(Modality.IMAGE)].reshape(USERS, ITEMS)
    assert (image[:, NO_IMAGE] == 0).all()
    shown = bool((image[:, :NO_IMAGE] != 0).any())
    # What only shaped the training is no part of any score, and the attribution says so.
    assert shown == (model.content_use != "training")


@every_model
def test_a_profile_is_shares_and_a_verdict_has_a_reason(name: str, objective: str) -> None:
    tables = CoalitionTables(trained(name, objective))
    profile = user_profile(tables, torch.arange(USERS), torch.arange(ITEMS))
    assert ((profile.sum(1) - 1).abs() < 1e-9).all()
    _, reason = verdict(tables, 0, 1)
    assert reason.endswith(".")


@every_model
def test_new_items_add_up_too(name: str, objective: str) -> None:
    model = trained(name, objective)
    if not model.reads_content:
        pytest.skip("does not read content")
    fresh, users = features(3, 5, name), torch.tensor([0, 4])
    result = CoalitionTables(model).attribute_new_items(users, fresh)
    with torch.no_grad():
        full = model.eval().embed()
        vectors, bias = model.embed_new_items(fresh)
    shown = full.user_rows(users) @ vectors.T + bias
    shown = shown + full.user_bias[users].unsqueeze(1) + full.offset
    total = result.baseline + result.values.sum(-1)
    torch.testing.assert_close(total, shown.double(), atol=1e-4, rtol=0)
    image = result.values[..., model.players.index(Modality.IMAGE)]
    assert (image[:, 2] == 0).all()
    assert (image[:, :2] != 0).any()
