"""FREEDOM with numbers worked by hand."""

import pytest
import torch
from torch.nn import functional as F

from models.modality import Modality
from models.recommenders import Batch, FeatureTable, TrainingData, build_recommender
from models.recommenders.freedom import Freedom

ROOT = 2**-0.5
PAPER = {"dim": 1, "layers": 1, "loss": "bpr", "l2": 0.0, "edge_dropout": 0.0}


def world(**others: FeatureTable) -> TrainingData:
    """Degrees: u0 2, u1 1; i0 1, i1 2; nobody took item 2, which has no text either."""
    values = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    text = FeatureTable(values, torch.tensor([True, True, False]))
    tables = {Modality.TEXT: text, **{Modality(m): t for m, t in others.items()}}
    users, items = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
    return TrainingData(2, 3, users, items, torch.ones(3), tables)


def build(data: TrainingData | None = None, **config: object) -> Freedom:
    model = build_recommender(
        "freedom", data or world(), config={**PAPER, "neighbours": 2, **config}
    )
    assert isinstance(model, Freedom)
    with torch.no_grad():
        model.users.copy_(torch.tensor([[1.0], [2.0]]))
        model.items.copy_(torch.tensor([[3.0], [-1.0], [0.5]]))
    return model.eval()


U0 = (1 + ROOT * 3 - 0.5) / 2
HEARD = torch.tensor([(3 + ROOT) / 2, (-1 + 0.5 + ROOT * 2) / 2, 0.0])
"""LightGCN's item vectors; the cold item has none."""
BORROWED = torch.tensor([1.0, 1.0, 0.0])
"""Items 0 and 1 are each other's and their own neighbours: half of 3 and half of -1."""


def test_score_is_what_clicks_say_and_what_alike_items_lend():
    model = build()
    user = torch.tensor([0])
    torch.testing.assert_close(model.embed().score(user)[0], U0 * (HEARD + BORROWED))
    torch.testing.assert_close(model.embed(frozenset({"text"})).score(user)[0], U0 * BORROWED)
    clicks = model.embed(frozenset({"collaborative"}))
    torch.testing.assert_close(clicks.score(user)[0], U0 * HEARD)


def test_loss_adds_content_as_a_view_of_its_own():
    model = build(content_weight=0.5, feature_dim=0)
    with torch.no_grad():
        model.views["text"].copy_(torch.tensor([[0.3], [0.7]]))
    batch = Batch(torch.tensor([0]), torch.tensor([0]), torch.tensor([[1]]), torch.ones(1))
    items = U0 * (HEARD + BORROWED)
    seen = U0 * (model.content.table(Modality.TEXT) @ torch.tensor([[0.3], [0.7]]))[:, 0]
    expected = F.softplus(items[1] - items[0]) + 0.5 * F.softplus(seen[1] - seen[0])
    torch.testing.assert_close(model.loss(batch), expected)


def test_two_layers_spread_twice():
    # (3 - 1) / 2 for both after one layer, and so it stays.
    found = build(item_layers=2).embed(frozenset({"text"}))
    torch.testing.assert_close(found.items[:, 0], BORROWED)


def test_an_item_hears_only_the_modalities_it_has():
    image = FeatureTable(torch.tensor([[1.0], [0.0], [1.0]]), torch.tensor([True, False, True]))
    model = build(world(image=image), image_share=0.25)
    borrowed = model.embed(frozenset({"image", "text"})).items[:, 0]
    # Image graph: items 0 and 2, mean of 3 and 0.5. Item 0 mixes, 1 has text alone, 2 image alone.
    torch.testing.assert_close(borrowed, torch.tensor([0.25 * 1.75 + 0.75 * 1.0, 1.0, 1.75]))


def test_a_new_item_borrows_from_those_alike():
    rows, bias = build().embed_new_items(
        {Modality.TEXT: FeatureTable(torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.ones(2) > 0)}
    )
    # The second is orthogonal to item 0, so item 1 is its only neighbour: 1 / sqrt(1 * 2) * -1.
    torch.testing.assert_close(rows[:, 0], torch.tensor([1.0, -ROOT]))
    assert not bias.any()


def test_thinning_keeps_its_share_and_prefers_rare_edges():
    n = 40
    users = torch.cat([torch.arange(n), torch.arange(n)])
    items = torch.cat([torch.zeros(n, dtype=torch.int64), torch.arange(1, n + 1)])
    here = torch.ones(n + 1, dtype=torch.bool)
    tables = {Modality.TEXT: FeatureTable(torch.rand(n + 1, 3), here)}
    data = TrainingData(n, n + 1, users, items, torch.ones(2 * n), tables)
    model = build_recommender("freedom", data, config={"edge_dropout": 0.75})
    assert isinstance(model, Freedom)
    torch.manual_seed(0)
    popular = rare = 0
    for epoch in range(20):
        model.begin_epoch(epoch)
        _, kept, _ = model.thinned.of_users(torch.arange(n))
        assert len(kept) == n // 2
        popular, rare = popular + int((kept == 0).sum()), rare + int((kept > 0).sum())
    # Weights 1 / sqrt(2 * 40) against 1 / sqrt(2).
    assert popular < rare / 3


def test_the_papers_loss_draws_one_negative_each():
    assert build().sampling == "pairwise"
    softmax = build(loss="softmax")
    assert softmax.sampling == "shared"
    assert softmax.embed().users.norm(dim=1).tolist() == pytest.approx([1.0, 1.0])
