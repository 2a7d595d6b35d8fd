import numpy as np
from numpy.typing import NDArray

from backend.data.health.alike import (
    near_duplicate_findings,
    near_duplicates,
    oddness,
    outlier_findings,
    threshold,
)
from backend.data.health.findings import Finding
from backend.data.health.neighbours import find_neighbours
from backend.schema import Modality

N, DIM = 400, 96
EVERY = np.ones(N, bool)


def _world(seed: int = 0) -> NDArray[np.float32]:
    """Twenty kinds of products around their kind's direction, all with a common offset."""
    rng = np.random.default_rng(seed)
    kinds = rng.normal(size=(20, DIM))
    values = kinds[np.arange(N) % 20] + 0.5 * rng.normal(size=(N, DIM)) + 3
    return values.astype(np.float32)


def _duplicates(values: NDArray[np.float32]) -> tuple[tuple[int, ...], ...]:
    return near_duplicates(find_neighbours(values, EVERY))


def test_a_clean_world_has_neither_doubles_nor_odd_items() -> None:
    found = find_neighbours(_world(), EVERY)
    assert near_duplicates(found) == ()
    assert list(outlier_findings(Modality.IMAGE, found)) == []


def test_near_and_equal_vectors_form_groups() -> None:
    values = _world()
    values[50] = values[10] + 0.01
    values[51] = values[10]
    values[60] = values[20] * 1.001
    assert _duplicates(values) == ((10, 50, 51), (20, 60))


def test_the_threshold_rises_where_chance_alone_comes_near() -> None:
    flat = np.random.default_rng(0).normal(size=(N, 2)).astype(np.float32)
    assert threshold(find_neighbours(flat, EVERY)) == 0.999
    assert threshold(find_neighbours(_world(), EVERY)) == 0.98


def test_an_item_like_nothing_else_is_found_first() -> None:
    values = _world()
    values[7] = np.random.default_rng(9).normal(size=DIM) + 3
    found = find_neighbours(values, EVERY)
    assert oddness(found).argmax() == 7
    (finding,) = outlier_findings(Modality.TEXT, found)
    assert finding.items[0] == 7
    assert len(finding.items) == 1


def _found(
    near: dict[Modality, tuple[tuple[int, ...], ...]], exact: tuple[tuple[int, ...], ...] = ()
) -> dict[str, Finding]:
    return {f.name: f for f in near_duplicate_findings(near, exact, N)}


def test_doubles_in_everything_are_told_from_likeness_in_one_modality() -> None:
    near = {Modality.IMAGE: ((1, 2, 3), (8, 9)), Modality.TEXT: ((1, 2), (5, 6))}
    found = _found(near)
    assert set(found) == {"near_duplicates", "alike_image", "alike_text"}
    assert found["near_duplicates"].groups == ((1, 2),)
    # 1 and 2 were reported as doubles, so 3 has one other left to be like.
    assert found["alike_image"].groups == ((1, 3), (8, 9))
    assert found["alike_text"].groups == ((5, 6),)


def test_what_was_reported_as_an_exact_double_is_not_reported_again() -> None:
    near = {Modality.IMAGE: ((1, 2),), Modality.TEXT: ((1, 2),)}
    assert _found(near, ((1, 2),)) == {}


def test_with_one_modality_likeness_in_it_is_all_there_is() -> None:
    assert set(_found({Modality.TEXT: ((1, 2),)})) == {"near_duplicates"}
    assert _found({}) == {}
