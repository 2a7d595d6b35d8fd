from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backend.data.health.activity import measure_activity
from backend.data.health.report import HealthReport, Nearest
from backend.figures import health, theme
from backend.schema import Modality

ROWS = pd.DataFrame({"user_num": [0, 0, 0, 0, 0, 1, 1], "item_num": [0, 0, 0, 0, 1, 0, 2]})
REPORT = HealthReport(
    areas=(),
    activity=measure_activity(ROWS, 2, 10),
    coverage={
        Modality.IMAGE: {"Top 10 %": 1.0, "Next 40 %": 0.5, "Rest": 0.25},
        Modality.TEXT: {"Top 10 %": 1.0, "Next 40 %": 1.0, "Rest": 1.0},
    },
    nearest={"image": Nearest((0.0, 0.5, 1.0), (3, 7), 0.98)},
    complete=True,
)
EMPTY = HealthReport(
    areas=(),
    activity=measure_activity(ROWS[:0], 0, 0),
    coverage={},
    nearest={},
    complete=False,
)


def test_coverage_has_a_panel_per_modality_in_its_colour() -> None:
    image, text = health.coverage(REPORT).data
    assert image.y == ("Rest", "Next 40 %", "Top 10 %")
    assert image.x == pytest.approx((25, 50, 100))
    assert image.marker.color == theme.MODALITY_COLOURS["image"]
    # What all have needs one bar only.
    assert text.y == ("All",)


def test_concentration_is_the_lorenz_curve() -> None:
    figure = health.concentration(REPORT)
    curve = figure.data[1]
    assert (curve.x[0], curve.y[0]) == (0, 0)
    assert (curve.x[-1], curve.y[-1]) == pytest.approx((100, 100))
    # One of ten items takes five of seven interactions.
    assert curve.y[1] == pytest.approx(100 * 5 / 7)
    assert "71.4 %" in figure.layout.title.text


def test_thin_shows_people_and_items_for_every_k() -> None:
    items, people = health.thin(REPORT).data
    assert people.y == ("fewer than 10", "fewer than 5", "fewer than 2")
    assert people.x == pytest.approx((100, 50, 0))
    assert items.x[-1] == pytest.approx(90)


def test_nearest_marks_what_is_as_good_as_equal() -> None:
    (bars,) = health.nearest(REPORT).data
    assert list(bars.y) == [3, 7]
    assert list(bars.x) == pytest.approx([0.25, 0.75])
    fine = replace(REPORT, nearest={"image": Nearest((0.9, 0.98, 1.0), (3, 7), 0.98)})
    colours = health.nearest(fine).data[0].marker.color
    assert colours[1] == theme.MODALITY_COLOURS["image"]
    assert colours[0] != colours[1]


def test_every_figure_has_an_empty_case() -> None:
    for draw in (health.coverage, health.concentration, health.thin, health.nearest):
        figure = draw(EMPTY)
        assert not figure.data
        assert len(figure.layout.annotations[0].text) > 10
    assert np.isclose(EMPTY.activity.gini, 0)
