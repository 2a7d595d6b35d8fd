from dataclasses import replace

import numpy as np
import pytest

from backend.evaluation.significance import Difference, Interval
from backend.figures import compare, theme
from backend.workflows.comparison import (
    Curve,
    Leaderboard,
    LeaderRow,
    PairedRow,
    Protocol,
    Segments,
)


def _row(run_id: str, label: str, value: float, *, fusion: str | None = None) -> LeaderRow:
    return LeaderRow(
        run_id=run_id,
        label=label,
        model="fused" if fusion else "ease",
        fusion=fusion,
        encoders={"image": "e"} if fusion else {},
        seed=0,
        metrics={"ndcg@20": value},
        score=Interval(value, value - 0.01, value + 0.02),
        seconds=100 * value,
        parameters=1000,
        epochs=3,
        reads_content=fusion is not None,
    )


@pytest.fixture
def board() -> Leaderboard:
    rows = (
        _row("r1", "Fused · Late", 0.14, fusion="late"),
        _row("r2", "Fused · Late · seed 1", 0.12, fusion="late"),
        _row("r3", "EASE", 0.11),
        _row("r4", "Fused · Hybrid", 0.10, fusion="hybrid"),
    )
    protocol = Protocol("given", "given split, ranking", 4)
    return Leaderboard((protocol,), protocol, "ndcg@20", True, rows, ("ndcg@20",), "Late leads.")


def test_leaderboard_puts_the_best_on_top_with_its_interval(board: Leaderboard) -> None:
    figure = compare.leaderboard(board)
    points = figure.data[-1]
    assert points.customdata[-1] == "Fused · Late"
    assert (points.x[-1], points.y[-1]) == (0.14, 3)
    assert [note.text for note in figure.layout.annotations][-1] == "Fused · Late"
    assert points.text[-1] == "0.140 [0.130, 0.160]"
    lines = {line.y[0]: tuple(line.x) for line in figure.data if line.mode == "lines"}
    assert lines[1] == pytest.approx((0.10, 0.13))
    assert "NDCG@20" in figure.layout.xaxis.title.text
    assert "higher is better" in figure.layout.xaxis.title.text


def test_leaderboard_colours_clicks_grey_and_the_pinned_run_in_ink(board: Leaderboard) -> None:
    colours = dict(
        zip(
            compare.leaderboard(board, pinned="r4", dark=True).data[-1].customdata,
            compare.leaderboard(board, pinned="r4", dark=True).data[-1].marker.color,
            strict=True,
        )
    )
    assert colours["EASE"] == theme.BASELINE
    assert colours["Fused · Late"] == theme.ACCENT
    assert colours["Fused · Hybrid"] == theme.INK_DARK
    rules = compare.leaderboard(board, pinned="r4").layout.shapes
    assert [rule.x0 for rule in rules] == [0.10]


def test_of_many_runs_the_best_are_drawn_and_the_pinned_one(board: Leaderboard) -> None:
    many = tuple(_row(f"r{place}", f"Run {place}", 1 - place / 1000) for place in range(500))
    figure = compare.leaderboard(replace(board, rows=many), pinned="r400")
    labels = list(figure.data[-1].customdata)[::-1]
    assert labels == [*(f"Run {place}" for place in range(12)), "Run 400"]
    assert "the best 12 of 500 runs" in figure.layout.title.text


def test_equal_labels_stay_two_rows(board: Leaderboard) -> None:
    twins = replace(board, rows=(_row("a", "EASE", 0.2), _row("b", "EASE", 0.1)))
    assert set(compare.leaderboard(twins).data[-1].customdata) == {"EASE", "EASE (2)"}


def test_labels_from_data_are_escaped(board: Leaderboard) -> None:
    nasty = replace(board, rows=(_row("a", "<img src=x>", 0.2),))
    figure = compare.leaderboard(nasty)
    assert list(figure.data[-1].customdata) == ["&lt;img src=x&gt;"]
    assert figure.layout.annotations[0].text == "&lt;img src=x&gt;"


