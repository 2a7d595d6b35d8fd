import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pages.components import pictures


def _pixels(picture: Image.Image) -> list[tuple[int, ...]]:
    return [tuple(row) for row in np.asarray(picture).reshape(-1, 3).tolist()]


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("size", [(300, 100), (100, 300), (50, 50)])
def test_every_picture_becomes_a_square_that_shows_all_of_it(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    path = tmp_path / "p.png"
    Image.new("RGB", size, (200, 0, 0)).save(path)
    tile = _opened(pictures.square(path, dark=False, side=120))
    assert tile.size == (120, 120)
    red, green, _ = tile.getpixel((60, 60))
    assert red > 180
    assert green < 40
    corner = tile.getpixel((2, 2))
    assert (min(corner) > 200) == (size[0] != size[1])


def test_a_missing_or_broken_picture_is_a_placeholder_on_the_ground_of_the_theme(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    for path in (None, tmp_path / "gone.jpg", broken):
        light = _opened(pictures.square(path, dark=False, side=120))
        dark = _opened(pictures.square(path, dark=True, side=120))
        assert light.size == dark.size == (120, 120)
        assert min(light.getpixel((1, 1))) > 200
        assert max(dark.getpixel((1, 1))) < 80


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    Image.new("RGB", (10, 10), (0, 0, 0)).save(path)
    before = pictures.square(path, dark=False)
    Image.new("RGB", (10, 10), (255, 255, 255)).save(path)
    assert pictures.square(path, dark=False) != before


def test_the_emblem_is_drawn_and_not_fetched() -> None:
    assert pictures.emblem().getpixel((64, 64))[3] > 200


def test_marks_stand_in_the_lower_left_corner_in_the_colours_of_the_modalities() -> None:
    plain, marked = (
        _opened(pictures.square(None, False, 180, marks)) for marks in ((), ("audio", "video"))
    )
    assert plain.crop((0, 0, 180, 140)).tobytes() == marked.crop((0, 0, 180, 140)).tobytes()
    disc = 180 // 9
    for place, colour in enumerate(((0, 158, 115), (204, 121, 167))):
        left = disc // 3 + place * disc
        inside = marked.crop((left + 3, 157, left + disc - 3, 171))
        seen = [max(abs(a - b) for a, b in zip(p, colour, strict=True)) for p in _pixels(inside)]
        assert sum(difference < 40 for difference in seen) > len(seen) / 3
