import numpy as np
from PIL import Image

from backend.explain.saliency import Part
from backend.figures import inside


def colours(trusted: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean colour where heat speaks for the item, and where against it."""
    heat = np.zeros((224, 224))
    heat[40:100, 40:100], heat[120:180, 120:180] = 1.0, -1.0
    shown = inside.overlay(Image.new("RGB", (90, 60), "white"), heat, trusted, side=224)
    pixels = np.asarray(shown, dtype=float)
    return pixels[60:80, 60:80].mean((0, 1)), pixels[140:160, 140:160].mean((0, 1))


def test_heat_is_orange_for_and_blue_against() -> None:
    speaks_for, against = colours(trusted=True)
    assert speaks_for[0] > speaks_for[2] + 100
    assert against[2] > against[0] + 100


def test_what_is_not_to_be_trusted_has_no_colour() -> None:
    for grey in colours(trusted=False):
        assert np.ptp(grey) < 1
        assert grey.mean() < 200


def test_a_word_that_stands_twice_is_named_once() -> None:
    text = "Linen and linen, cool"
    parts = [Part(0, 5, 2.0), Part(6, 9, -1.0), Part(10, 15, 2.0), Part(17, 21, 1.0)]
    assert inside.strongest_words(text, parts) == ("linen", "cool")
