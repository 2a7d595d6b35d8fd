from backend.explain.saliency import Part
from pages.components.inside import _marked

TEXT = "cool *linen*, dull"
PARTS = (Part(0, 4, 0.3), Part(6, 11, 1.0), Part(14, 18, -0.5))


def test_words_are_marked_by_how_much_they_count_and_the_rest_is_escaped() -> None:
    shown = _marked(TEXT, PARTS, trusted=True)
    assert ":orange-background[cool]" in shown
    assert ":orange-background[**linen**]" in shown
    assert ":blue-background[~~dull~~]" in shown
    assert "\\*" in shown


def test_words_that_are_not_to_be_trusted_are_grey() -> None:
    shown = _marked(TEXT, PARTS, trusted=False)
    assert ":grey-background[**linen**]" in shown
    assert "orange" not in shown
    assert "blue" not in shown
