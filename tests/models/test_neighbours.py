import torch

from models import neighbours
from models.neighbours import content_key, nearest, within

CATALOGUE = torch.tensor([[1.0, 0.0], [2.0, 2.0], [0.0, 3.0], [0.0, 0.0], [-1.0, 0.0]])


def test_nearest_by_cosine_with_itself_first():
    found = nearest(CATALOGUE, CATALOGUE, 2)
    assert found.items[:3].tolist()[0] == [0, 1]
    assert found.items[2].tolist() == [2, 1]
    root = 2**-0.5
    torch.testing.assert_close(found.similarity[0], torch.tensor([1.0, root]))


def test_an_item_without_content_has_no_neighbours_and_is_nobodys():
    found = nearest(CATALOGUE, CATALOGUE, 5)
    assert found.similarity[3].tolist() == [0.0] * 5
    alike = found.similarity > 0
    assert 3 not in found.items[alike].tolist()
    # Opposite and orthogonal content is no likeness: item 4 has itself alone.
    assert alike[4].sum() == 1


def test_blocks_change_nothing(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(50, 6, generator=generator)
    whole = nearest(table, table, 7)
    monkeypatch.setattr(neighbours, "_CELLS", 150)
    parts = nearest(table, table, 7)
    assert torch.equal(whole.items, parts.items)
    torch.testing.assert_close(whole.similarity, parts.similarity)


def test_fewer_items_than_wanted_and_nobody_at_all():
    assert nearest(CATALOGUE, CATALOGUE[:1], 10).items.shape == (5, 1)
    assert nearest(CATALOGUE[:0], CATALOGUE, 3).items.shape == (0, 3)


def test_the_memory_is_keyed_by_content():
    first, again = within(CATALOGUE, 2), within(CATALOGUE.clone(), 2)
    assert again.items is first.items
    changed = CATALOGUE.clone()
    changed[0, 1] = 9.0
    assert within(changed, 2).items[0].tolist() == [0, 2]
    assert content_key(changed) != content_key(CATALOGUE)
    assert content_key(CATALOGUE.reshape(2, 5)) != content_key(CATALOGUE)


def test_the_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(neighbours, "_KEPT", 2)
    for number in range(5):
        within(CATALOGUE + number, 1)
    assert len(neighbours._remembered) == 2
