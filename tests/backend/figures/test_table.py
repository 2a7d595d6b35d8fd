import csv
import io

import plotly.graph_objects as go

from backend.figures.table import as_csv


def _rows(figure: go.Figure) -> list[list[str]]:
    return list(csv.reader(io.StringIO(as_csv(figure).decode("utf-8-sig"))))


def test_every_point_is_a_row_with_its_label_as_it_was() -> None:
    figure = go.Figure(go.Bar(name="A &amp; B", x=[1, 2.5], y=["&lt;b&gt;", "c"], text=["p", "q"]))
    assert _rows(figure) == [
        ["series", "x", "y", "z", "text", "label"],
        ["A & B", "1", "<b>", "", "p", ""],
        ["A & B", "2.5", "c", "", "q", ""],
    ]


def test_a_heat_map_gives_a_row_per_cell() -> None:
    figure = go.Figure(go.Heatmap(x=["u", "v"], y=["r"], z=[[0.1, 0.2]]))
    assert _rows(figure)[1:] == [
        ["", "u", "r", "0.1", "", ""],
        ["", "v", "r", "0.2", "", ""],
    ]


def test_a_violin_has_one_axis_only() -> None:
    assert _rows(go.Figure(go.Violin(x=[0.5], name="Image")))[1:] == [
        ["Image", "0.5", "", "", "", ""]
    ]


def test_nothing_is_read_as_a_formula() -> None:
    assert _rows(go.Figure(go.Bar(x=[1], y=["=cmd()"])))[1][2] == "'=cmd()"


def test_an_empty_figure_is_a_header() -> None:
    assert len(_rows(go.Figure())) == 1


def test_a_point_carries_the_label_that_hovering_shows() -> None:
    figure = go.Figure(go.Scatter(x=[1, 2], y=[0, 1], customdata=["A", "B"]))
    assert [row[-1] for row in _rows(figure)] == ["label", "A", "B"]
    figure = go.Figure(go.Scatter(x=[1], y=[0], customdata=[["2 s", "A"]]))
    assert _rows(figure)[1][-1] == "A"
