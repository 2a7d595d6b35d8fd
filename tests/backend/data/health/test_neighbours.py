import numpy as np
import pytest
from numpy.typing import NDArray

from backend.data.health.neighbours import NEAREST, find_neighbours


def _cloud(n: int, dim: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32)


@pytest.mark.parametrize("dim", [8, 200])
def test_the_nearest_are_those_of_a_full_comparison(dim: int) -> None:
    hubs = _cloud(30, dim, 1)
    values = hubs[np.arange(600) % 30] + 0.3 * _cloud(600, dim)
    found = find_neighbours(values, np.ones(600, bool))
    centred = values - values.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    best = np.sort(cosines, axis=1)[:, ::-1][:, :NEAREST]
    # Candidates come from a projection, so a few of the farther ones may differ.
    assert found.cosine[:, 0] == pytest.approx(best[:, 0], abs=1e-5)
    assert np.isclose(found.cosine, best, atol=1e-5).mean() > 0.97


def test_identical_vectors_count_once_and_keep_their_owners() -> None:
    values = _cloud(6, 4)
    values[[2, 4]] = values[0]
    present = np.array([True, True, True, False, True, True])
    found = find_neighbours(values, present)
    assert [rows.tolist() for rows in found.rows] == [[0, 2, 4], [1], [5]]
    assert (found.near[:, 2:] == -1).all()
    assert np.isfinite(found.distance).all()


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_compare_with_is_no_error(count: int) -> None:
    values = _cloud(3, 4)
    found = find_neighbours(values, np.arange(3) < count)
    assert len(found.rows) == count
    assert (found.near == -1).all()
    assert np.isnan(found.distance).all()
