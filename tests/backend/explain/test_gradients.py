"""Readings whose slope is known."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from backend.explain.gradients import gradient_heat, gradient_words
from backend.explain.saliency import SIDE, WINDOW, word_groups
from models.encoders import Content, Reading


def pixels(content: Content) -> Reading:
    """Red less blue, at half the size."""
    assert isinstance(content, Image.Image)
    small = np.array(content.resize((SIDE // 2, SIDE // 2), Image.Resampling.BOX))
    inputs = torch.from_numpy(small).permute(2, 0, 1).float()
    return Reading(inputs, (), lambda some: (some[:, 0] - some[:, 2]).sum((1, 2))[:, None])


def total(vectors: Tensor) -> Tensor:
    return vectors.sum(1)


def test_heat_is_what_covering_would_take_from_a_linear_score() -> None:
    picture = Image.new("RGB", (SIDE, SIDE), (128, 128, 128))
    picture.paste((228, 128, 128), (20, 20, 60, 60))
    picture.paste((128, 128, 178), (150, 150, 190, 190))
    found = gradient_heat(picture, pixels, total)
    assert found is not None
    assert found.heat[20:60, 20:60].sum() == pytest.approx(100 * 40 * 40 / 4)
    assert found.heat[150:190, 150:190].sum() == pytest.approx(-50 * 40 * 40 / 4)
    assert np.abs(found.heat[80:140, 80:140]).max() == 0
    assert found.windows[40, 40] == pytest.approx(found.heat[20:60, 20:60].sum() / WINDOW**2)


def test_a_word_gets_what_its_pieces_say_wherever_it_stands() -> None:
    text = "new shoes, New"
    pieces = ((0, 0), (0, 3), (4, 6), (6, 9), (9, 10), (11, 14))
    inputs = torch.tensor([[9.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    reading = Reading(inputs, pieces, lambda some: some.sum(1), torch.ones(6, 1))
    found = gradient_words(text, word_groups(text), lambda _: reading, total)
    assert found is not None
    assert found.tolist() == [4.0, 3.0]


def test_what_has_no_slope_gives_nothing() -> None:
    picture = Image.new("RGB", (8, 8), "teal")
    assert gradient_heat(picture, lambda _: None, total) is None
    assert gradient_heat(picture, pixels, lambda vectors: vectors.detach().sum(1)) is None
    assert gradient_words("a b", word_groups("a b"), lambda _: None, total) is None


def test_gradients_are_found_within_inference_mode() -> None:
    picture = Image.new("RGB", (SIDE, SIDE), "grey")
    picture.paste((255, 0, 0), (50, 50, 90, 90))
    with torch.inference_mode():
        found = gradient_heat(picture, pixels, total)
    assert found is not None
    assert found.heat[60:80, 60:80].min() > 0


def test_the_slope_is_that_of_the_whole_way() -> None:
    """A score that is flat at the input itself: integrated gradients still add up to the gain."""
    inputs, nothing = torch.tensor([[4.0], [0.1]]), torch.zeros(2, 1)

    def flat(some: Tensor) -> Tensor:
        return some.clamp(max=1.0).sum(1)

    reading = Reading(inputs, ((0, 4), (5, 9)), flat, nothing)
    found = gradient_words("much less", word_groups("much less"), lambda _: reading, total)
    assert found is not None
    assert found.tolist() == pytest.approx([1.0, 0.1])
