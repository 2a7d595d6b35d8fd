from dataclasses import replace

import numpy as np
import pytest

from backend.figures import catalogue_map as figures
from backend.figures import theme
from backend.figures.table import as_csv
from backend.workflows.catalogue_map import CatalogueMap
from backend.workflows.map_areas import write_area
from backend.workflows.map_colours import Groups, Scale

N = 40
XY = np.random.default_rng(0).uniform(-1, 1, (N, 2)).astype(np.float32)
XY[3] = np.nan
ROWS = np.array([row for row in range(N) if row != 3])
GROUPS = Groups(
    "Category",
    ("Shirts", "<b>Shoes</b>", "Other"),
    np.arange(N) % 3,
    np.array(["Shirts", "<b>Shoes</b>", "Hats"])[np.arange(N) % 3],
)
VIEW = CatalogueMap(
    source="By picture",
    kind="pca",
    xy=XY,
    rows=ROWS,
    total=len(ROWS),
    titles=tuple(f"Item <{row}>" for row in ROWS),
    share=0.25,
    kept=0.5,
    colouring=GROUPS,
    reading="Neighbours agree",
)


def test_every_group_has_its_colour_and_its_mark() -> None:
    shirts, shoes, other = figures.catalogue_map(VIEW).data
    assert shirts.marker.color == theme.GROUP_COLOURS[0]
    assert shoes.marker.symbol == theme.GROUP_MARKS[1]
    assert other.marker.color == theme.BASELINE
    assert shoes.name == "&lt;b&gt;Shoes&lt;/b&gt;"
    drawn = sorted([*shirts.customdata, *shoes.customdata, *other.customdata])
    assert drawn == ROWS.tolist()
    assert shirts.text[0] == "Item &lt;0&gt;"


def test_a_number_is_a_scale_with_title_and_unit_and_what_is_not_known_is_grey() -> None:
    values = np.where(np.arange(N) % 4 == 0, np.nan, np.arange(N, dtype=float) * 100)
    view = replace(VIEW, colouring=Scale("Price", "euros", values, log=True))
    unknown, known = figures.catalogue_map(view).data
    assert unknown.marker.color == theme.BASELINE
    assert known.marker.colorbar.title.text == "Price<br>(euros, logarithmic)"
    assert "1,000" in known.marker.colorbar.ticktext
    assert known.marker.color.max() == pytest.approx(np.log10(1 + 3900))


def test_many_points_need_webgl() -> None:
    assert figures.catalogue_map(VIEW).data[0].type == "scatter"
    many = np.zeros((3000, 2), np.float32)
    of = np.zeros(3000, np.int64)
    view = replace(
        VIEW,
        xy=many,
        rows=np.arange(3000),
        titles=("Item",) * 3000,
        total=9000,
        colouring=Groups("Category", ("A",), of, np.array(["A"] * 3000)),
    )
    assert figures.catalogue_map(view).data[0].type == "scattergl"
    assert "3,000 of 9,000 items are drawn" in figures.caption(view)
    assert "3,000 of 9,000" in figures.describe(view)


def test_an_area_is_outlined_and_what_is_inside_stays_in_colour() -> None:
    box = np.array([[-1, -1], [0, -1], [0, 1], [-1, 1]], float)
    figure = figures.catalogue_map(VIEW, area=write_area([box], XY))
    (selection,) = figure.layout.selections
    assert selection.path.startswith("M")
    chosen = [trace.customdata[place] for trace in figure.data for place in trace.selectedpoints]
    assert sorted(chosen) == [row for row in ROWS if XY[row, 0] < 0]


def test_hidden_groups_stay_hidden() -> None:
    shirts, *_ = figures.catalogue_map(VIEW, without=("Shirts",)).data
    assert shirts.visible == "legendonly"


def test_marked_items_are_ringed_and_those_off_the_map_are_not() -> None:
    *_, rings = figures.catalogue_map(VIEW, highlighted=(5, 3)).data
    assert rings.name == "Marked"
    assert (rings.x[0], rings.y[0]) == tuple(XY[5])
    assert len(rings.x) == 1
    assert len(figures.catalogue_map(VIEW, highlighted=(3,)).data) == 3


def test_pictures_stand_where_their_items_lie() -> None:
    figure = figures.catalogue_map(VIEW, pictures=[figures.Picture(7, "data:image/jpeg;base64,x")])
    (image,) = figure.layout.images
    assert image.x == pytest.approx(float(XY[7, 0]))
    assert image.y > float(XY[7, 1])


def test_the_same_map_may_be_drawn_afresh_and_keeps_its_zoom_otherwise() -> None:
    first, second = (figures.catalogue_map(VIEW, drawn=n) for n in (1, 2))
    assert first.to_json() != second.to_json()
    assert first.layout.uirevision == second.layout.uirevision


def test_the_points_can_be_taken_along_as_a_table() -> None:
    lines = as_csv(figures.catalogue_map(VIEW)).decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + len(ROWS)
    assert "Item <0>" in lines[1]


def test_an_empty_map_is_a_sentence() -> None:
    empty = replace(VIEW, rows=np.array([], np.int64), total=0, titles=())
    figure = figures.catalogue_map(empty)
    assert not figure.data
    assert len(figure.layout.annotations[0].text) > 10
