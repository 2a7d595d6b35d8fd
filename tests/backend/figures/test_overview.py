from dataclasses import replace

from backend.evaluation.significance import Interval
from backend.figures import overview, theme
from backend.workflows.overview import BestRun

BEST = BestRun(
    "r", "Fused <late>", Interval(0.2, 0.18, 0.22), "EASE", Interval(0.1, 0.09, 0.12), None
)


def test_leader_and_reference_stand_in_one_plot_with_their_values() -> None:
    figure = overview.lead(BEST)
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert [point.x[0] for point in points] == [0.1, 0.2]
    assert [point.marker.color for point in points] == [theme.BASELINE, theme.ACCENT]
    assert [note.text for note in figure.layout.annotations] == [
        "EASE: 0.100",
        "Fused &lt;late&gt;: 0.200",
    ]
    low, high = figure.layout.xaxis.range
    assert low < 0.09
    assert high > 0.22


def test_without_a_reference_the_leader_stands_alone() -> None:
    figure = overview.lead(replace(BEST, reference=None, reference_label=None))
    assert len([trace for trace in figure.data if trace.mode == "markers"]) == 1


def test_a_leader_that_sees_clicks_only_is_not_compared_with_itself() -> None:
    figure = overview.lead(replace(BEST, label="EASE"))
    assert len([trace for trace in figure.data if trace.mode == "markers"]) == 1
    assert figure.layout.title.text == "Best run"


def test_without_runs_a_sentence_stands_there() -> None:
    assert overview.lead(None).layout.annotations[0].text == "No finished run yet."
