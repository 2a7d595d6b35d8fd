from dataclasses import replace

import numpy as np
import pytest
import torch

from backend.data.dataset import Interactions
from backend.errors import InvalidInput, NotFound
from backend.retrieval.index import build_index
from backend.retrieval.recommender import NewItems, audience, recommend, similar_items
from models.recommenders import Embeddings

# scores of user 0: 3 1 2 0 (+ bias 0 0 0 2.5 = 2.5), of user 1: the negatives; both + 10
MODEL = Embeddings(
    torch.tensor([[1.0], [-1.0]]),
    torch.tensor([[3.0], [1.0], [2.0], [0.0]]),
    torch.tensor([0.0, 4.0]),
    torch.tensor([0.0, 0.0, 0.0, 2.5]),
    10.0,
)


def indexed(use: bool) -> object:
    return build_index(MODEL.items, MODEL.item_bias) if use else None


@pytest.mark.parametrize("use_index", [False, True])
def test_a_list_has_the_scores_of_the_model(use_index: bool) -> None:
    result = recommend(MODEL, 0, 3, index=indexed(use_index))  # type: ignore[arg-type]
    assert result.items.tolist() == [0, 3, 2]
    assert result.scores.tolist() == [13.0, 12.5, 12.0]
    assert result.ranks.tolist() == [1, 2, 3]
    other = recommend(MODEL, 1, 1, index=indexed(use_index))  # type: ignore[arg-type]
    assert other.items.tolist() == [3]
    assert other.scores.tolist() == [16.5]


@pytest.mark.parametrize("use_index", [False, True])
def test_history_and_new_items(use_index: bool) -> None:
    new = NewItems(torch.tensor([[2.8], [9.0]]), torch.tensor([0.0, 1.0]))
    result = recommend(
        MODEL,
        0,
        3,
        exclude=np.array([0, 2]),
        index=indexed(use_index),  # type: ignore[arg-type]
        new_items=new,
    )
    assert result.items.tolist() == [5, 4, 3]
    assert result.scores == pytest.approx([20.0, 12.8, 12.5])
    without = recommend(MODEL, 0, 3, exclude=np.array([0, 2, 5]), new_items=new)
    assert without.items.tolist() == [4, 3, 1]


@pytest.mark.parametrize("use_index", [False, True])
def test_a_list_ends_where_the_candidates_do(use_index: bool) -> None:
    index = indexed(use_index)
    assert len(recommend(MODEL, 0, 9, index=index).items) == 4  # type: ignore[arg-type]
    nothing = recommend(MODEL, 0, 9, exclude=np.arange(4), index=index)  # type: ignore[arg-type]
    assert nothing.items.tolist() == []
    assert nothing.ranks.tolist() == []


def test_sparse_histories() -> None:
    history = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    weights = torch.tensor([[0.0, 1.0], [3.0, 0.0], [1.0, 1.0]])
    model = Embeddings(history.to_sparse_csr(), weights, torch.zeros(2), torch.zeros(3), 0.0)
    assert recommend(model, 1, 3).items.tolist() == [0, 2, 1]
    index = build_index(model.items, model.item_bias)
    assert recommend(model, 0, 2, index=index).items.tolist() == [1, 2]


def test_equal_scores_go_by_item_number() -> None:
    flat = Embeddings(torch.ones(1, 1), torch.ones(5, 1), torch.zeros(1), torch.zeros(5), 0.0)
    assert recommend(flat, 0, 3).items.tolist() == [0, 1, 2]


def test_like_one_item_and_like_several() -> None:
    items = torch.tensor([[1.0, 0.0], [5.0, 0.5], [0.0, 2.0], [1.0, 1.0], [0.0, 0.0], [-1.0, 0.0]])
    one = similar_items(items, np.array([0]), 5)
    assert one.items.tolist() == [1, 3, 2, 4, 5]
    assert one.scores[1] == pytest.approx(1 / 2**0.5)
    both = similar_items(items, np.array([0, 2]), 1)
    assert both.items.tolist() == [3]
    assert both.scores == pytest.approx([1.0])
    assert similar_items(items, np.array([0]), 1, exclude=np.array([1])).items.tolist() == [3]


def test_audience_goes_by_rank_not_by_raw_score() -> None:
    # User 1 scores everything higher, yet the item is last for her and first for user 0.
    result = audience(MODEL, NewItems(torch.tensor([[4.0]]), torch.tensor([0.0])), 5)
    assert result.users.tolist() == [0, 1]
    assert result.ranks.tolist() == [1, 5]
    assert result.scores.tolist() == [14.0, 10.0]
    only = audience(MODEL, NewItems(torch.tensor([[4.0]]), torch.tensor([0.0])), 1, batch=1)
    assert only.users.tolist() == [0]


def test_who_chooses_much_is_a_likelier_taker() -> None:
    items = torch.tensor([[4.0], [3.0], [2.0], [1.0]])
    model = Embeddings(torch.ones(3, 1), items, torch.zeros(3), torch.zeros(4), 0.0)
    new = NewItems(torch.tensor([[2.5]]), torch.zeros(1))
    # users 0, 1, 2 have 0, 1 and 2 choices, all of them below the new item: it is number 3 to each
    known = Interactions(np.array([1, 2, 2]), np.array([3, 2, 3]), np.ones(3), np.arange(3))
    found = audience(model, new, 3, known=known)
    assert found.users.tolist() == [2, 1, 0]
    assert found.ranks.tolist() == [3, 3, 3]
    # user 0 has no choices but the item at number 1: 1 / 1 is more than 2 / 4
    steep = replace(model, users=torch.tensor([[-1.0], [1.0], [1.0]]))
    low = NewItems(torch.tensor([[0.5]]), torch.tensor([0.0]))
    few = Interactions(np.array([1]), np.array([3]), np.ones(1), np.arange(1))
    assert audience(steep, low, 1, known=few).users.tolist() == [0]


def test_wrong_questions_are_refused() -> None:
    with pytest.raises(NotFound, match="user number 2"):
        recommend(MODEL, 2, 3)
    with pytest.raises(NotFound, match="user number -1"):
        recommend(MODEL, -1, 3)
    with pytest.raises(InvalidInput, match="at least one"):
        recommend(MODEL, 0, 0)
    with pytest.raises(InvalidInput, match="at least one item"):
        similar_items(MODEL.items, np.zeros(0, np.int64), 3)
    with pytest.raises(NotFound, match="not in the catalogue"):
        similar_items(MODEL.items, np.array([4]), 3)
    with pytest.raises(InvalidInput, match="learned nothing"):
        similar_items(MODEL.items, np.array([3]), 3)
    with pytest.raises(InvalidInput, match="one item at a time"):
        audience(MODEL, NewItems(torch.zeros(2, 1), torch.zeros(2)), 3)


def test_what_a_user_has_does_not_stand_before_a_new_item() -> None:
    items = torch.tensor([[3.0], [2.0], [1.0]])
    users = torch.ones(2, 1)
    model = Embeddings(users, items, torch.zeros(2), torch.zeros(3), 0.0)
    new = NewItems(torch.tensor([[1.5]]), torch.zeros(1))
    known = Interactions(np.array([1, 1]), np.array([1, 0]), np.ones(2, np.float32))
    assert audience(model, new, 2).ranks.tolist() == [3, 3]
    found = audience(model, new, 2, known=known, batch=1)
    assert (found.users.tolist(), found.ranks.tolist()) == ([1, 0], [1, 3])
