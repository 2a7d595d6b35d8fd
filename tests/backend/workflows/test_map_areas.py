import numpy as np
import pytest

from backend.workflows.map_areas import inside, outline, read_area, write_area

XY = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.5], [np.nan, np.nan]], np.float32)
SQUARE = np.array([[-0.2, -0.2], [0.6, -0.2], [0.6, 0.6], [-0.2, 0.6]])


def test_what_is_inside_is_found_and_what_has_no_place_is_not() -> None:
    assert inside((SQUARE,), XY).tolist() == [True, False, False, False, True, False]
    assert not inside((), XY).any()


def test_a_hollow_outline_leaves_its_hollow_out() -> None:
    # A U: the middle point lies between its arms.
    u = [(-1, -1), (2, -1), (2, 2), (0.8, 2), (0.8, -0.5), (0.2, -0.5), (0.2, 2), (-1, 2)]
    assert inside((np.array(u, float),), XY).tolist() == [True] * 4 + [False] * 2


def test_several_areas_are_joined() -> None:
    corner = SQUARE + 0.9
    assert inside((SQUARE, corner), XY).tolist() == [True, False, False, True, True, False]


def test_an_address_holds_areas_closely_enough() -> None:
    angles = np.linspace(0, 2 * np.pi, 200)
    lasso = np.column_stack([0.5 + 0.4 * np.cos(angles), 0.5 + 0.3 * np.sin(angles)])
    text = write_area([lasso, SQUARE], XY)
    assert set(text) <= set("0123456789abcdefghijklmnopqrstuvwxyz.")
    assert len(text) < 500
    circle, square = read_area(text, XY)
    assert square == pytest.approx(SQUARE, abs=1e-4)
    points = np.random.default_rng(0).uniform(0, 1, (5000, 2)).astype(np.float32)
    differing = inside((lasso,), points) != inside((circle,), points)
    assert differing.mean() < 0.005
    # Written again it is the same, so that a link does not drift.
    assert write_area(read_area(text, XY), XY) == text


@pytest.mark.parametrize("text", ["", "x", "hello world", "000000zzz", "../../etc", "ü" * 24])
def test_anything_else_in_an_address_is_no_area(text: str) -> None:
    assert read_area(text, XY) == ()


def test_an_outline_is_a_closed_path() -> None:
    assert outline(SQUARE) == "M-0.2,-0.2L0.6,-0.2L0.6,0.6L-0.2,0.6Z"
