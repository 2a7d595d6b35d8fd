from pathlib import Path

import numpy as np
import pytest
import torch

from backend.errors import DamagedArtefact, InvalidInput
from backend.retrieval import index as index_module
from backend.retrieval.index import (
    EXACT_LIMIT,
    GRAPH_LIMIT,
    RECALL_GOAL,
    Kind,
    build_index,
    kind_for,
    load_index,
)
from models.recommenders import Embeddings


def world(n_items: int = 40, dim: int = 5, users: int = 7) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    return (
        torch.randn(users, dim, generator=generator),
        torch.randn(n_items, dim, generator=generator),
        torch.randn(n_items, generator=generator),
    )


def test_ranks_and_scores_as_the_model_does() -> None:
    users, items, bias = world()
    model = Embeddings(users, items, torch.zeros(7), bias, 0.0)
    scores, best = model.score(torch.arange(7)).topk(10)
    index = build_index(items, bias)
    found = index.search(users, 10)
    assert found.items.tolist() == best.tolist()
    assert found.scores == pytest.approx(scores.numpy(), abs=1e-5)
    assert (index.kind, index.recall, index.size, index.dim) == ("flat", 1.0, 40, 5)


def test_the_bias_takes_part() -> None:
    items, bias = torch.eye(3), torch.tensor([0.0, 5.0, 0.0])
    found = build_index(items, bias).search(torch.tensor([[1.0, 0.0, 0.5]]), 3)
    assert found.items.tolist() == [[1, 0, 2]]
    assert found.scores.tolist() == [[5.0, 1.0, 0.5]]


def test_excluded_items_never_appear_and_the_rest_moves_up() -> None:
    users, items, bias = world()
    index = build_index(items, bias)
    everything = index.search(users, 40).items
    exclude = [everything[b, : b * 3] for b in range(7)]
    found = index.search(users, 5, exclude)
    for b in range(7):
        assert found.items[b].tolist() == everything[b, b * 3 : b * 3 + 5].tolist()


def test_more_than_there_is_gets_padded() -> None:
    users, items, bias = world(n_items=4)
    found = build_index(items, bias).search(users, 6, [np.array([2])] + [np.zeros(0, int)] * 6)
    assert found.items.shape == found.scores.shape == (7, 6)
    assert (found.items[0] >= 0).sum() == 3
    assert 2 not in found.items[0]
    assert (found.items[1] >= 0).sum() == 4
    assert np.isneginf(found.scores[found.items < 0]).all()


def test_no_users() -> None:
    _, items, bias = world()
    assert build_index(items, bias).search(torch.zeros(0, 5), 3, []).items.shape == (0, 3)


@pytest.mark.parametrize("kind", ["hnsw", "ivf"])
def test_an_approximate_index_reaches_its_recall_and_says_so(kind: Kind) -> None:
    users, items, bias = world(n_items=3000, dim=8, users=300)
    index = build_index(items, bias, queries=users, kind=kind)
    assert index.kind == kind
    assert index.recall >= RECALL_GOAL - 0.01
    exact = build_index(items, bias).search(users, 10).items
    got = index.search(users, 10).items
    measured = (got[:, :, None] == exact[:, None, :]).any(1).mean()
    assert measured == pytest.approx(index.recall, abs=0.02)
    assert build_index(items, bias, kind=kind).recall >= RECALL_GOAL - 0.01


@pytest.mark.parametrize("many", [0.0, 1.0])
def test_an_inverted_file_of_codes_is_as_good_as_one_of_vectors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, many: float
) -> None:
    """An odd number of dimensions with the bias, and more asked for than is scored exactly."""
    monkeypatch.setattr(index_module, "_MANY_CELLS", many)
    users, items, bias = world(n_items=3000, dim=10, users=300)
    index = build_index(items, bias, queries=users, kind="ivf")
    index.save(tmp_path)
    exact = build_index(items, bias).search(users, 10)
    for one in (index, load_index(tmp_path)):
        assert one is not None
        assert one.recall >= RECALL_GOAL - 0.01
        found = one.search(users, 10)
        assert (found.scores >= exact.scores[:, -1:] - 1e-5).mean() >= RECALL_GOAL - 0.01
        assert found.scores[:, 0] == pytest.approx(exact.scores[:, 0], abs=0.05)
    whole = index.search(users[:2], 3000).items
    assert all(len(set(row[row >= 0].tolist())) == (row >= 0).sum() for row in whole)


def test_the_stated_recall_is_that_of_queries_it_was_not_tuned_on() -> None:
    """Of items in pairs of equal score any is right: equal rows never count as missed."""
    users, items, bias = world(n_items=1500, dim=8, users=100)
    twice = build_index(items.repeat(2, 1), bias.repeat(2), queries=users, kind="ivf")
    assert twice.recall >= RECALL_GOAL - 0.02


def test_a_graph_that_misses_the_goal_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    users, items, bias = world(n_items=3000, dim=16, users=300)
    monkeypatch.setattr(index_module, "EXACT_LIMIT", 1000)
    monkeypatch.setattr(index_module, "_WIDEST", 17)
    assert build_index(items, 20 * bias, queries=users).kind == "ivf"
    assert build_index(items, 20 * bias, queries=users, kind="hnsw").kind == "hnsw"


def test_size_decides_which_index() -> None:
    assert kind_for(10) == kind_for(EXACT_LIMIT) == "flat"
    assert kind_for(EXACT_LIMIT + 1) == kind_for(GRAPH_LIMIT) == "hnsw"
    assert kind_for(GRAPH_LIMIT + 1) == "ivf"


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivf"])
def test_saved_and_loaded_it_answers_alike(tmp_path: Path, kind: Kind) -> None:
    users, items, bias = world(n_items=3000, dim=8)
    index = build_index(items, bias, kind=kind)
    assert load_index(tmp_path / "index") is None
    index.save(tmp_path / "index")
    again = load_index(tmp_path / "index")
    assert again is not None
    assert (again.kind, again.recall, again.seconds) == (kind, index.recall, index.seconds)
    assert again.search(users, 5).items.tolist() == index.search(users, 5).items.tolist()


def test_a_changed_or_missing_file_is_refused(tmp_path: Path) -> None:
    _, items, bias = world()
    build_index(items, bias).save(tmp_path)
    path = tmp_path / "items.faiss"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArtefact, match="was changed"):
        load_index(tmp_path)
    path.unlink()
    with pytest.raises(DamagedArtefact, match="is missing"):
        load_index(tmp_path)
    (tmp_path / "index.json").write_text("{")
    with pytest.raises(DamagedArtefact, match="record"):
        load_index(tmp_path)


def test_wrong_questions_are_refused() -> None:
    users, items, bias = world()
    index = build_index(items, bias)
    with pytest.raises(InvalidInput, match="length 5"):
        index.search(users[:, :4], 3)
    with pytest.raises(InvalidInput, match="at least one"):
        index.search(users, 0)
    with pytest.raises(InvalidInput, match="each user"):
        index.search(users, 3, [np.array([1])])
    with pytest.raises(InvalidInput, match="not numbers"):
        build_index(items * torch.nan, bias)
