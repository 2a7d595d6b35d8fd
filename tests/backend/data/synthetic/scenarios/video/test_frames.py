from itertools import pairwise

import numpy as np
import pytest

from backend.data.synthetic.scenarios.video.frames import COLOURS, FRAMES, SIDE, film
from backend.data.synthetic.scenarios.video.vocabulary import MOTIONS, PALETTES

TAKES = 8


def signature(frames):
    """Where it changes, and how far the bright and dark spots have gone two frames later."""
    clip = np.stack(frames).astype(float).mean(axis=3)
    change = np.abs(np.diff(clip, axis=0)).mean(axis=0)
    cells = change.reshape(8, SIDE // 8, 8, SIDE // 8).mean(axis=(1, 3)).ravel()
    waves = np.fft.fft2(clip - clip.mean(axis=0))
    product = (waves[2:] * waves[:-2].conj()).mean(axis=0)
    shifts = np.roll(np.fft.ifft2(product).real, (14, 14), axis=(0, 1))[:28, :28]
    moved = shifts.reshape(14, 2, 14, 2).mean(axis=(1, 3)).ravel()
    return np.concatenate([cells / np.linalg.norm(cells), 2 * moved / np.linalg.norm(moved)])


def test_frames_tell_the_motion_whatever_the_colours():
    rng = np.random.default_rng(1)
    labels = np.repeat(MOTIONS, TAKES)
    seen = np.stack([signature(film(m, str(rng.choice(PALETTES)), rng)) for m in labels])
    right = 0
    for place, label in enumerate(labels):
        others = np.arange(len(labels)) != place
        means = {x: seen[others & (labels == x)].mean(axis=0) for x in MOTIONS}
        right += min(means, key=lambda x: np.linalg.norm(means[x] - seen[place])) == label
    assert right / len(labels) > 0.7  # an eighth by chance


@pytest.mark.parametrize("palette", PALETTES)
def test_the_colours_tell_the_palette_whatever_moves(palette):
    def distance(pixels, name):
        """How far pixels are from the nearest colour of a palette: its ground or its shapes."""
        top, low, *shapes = np.array(COLOURS[name], dtype=float)
        ground = [top + share * (low - top) for share in np.linspace(0, 1, 9)]
        return np.abs(pixels[:, None] - np.array([*ground, *shapes])).sum(axis=2).min(axis=1).mean()

    for number, motion in enumerate(MOTIONS):
        pixels = film(motion, palette, np.random.default_rng(number))[12].reshape(-1, 3)[::37]
        assert min(PALETTES, key=lambda name: distance(pixels.astype(float), name)) == palette


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_moves_and_shows_its_shapes(motion):
    frames = film(motion, "ocean", np.random.default_rng(3))
    assert len(frames) == FRAMES
    assert frames[0].shape == (SIDE, SIDE, 3)
    assert min(np.abs(a.astype(float) - b).mean() for a, b in pairwise(frames[5:])) > 0.3
    assert all(frame.std() > 15 for frame in frames)
