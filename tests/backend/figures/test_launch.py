from dataclasses import replace

from backend.figures import launch as figures
from backend.figures import theme
from backend.workflows.launch import Launch, Segment
from backend.workflows.recommendation import RecommendationList

FOUND = Launch(
    run_id="r",
    label="Fused",
    audience=(),
    reach={10: 1, 20: 2, 50: 4},
    best_rank=3,
    users=10,
    attributions={"image": 0.3, "text": -0.1, "collaborative": 0.0},
    segments=(Segment("Coats", 0.6, 0.2), Segment("<b>Bags</b>", 0.4, 0.3)),
    nearest=RecommendationList("r", "Fused", (), (), ""),
)


def test_segments_stand_beside_everybody_in_percent() -> None:
    bars, rules = figures.segments(FOUND).data
    assert list(bars.x) == [40, 60]
    assert list(rules.x) == [30, 20]
    assert "<b>" not in str(bars.customdata)


def test_carriers_have_the_colours_of_their_modality() -> None:
    (bars,) = figures.carriers(FOUND).data
    assert list(bars.y) == ["Text", "Clicks", "Image"]
    assert bars.marker.color[-1] == theme.MODALITY_COLOURS["image"]


def test_without_categories_a_sentence_is_drawn() -> None:
    figure = figures.segments(replace(FOUND, segments=()))
    assert not figure.data
    assert "no categories" in str(figure.layout.annotations)
