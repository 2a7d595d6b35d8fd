import numpy as np
import pytest

from backend.data.synthetic.scenarios.shop.outlines import Tone
from backend.data.synthetic.scenarios.shop.pictures import (
    PROPORTIONS,
    SKETCHES,
    draw_picture,
    render,
)
from backend.data.synthetic.scenarios.shop.vocabulary import (
    CATEGORIES,
    COLOURS,
    CUTS,
    MATERIALS,
    PATTERNS,
)


def pixels(kind="Totes", cut="wide", colour="forest", pattern="plain", material=""):
    sketch = SKETCHES[kind](*PROPORTIONS[cut], np.random.default_rng(1)).placed()
    picture = render(sketch, colour, pattern, material, np.random.default_rng(2))
    return np.asarray(picture, dtype=float)


def extent(kind, cut):
    """Width and height of the sketch before it is fitted into the frame."""
    sketch = SKETCHES[kind](*PROPORTIONS[cut], np.random.default_rng(1))
    points = np.array([point for part in sketch.parts for point in part.outline])
    return np.ptp(points, axis=0)


def test_every_category_has_a_sketch_and_every_cut_its_proportions():
    assert list(SKETCHES) == [kind.name for kind in CATEGORIES]
    assert set(PROPORTIONS) == set(CUTS)


@pytest.mark.parametrize("kind", SKETCHES)
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("seed", range(4))
def test_every_sketch_fits_the_frame_and_shows_cloth(kind, cut, seed):
    sketch = SKETCHES[kind](*PROPORTIONS[cut], np.random.default_rng(seed)).placed()
    points = np.array([point for part in sketch.parts for point in part.outline])
    assert points.min() > 0.05
    assert points.max() < 0.95
    assert any(part.tone == Tone.FABRIC for part in sketch.parts)


@pytest.mark.parametrize("kind", SKETCHES)
def test_cuts_change_the_proportions(kind):
    slim, wide, short, long = (extent(kind, cut) for cut in CUTS)
    assert long[1] / long[0] > 1.15 * short[1] / short[0]
    if kind not in ("Sneakers", "Boots", "Heels"):  # feet keep their length, soles do not
        assert wide[0] / wide[1] > 1.1 * slim[0] / slim[1]


@pytest.mark.parametrize("colour", COLOURS)
def test_the_middle_of_a_plain_product_has_its_colour(colour):
    middle = pixels(colour=colour)[120:150, 90:130].mean(axis=(0, 1))
    distance = {name: np.abs(middle - rgb).sum() for name, rgb in COLOURS.items()}
    assert min(distance, key=distance.get) == colour


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_differ_from_each_other_and_leave_the_background_alone(pattern):
    found = pixels(pattern=pattern)
    for other in PATTERNS:
        if other != pattern:
            assert np.abs(found - pixels(pattern=other))[100:180, 80:140].mean() > 4
    np.testing.assert_array_equal(found[:12], pixels(pattern="plain")[:12])


@pytest.mark.parametrize("material", MATERIALS)
def test_a_visible_material_changes_the_surface(material):
    assert np.abs(pixels(material=material) - pixels())[100:180, 80:140].mean() > 0.5


def test_the_picture_hides_the_material_unless_it_is_told_twice(imagine):
    from dataclasses import replace

    truth = imagine(redundancy=0.0)
    cloth = truth.catalogue.codes.copy()
    cloth[:, 3:] = (cloth[:, 3:] + 1) % 8
    other = replace(truth.catalogue, codes=cloth)
    for row in (0, 1, 2):
        first, second = (draw_picture(c, row, 1) for c in (truth.catalogue, other))
        assert first.tobytes() == second.tobytes()
