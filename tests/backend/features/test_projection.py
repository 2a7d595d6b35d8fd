import numpy as np
import pytest

from backend.errors import InvalidInput
from backend.features.projection import UmapConfig, principal_plane, umap_plane


def test_what_lies_in_a_plane_is_shown_whole() -> None:
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 2 * np.pi, 200)
    flat = np.column_stack([np.cos(angles), np.sin(angles)])
    turned = np.linalg.qr(rng.normal(size=(12, 2)))[0]
    values = (flat @ turned.T).astype(np.float32)
    plane = principal_plane(values, np.ones(200, bool))
    assert plane.share == pytest.approx(1, abs=1e-4)
    # Ten nearest stay the ten nearest; ties aside.
    assert plane.kept > 0.98
    lengths = np.linalg.norm(plane.xy, axis=1)
    assert lengths == pytest.approx(np.ones(200), abs=1e-3)


def test_absent_items_are_not_on_the_map_and_do_not_move_it() -> None:
    values = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
    present = np.arange(40) % 4 > 0
    other = values.copy()
    other[~present] = 1000
    first, second = principal_plane(values, present), principal_plane(other, present)
    assert np.isnan(first.xy[~present]).all()
    assert np.array_equal(first.xy, second.xy, equal_nan=True)


def test_a_single_number_per_item_still_gives_a_map() -> None:
    values = np.arange(20, dtype=np.float32)[:, None]
    assert principal_plane(values, np.ones(20, bool)).xy.shape == (20, 2)


def test_too_few_items_are_refused_with_a_sentence() -> None:
    values = np.ones((20, 4), np.float32)
    with pytest.raises(InvalidInput, match="at least three"):
        principal_plane(values, np.arange(20) < 2)
    with pytest.raises(InvalidInput, match="at least 10"):
        umap_plane(values, np.arange(20) < 9, UmapConfig())
