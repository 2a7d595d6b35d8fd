from dataclasses import replace
from datetime import UTC, datetime

import pytest

from backend.figures import alignment, theme
from backend.workflows.alignment import Alignment

AFTER = {
    "text_to_image": {"recall@1": 0.25, "recall@5": 0.5, "recall@10": 0.75},
    "image_to_text": {"recall@1": 0.2, "recall@5": 0.4, "recall@10": 0.6},
}
BEFORE = {
    direction: {name: value / 2 for name, value in recalls.items()}
    for direction, recalls in AFTER.items()
}
FOUND = Alignment(
    method="heads",
    encoders={"image": "efficientnet", "text": "minilm"},
    pairs=100,
    held_out=20,
    duplicates=0,
    before={},
    after=AFTER,
    chance=0.5,
    epochs=3,
    seconds=1.0,
    seed=0,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def _labels(found: Alignment) -> list[str]:
    return [a.text for a in alignment.recall(found).layout.annotations if a.text != "by chance"]


def test_a_row_for_each_direction_with_the_deepest_bar_behind() -> None:
    figure = alignment.recall(FOUND)
    assert [bar.name for bar in figure.data] == ["top 10", "top 5", "first"]
    assert list(figure.data[0].x) == pytest.approx([60, 75])
    assert list(figure.data[2].x) == pytest.approx([20, 25])
    assert figure.layout.barmode == "overlay"
    colours = list(figure.data[2].marker.color)
    assert colours == [theme.faded(theme.player_colour(side), 1) for side in ("image", "text")]
    assert _labels(FOUND) == [
        "Pictures find their words: 60.0 %",
        "Words find their picture: 75.0 %",
    ]


def test_what_was_not_comparable_before_has_no_bar_and_what_was_is_grey() -> None:
    assert not any("before" in label for label in _labels(FOUND))
    both = replace(FOUND, before=BEFORE)
    assert [label.split(", ")[1] for label in _labels(both)] == [
        "before: 30.0 %",
        "after: 60.0 %",
        "before: 37.5 %",
        "after: 75.0 %",
    ]
    colours = alignment.recall(both).data[2].marker.color
    assert colours[0] == colours[2] == theme.faded(theme.BASELINE, 1)


def test_chance_is_a_rule_whose_label_is_not_cut_at_the_edge() -> None:
    figure = alignment.recall(FOUND)
    assert figure.layout.shapes[0].x0 == pytest.approx(50)
    (label,) = [a for a in figure.layout.annotations if a.text == "by chance"]
    assert label.xanchor == "left"
