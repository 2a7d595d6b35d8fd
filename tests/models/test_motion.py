import numpy as np
import pytest
from PIL import Image

from models.motion import MOTION_DIM, motion_statistics
from tests.recordings import moving


def _motion(step: tuple[int, int], count: int = 30, seconds: float = 2.0) -> np.ndarray:
    frames = [Image.fromarray(pixels) for pixels in moving(step, count)]
    return motion_statistics(frames, seconds)


RIGHT, DOWN, AMOUNT = 8, 9, 10
"""Places of the mean flow and of the amount of change, behind the eight directions."""


@pytest.mark.parametrize(
    ("step", "direction"), [((2, 0), 0), ((2, 2), 1), ((0, 2), 2), ((-2, 0), 4), ((0, -2), 6)]
)
def test_the_direction_is_the_one_of_the_movement(step: tuple[int, int], direction: int) -> None:
    found = _motion(step)
    assert found.shape == (MOTION_DIM,)
    # of the square's edges those across the movement pass by, at (2, 2) half of them each way
    either = {direction} if 0 in step else {direction - 1, direction, direction + 1}
    assert int(found[:8].argmax()) in either
    assert np.sign(found[RIGHT].round(2)) == np.sign(step[0])
    assert np.sign(found[DOWN].round(2)) == np.sign(step[1])


def test_faster_is_more() -> None:
    amounts = [_motion((step, 0))[AMOUNT] for step in (1, 2, 4)]
    assert amounts == sorted(amounts)
    # the same pictures shown in twice the time move half as fast
    assert _motion((2, 0), seconds=4.0)[RIGHT] < 0.8 * _motion((2, 0))[RIGHT]


def test_there_and_back_is_told_from_on_and_on() -> None:
    on = moving((2, 0), 32)
    back = np.concatenate([on[:8], on[:8][::-1]] * 2)
    found = motion_statistics([Image.fromarray(pixels) for pixels in back], 4.0)
    steady = motion_statistics([Image.fromarray(pixels) for pixels in on], 4.0)
    assert abs(found[RIGHT]) < 0.1 < steady[RIGHT]
    rates = slice(14, 18)
    assert int(found[rates].argmax()) == 1  # 0.5 to 1 hertz: twice in four seconds
    assert found[rates].max() > 4 * steady[rates].max()


def test_stills_do_not_move() -> None:
    assert not _motion((0, 0)).any()
    assert not _motion((3, 0), count=1).any()
