from itertools import combinations

import numpy as np
import pytest

from backend.errors import InvalidInput
from backend.retrieval.rerank import dpp, less_popular, mmr

# Two twins on each of two axes, then one in between; relevance falls.
VECTORS = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0.6, 0.8]], np.float32)
RELEVANCE = np.array([1.0, 0.9, 0.5, 0.4, 0.0])


@pytest.mark.parametrize("method", [mmr, dpp])
def test_without_diversity_the_order_is_that_of_relevance(method) -> None:  # type: ignore[no-untyped-def]
    assert method(RELEVANCE, VECTORS, 5, 0.0).tolist() == [0, 1, 2, 3, 4]
    assert method(np.array([1.0, 3.0, 3.0]), VECTORS[:3], 2, 0.0).tolist() == [1, 2]


@pytest.mark.parametrize("method", [mmr, dpp])
def test_a_twin_gives_way_to_something_else(method) -> None:  # type: ignore[no-untyped-def]
    assert method(RELEVANCE, VECTORS, 2, 0.5).tolist() == [0, 2]


def test_mmr_weighs_relevance_against_the_most_alike() -> None:
    # after 0: item 1: .7 * .9 - .3 * 1 = .33; item 2: .7 * .5 - 0 = .35; item 4: 0 - .3 * .6
    assert mmr(RELEVANCE, VECTORS, 2, 0.3).tolist() == [0, 2]
    # .75 * .9 - .25 = .425 against .75 * .5 = .375
    assert mmr(RELEVANCE, VECTORS, 2, 0.25).tolist() == [0, 1]


def test_dpp_spans_what_the_best_pair_spans() -> None:
    """Greedy from item 0 finds the pair with the largest determinant that holds item 0."""
    vectors = np.random.default_rng(3).normal(size=(30, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kernel = (1 + vectors @ vectors.T) / 2
    relevance = np.zeros(30)
    relevance[0] = 1e-9
    found = dpp(relevance, vectors, 2, 0.999999)
    assert found[0] == 0
    best = max(range(1, 30), key=lambda n: np.linalg.det(kernel[np.ix_([0, n], [0, n])]))
    assert found[1] == best


def test_dpp_of_three_is_as_greedy_as_computing_each_determinant() -> None:
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(20, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    relevance = rng.random(20)
    kernel = ((1 + vectors @ vectors.T) / 2).astype(np.float64)
    worth = (relevance - relevance.min()) / (relevance.max() - relevance.min())
    chosen: list[int] = []
    for _ in range(4):

        def objective(n: int, taken: tuple[int, ...] = tuple(chosen)) -> float:
            rows = [*taken, n]
            return float(
                0.5 * worth[rows].sum() + 0.5 * np.linalg.slogdet(kernel[np.ix_(rows, rows)])[1]
            )

        chosen.append(max((n for n in range(20) if n not in chosen), key=objective))
    assert dpp(relevance, vectors, 4, 0.5).tolist() == chosen


def test_dpp_goes_on_by_relevance_where_nothing_new_is_left() -> None:
    same = np.tile(np.array([[1, 0]], np.float32), (4, 1))
    assert dpp(np.array([0.1, 0.4, 0.2, 0.3]), same, 4, 0.5).tolist() == [1, 3, 2, 0]


@pytest.mark.parametrize("method", [mmr, dpp])
def test_more_diversity_makes_lists_less_alike(method) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    centres = rng.normal(size=(5, 16))
    vectors = centres[rng.integers(0, 5, 200)] + 0.2 * rng.normal(size=(200, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    relevance = vectors @ centres[0] + 0.1 * rng.normal(size=200)

    def alike(diversity: float) -> float:
        rows = method(relevance, vectors, 10, diversity)
        return float(np.mean([vectors[a] @ vectors[b] for a, b in combinations(rows, 2)]))

    assert alike(0.0) > alike(0.5) >= alike(0.9)


@pytest.mark.parametrize("method", [mmr, dpp])
def test_short_and_empty_lists(method) -> None:  # type: ignore[no-untyped-def]
    assert method(RELEVANCE, VECTORS, 99, 0.4).tolist()[0] == 0
    assert sorted(method(RELEVANCE, VECTORS, 99, 0.4)) == [0, 1, 2, 3, 4]
    assert method(np.zeros(0), np.zeros((0, 2), np.float32), 3, 0.4).tolist() == []
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        method(RELEVANCE, VECTORS, 2, 1.5)


def test_what_popularity_explains_is_taken_away() -> None:
    popularity = np.array([0, 9, 99, 999])
    bound = np.log1p(popularity)  # nothing but popularity
    assert less_popular(bound, popularity, 1.0) == pytest.approx(np.full(4, bound.mean()))
    assert less_popular(bound, popularity, 0.0) == pytest.approx(bound)
    own = bound + np.array([3.0, 0, 0, 0])
    assert own.argmax() == 3
    assert less_popular(own, popularity, 1.0).argmax() == 0


def test_a_taste_against_the_crowd_is_left_alone() -> None:
    popularity = np.array([0, 9, 99])
    assert less_popular(np.array([3.0, 2.0, 1.0]), popularity, 1.0).tolist() == [3.0, 2.0, 1.0]
