from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.data.health.findings import Finding
from backend.data.health.pictures import measure_pictures, picture_findings


@pytest.fixture
def clean(tmp_path: Path) -> list[Path | None]:
    """Twenty pictures of noise and one item without."""
    rng = np.random.default_rng(0)
    paths: list[Path | None] = [None]
    for n in range(20):
        path = tmp_path / f"{n}.jpg"
        Image.fromarray(rng.integers(0, 255, (120, 90, 3), np.uint8)).save(path)
        paths.append(path)
    return paths


def _found(paths: list[Path | None]) -> dict[str, Finding]:
    return {f.name: f for f in picture_findings(measure_pictures(paths))}


def test_pictures_that_show_something_are_no_finding(clean: list[Path | None]) -> None:
    assert _found(clean) == {}
    measured = measure_pictures(clean)
    assert measured.side.tolist() == [0, *[120] * 20]


def test_blank_tiny_and_damaged_pictures_are_found(
    clean: list[Path | None], tmp_path: Path
) -> None:
    blank, tiny, damaged = (tmp_path / f"{n}.jpg" for n in ("blank", "tiny", "damaged"))
    Image.new("RGB", (200, 200), (240, 240, 240)).save(blank)
    Image.effect_noise((40, 30), 80).convert("RGB").save(tiny)
    damaged.write_bytes(b"no picture")
    found = _found([*clean, blank, blank, tiny, damaged, tmp_path / "gone.jpg"])
    assert found["blank_pictures"].items == (21, 22)
    assert found["tiny_pictures"].items == (23,)
    assert found["unreadable_pictures"].items == (24, 25)
