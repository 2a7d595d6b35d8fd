"""Scores that are known to look at one place, one word, one stretch."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from backend.explain.saliency import (
    SIDE,
    frozen,
    left_out,
    occlusion,
    parts_of,
    silenced,
    without,
    word_groups,
)
from models.encoders import Clip, Content, Sound


def redness(contents: Sequence[Content]) -> NDArray[np.float64]:
    """How much red there is, less how much blue."""
    found = []
    for picture in contents:
        assert isinstance(picture, Image.Image)
        pixels = np.asarray(picture, dtype=float)
        found.append((pixels[:, :, 0] - pixels[:, :, 2]).sum() / 1000)
    return np.array(found)


def test_heat_lies_on_what_the_score_looks_at() -> None:
    picture = Image.new("RGB", (SIDE, SIDE), (128, 128, 128))
    picture.paste((255, 128, 128), (20, 20, 60, 60))  # speaks for it
    picture.paste((128, 128, 255), (150, 150, 190, 190))  # speaks against it
    found = occlusion(picture, redness).heat
    assert found[25:55, 25:55].min() > 0
    assert found[155:185, 155:185].max() < 0
    assert np.abs(found[80:140, 80:140]).max() == 0
    on_the_patches = np.abs(found[18:62, 18:62]).sum() + np.abs(found[148:192, 148:192]).sum()
    assert on_the_patches > 0.95 * np.abs(found).sum()


def test_a_score_that_looks_at_nothing_has_no_heat() -> None:
    found = occlusion(Image.new("RGB", (50, 80), "teal"), lambda c: np.ones(len(c)))
    assert not found.heat.any()
    assert not found.windows.any()


def test_the_word_that_counts_is_found_wherever_it_stands() -> None:
    text = "A linen shirt, pure Linen. Nice!"

    def scores(contents: Sequence[Content]) -> NDArray[np.float64]:
        # What is said twice is not missed once.
        return np.array(
            [2.0 * ("linen" in str(c).lower()) - str(c).count("Nice") for c in contents]
        )

    groups = word_groups(text)
    parts = parts_of(groups, left_out(text, groups, scores))
    assert [(text[int(p.start) : int(p.end)], p.drop) for p in parts] == [
        ("A", 0),
        ("linen", 2),
        ("shirt", 0),
        ("pure", 0),
        ("Linen", 2),
        ("Nice", -1),
    ]


def test_a_very_long_text_is_read_by_groups_and_an_empty_one_not_at_all() -> None:
    groups = word_groups(" ".join(f"word{number}" for number in range(1000)))
    assert 60 < len(groups) <= 120
    assert word_groups(" . ") == ()
    assert len(left_out(" . ", (), lambda c: np.zeros(len(c)))) == 0


def test_stretches_are_taken_out_whatever_their_order() -> None:
    assert without("a cold day", [(7, 10), (0, 2)]) == "cold "


def test_the_stretch_that_sounds_is_found() -> None:
    samples = np.zeros(800, np.float32)
    samples[500:600] = 1

    def loud(contents: Sequence[Content]) -> NDArray[np.float64]:
        return np.array([c.samples.sum() if isinstance(c, Sound) else 0.0 for c in contents])

    parts = silenced(Sound(samples, 100), loud)
    assert [part.drop for part in parts] == [0, 0, 0, 0, 0, 100, 0, 0]
    assert (parts[5].start, parts[5].end) == (5.0, 6.0)


def test_the_stretch_that_moves_is_found() -> None:
    frames = [Image.new("RGB", (4, 4), "black") for _ in range(8)]
    frames[2] = Image.new("RGB", (4, 4), "white")

    def bright(contents: Sequence[Content]) -> NDArray[np.float64]:
        peaks = []
        for clip in contents:
            assert isinstance(clip, Clip)
            peaks.append(max(float(np.asarray(frame).mean()) for frame in clip.frames))
        return np.array(peaks)

    parts = frozen(Clip(tuple(frames), 4.0, None), bright)
    assert max(parts, key=lambda part: part.drop) == parts[2]
    assert parts[2].start == pytest.approx(1.0)