def test_fusion_strategies_average_over_seeds_and_rule_at_the_best_click_run(
    board: Leaderboard,
) -> None:
    figure = compare.fusion_strategies(board)
    bars = figure.data[0]
    assert bars.x == pytest.approx([0.10, (0.14 + 0.12) / 2])
    assert list(bars.customdata) == ["Hybrid", "Late"]
    assert [shape.x0 for shape in figure.layout.shapes] == [0.11]
    assert sum(trace.type == "scatter" for trace in figure.data) == 3


def test_fusion_title_drops_the_seed_and_keeps_what_else_differs(board: Leaderboard) -> None:
    row = replace(board.rows[0], label="Fused · Late · image only · seed 3")
    assert compare.fusion_title(row) == "Late · image only"


def test_few_curves_share_a_plot_many_become_small_multiples() -> None:
    curve = Curve("r", "Run", "bpr", None, (1, 2, 3), (1.0, 0.9, 0.8), (0.1, 0.3, 0.2), 2)
    few = compare.learning_curves([curve], "ndcg@20")
    star = next(trace for trace in few.data if trace.mode == "markers")
    assert (star.x, star.y) == ((2,), (0.3,))
    many = compare.learning_curves([curve] * 7, "ndcg@20")
    assert len(many.data) == 7
    assert not many.layout.showlegend


def test_segments_print_the_value_in_every_cell_and_nothing_in_an_empty_one() -> None:
    found = Segments(("A", "B"), ("1-3", "4+"), (10, 20), ((0.1, None), (0.25, 0.5)))
    heat = compare.segments(found).data[0]
    assert [list(row) for row in heat.text] == [["0.250", "0.500"], ["0.100", ""]]
    assert list(heat.y) == ["B", "A"]
    assert heat.x[1] == "4+<br>20<br>people"


def test_forest_is_hollow_where_the_interval_covers_zero() -> None:
    clear = Difference(0.02, 0.01, 0.03, 0.001, 0.3, 100)
    unclear = Difference(-0.01, -0.03, 0.01, 0.4, -0.1, 100)
    rows = [
        PairedRow("a", "A", clear, 0.1, 0.002, ""),
        PairedRow("b", "B", unclear, -0.05, 0.4, ""),
    ]
    figure = compare.forest(rows, "EASE", "ndcg@20")
    symbols = {trace.name: trace.marker.symbol for trace in figure.data}
    assert symbols == {"A": "circle", "B": "circle-open"}
    assert [shape.x0 for shape in figure.layout.shapes] == [0.0]


def test_costs_join_the_runs_that_nothing_cheaper_beats(board: Leaderboard) -> None:
    figure = compare.costs(board, "seconds")
    front = figure.data[-1]
    assert list(front.y) == [0.10, 0.11, 0.12, 0.14]
    figure = compare.costs(board, "parameters")
    assert list(figure.data[-1].y) == [0.14]
    assert figure.layout.xaxis.type == "log"


def test_win_loss_counts_people() -> None:
    pairs = [("a", 1.0, 0.0), ("b", 0.5, 0.5), ("c", 0.0, 1.0), ("d", 0.9, 0.1)]
    bars = compare.win_loss(pairs, "New", "Old").data[0]
    assert dict(zip(bars.y, bars.x, strict=True)) == {
        "New better": 2,
        "No difference": 1,
        "Old better": 1,
    }


def test_every_figure_has_an_empty_case(board: Leaderboard) -> None:
    nothing = replace(board, rows=())
    for figure in (
        compare.leaderboard(nothing),
        compare.fusion_strategies(nothing),
        compare.costs(nothing),
        compare.learning_curves([], "ndcg@20"),
        compare.segments(Segments((), (), (), ())),
        compare.forest([], "EASE", "ndcg@20"),
        compare.win_loss([], "A", "B"),
    ):
        assert not figure.data
        assert len(figure.layout.annotations[0].text) > 10


def test_nothing_is_measured_as_nan(board: Leaderboard) -> None:
    blank = replace(board.rows[0], score=Interval(np.nan, np.nan, np.nan))
    assert not compare.leaderboard(replace(board, rows=(blank,))).data
