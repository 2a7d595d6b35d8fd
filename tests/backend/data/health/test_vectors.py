import numpy as np
import pytest
from numpy.typing import NDArray

from backend.data.health.findings import Finding
from backend.data.health.vectors import Vectors, vector_findings
from backend.schema import Modality

N, DIM = 200, 32


def _values() -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(N, DIM)).astype(np.float32)


def _found(values: NDArray[np.float32], keys: list[str] | None = None) -> dict[str, Finding]:
    vectors = Vectors(
        Modality.TEXT, values, np.arange(N) != 5, keys or [f"content {n}" for n in range(N)]
    )
    return {f.name: f for f in vector_findings(vectors)}


def test_vectors_that_tell_items_apart_are_no_finding() -> None:
    values = _values()
    values[5] = np.nan  # absent, so it does not matter what stands there
    assert _found(values) == {}


def test_rows_that_are_no_numbers_or_zero_are_found() -> None:
    values = _values()
    values[3, 2], values[4, 0], values[8] = np.nan, np.inf, 0
    found = _found(values)
    assert found["text_vectors_not_numbers"].items == (3, 4)
    assert found["text_vectors_zero"].items == (8,)
    assert len(found) == 2


def test_vectors_along_one_direction_are_found() -> None:
    values = 5 + np.outer(_values()[:, 0], np.ones(DIM, np.float32)) + 0.01 * _values()
    assert "1.0 independent ones" in _found(values)["text_vectors_flat"].sentence


def test_constant_dimensions_are_found() -> None:
    values = _values()
    values[:, :8] = 0.5
    assert "25 % of their 32 numbers" in _found(values)["text_vectors_constant"].sentence


def test_one_vector_for_different_contents_is_found_but_not_for_equal_ones() -> None:
    values = _values()
    values[20:40] = values[20]
    assert _found(values)["text_vectors_collapsed"].items == tuple(range(20, 40))
    keys = ["same" if 20 <= n < 40 else f"content {n}" for n in range(N)]
    assert _found(values, keys) == {}


@pytest.mark.parametrize("kind", ["column", "rows"])
def test_unscaled_vectors_are_found(kind: str) -> None:
    values = _values()
    if kind == "column":
        values[:, 3] *= 40
    else:
        values[:50] *= 1000
    assert set(_found(values)) == {"text_vectors_unscaled"}


def test_vectors_that_all_point_one_way_are_found() -> None:
    assert set(_found(_values() + 20)) == {"text_vectors_alike"}


def test_nothing_encoded_is_no_finding() -> None:
    nothing = Vectors(Modality.TEXT, np.zeros((3, 0), np.float32), np.zeros(3, bool), ["", "", ""])
    assert list(vector_findings(nothing)) == []
