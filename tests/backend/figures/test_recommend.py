import xml.etree.ElementTree as ElementTree

import pytest

from backend.figures import recommend, theme

_NAMESPACE = "{http://www.w3.org/2000/svg}"


def _bars(svg: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(svg).findall(f"{_NAMESPACE}rect")[1:]


def test_lengths_are_shares_and_colours_are_the_modalities() -> None:
    bars = _bars(recommend.attribution_strip({"text": 0.1, "image": 0.3}))
    assert [bar.get("fill") for bar in bars] == [
        theme.MODALITY_COLOURS["image"],
        theme.MODALITY_COLOURS["text"],
    ]
    widths = [float(bar.get("width", "0")) + 2 for bar in bars]
    assert widths == pytest.approx([180, 60], abs=0.2)


def test_what_speaks_against_the_item_is_hollow() -> None:
    image, text = _bars(recommend.attribution_strip({"image": 0.3, "text": -0.3}))
    assert image.get("stroke") is None
    assert text.get("fill") == "none"
    assert text.get("stroke") == theme.MODALITY_COLOURS["text"]


@pytest.mark.parametrize("attributions", [{}, {"image": 0.0}])
def test_without_contributions_only_the_track_remains(attributions: dict[str, float]) -> None:
    assert not _bars(recommend.attribution_strip(attributions))


def test_the_same_in_words() -> None:
    words = recommend.describe({"collaborative": -0.03, "image": 0.21})
    assert words == "Image +0.210, Clicks −0.0300"
    assert recommend.describe({}) == "No contributions were computed."


def test_legend_names_each_player_once_in_the_ink_of_the_ground() -> None:
    svg = recommend.legend(["text", "image", "text"], dark=True)
    texts = ElementTree.fromstring(svg).findall(f"{_NAMESPACE}text")
    assert [text.text for text in texts] == ["Image", "Text"]
    assert {text.get("fill") for text in texts} == {theme.INK_DARK}
