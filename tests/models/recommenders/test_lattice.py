"""LATTICE with numbers worked by hand."""

import torch
from torch.nn import functional as F

from models.modality import Modality
from models.recommenders import Batch, FeatureTable, TrainingData, build_recommender
from models.recommenders.lattice import Lattice

ITEMS = torch.tensor([[3.0, 1.0], [-1.0, 2.0], [0.5, 0.5]])


def build(**config: object) -> Lattice:
    """Item 2 has no text and nobody took it; texts of 0 and 1 have cosine 1/√2."""
    text = FeatureTable(
        torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]), torch.tensor([True, True, False])
    )
    users, items = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
    data = TrainingData(2, 3, users, items, torch.ones(3), {Modality.TEXT: text})
    torch.manual_seed(0)
    settings = {"dim": 2, "layers": 1, "loss": "bpr", "neighbours": 2, "feature_dim": 0} | config
    model = build_recommender("lattice", data, config=settings)
    assert isinstance(model, Lattice)
    with torch.no_grad():
        model.items.copy_(ITEMS)
    return model.eval()


def look(model: Lattice, weight: list[list[float]]) -> None:
    """Likeness as learned: text through `weight`."""
    with torch.no_grad():
        model.likeness["text"].weight.copy_(torch.tensor(weight))
        model.likeness["text"].bias.zero_()
    model.begin_epoch(0)


def test_likeness_as_encoded_spreads_by_cosine():
    with torch.no_grad():
        found = build(frozen_share=1.0).embed(frozenset({"text"})).items
    lent = torch.stack([ITEMS[0] + 2**-0.5 * ITEMS[1], ITEMS[1] + 2**-0.5 * ITEMS[0]])
    torch.testing.assert_close(found[:2], F.normalize(lent, dim=1))
    assert not found[2].any()


def test_who_learned_that_two_are_unlike_lets_neither_borrow():
    model = build(frozen_share=0.0)
    # Centred, the two texts point away from each other: no map through the origin unites them.
    look(model, [[1.0, 0.0], [0.0, 1.0]])
    with torch.no_grad():
        found = model.embed(frozenset({"text"})).items
    torch.testing.assert_close(found[:2], F.normalize(ITEMS[:2], dim=1))
    with torch.no_grad():
        model.likeness["text"].bias.fill_(100.0)
    model.begin_epoch(1)
    with torch.no_grad():
        united = model.embed(frozenset({"text"})).items
    torch.testing.assert_close(united[0], united[1], atol=0.05, rtol=0)


def test_what_is_alike_is_learned_from_clicks():
    model = build(frozen_share=0.5)
    with torch.no_grad():
        model.likeness["text"].bias.fill_(1.0)
    model.begin_epoch(0)
    batch = Batch(torch.tensor([0]), torch.tensor([0]), torch.tensor([[1]]), torch.ones(1))
    model.loss(batch).backward()
    gradient = model.likeness["text"].weight.grad
    assert gradient is not None
    assert gradient.abs().max() > 1e-6


def test_neighbours_are_part_of_the_state():
    model = build(frozen_share=0.0)
    with torch.no_grad():
        model.likeness["text"].bias.fill_(100.0)
    model.begin_epoch(0)
    loaded = build(frozen_share=0.0)
    loaded.load_state_dict(model.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(loaded.embed().items, model.embed().items)


def test_a_new_item_like_an_old_one_borrows_as_it_does():
    model = build(frozen_share=0.5)
    look(model, [[1.0, 0.5], [0.0, 1.0]])
    text = FeatureTable(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([True, False]))
    with torch.no_grad():
        rows, bias = model.embed_new_items({Modality.TEXT: text})
        old = model.embed(frozenset({"text"})).items
    torch.testing.assert_close(rows[0], old[0])
    assert not rows[1].any()
    assert not bias.any()
