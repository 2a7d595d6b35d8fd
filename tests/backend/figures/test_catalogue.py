from dataclasses import replace

import numpy as np
import pytest

from backend.figures import catalogue, theme
from backend.workflows.catalogue import Profile

PROFILE = Profile(
    users=3,
    items=4,
    interactions=10,
    sparsity=0.2,
    item_counts=np.array([6, 2, 1, 1]),
    user_counts=np.array([5, 3, 2]),
    top_tenth_share=0.6,
    coverage={"image": 0.75, "text": 1.0},
    missing={"image": 1, "text": 0},
    categories={"Shirts": 3, "<b>Shoes</b>": 1},
    ratings={},
    timeline={},
    splits={"train": 8, "validation": 1, "test": 1},
    cold_items=0,
)


def test_long_tail_runs_from_the_most_popular_item_to_the_last() -> None:
    figure = catalogue.long_tail(PROFILE)
    line = figure.data[0]
    assert list(line.y) == [6, 2, 1, 1]
    assert list(line.x) == [25, 50, 75, 100]
    assert "60.0 %" in figure.layout.title.text


def test_a_long_catalogue_is_thinned_and_keeps_both_ends() -> None:
    counts = np.arange(100_000, 0, -1)
    line = catalogue.long_tail(replace(PROFILE, item_counts=counts)).data[0]
    assert len(line.y) < 1000
    assert (line.y[0], line.y[-1]) == (100_000, 1)


def test_coverage_wears_the_modality_colours_and_says_what_is_missing() -> None:
    bars = catalogue.coverage(PROFILE).data[0]
    assert bars.y == ("Image", "Text")
    assert bars.x == pytest.approx((75, 100))
    assert bars.text[0] == "75.0 % (1 missing)"
    assert bars.marker.color == (theme.MODALITY_COLOURS["image"], theme.MODALITY_COLOURS["text"])


def test_activity_counts_people_and_groups_a_wide_range() -> None:
    bars = catalogue.activity(PROFILE).data[0]
    assert dict(zip(bars.x, bars.y, strict=True)) == {2: 1, 3: 1, 5: 1}
    wide = catalogue.activity(replace(PROFILE, user_counts=np.arange(1, 500))).data[0]
    assert len(wide.x) < 30
    assert sum(wide.y) == 499


def test_categories_are_escaped_and_the_largest_is_on_top() -> None:
    bars = catalogue.categories(PROFILE).data[0]
    assert bars.y == ("&lt;b&gt;Shoes&lt;/b&gt;", "Shirts")


def test_every_figure_has_an_empty_case() -> None:
    empty = replace(
        PROFILE,
        item_counts=np.array([], dtype=np.int64),
        user_counts=np.array([], dtype=np.int64),
        coverage={},
        categories={},
        splits={},
    )
    for draw in (
        catalogue.long_tail,
        catalogue.activity,
        catalogue.coverage,
        catalogue.categories,
        catalogue.splits,
        catalogue.ratings,
        catalogue.timeline,
    ):
        figure = draw(empty)
        assert not figure.data
        assert len(figure.layout.annotations[0].text) > 10


def test_ratings_and_timeline_are_drawn_where_known() -> None:
    known = replace(PROFILE, ratings={1.0: 2, 5.0: 8}, timeline={"2026-01": 4, "2026-02": 6})
    assert catalogue.ratings(known).data[0].y == (2, 8)
    assert catalogue.timeline(known).data[0].y == (4, 6)
