from dataclasses import replace

from backend.evaluation.significance import Interval
from backend.figures import overview, theme
from backend.workflows.overview import BestRun

BEST = BestRun(
    run_id="r",
    label="EASE",
    score=Interval(0.3, 0.28, 0.31),
    reference_label="EASE",
    reference=Interval(0.3, 0.28, 0.31),
    gain=None,
    content_run_id="c",
    content_label="Fused <late>",
    content=Interval(0.2, 0.18, 0.22),
)


def test_content_and_clicks_stand_in_one_plot_with_their_values() -> None:
    figure = overview.lead(BEST)
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert [point.x[0] for point in points] == [0.3, 0.2]
    assert [point.marker.color for point in points] == [theme.BASELINE, theme.ACCENT]
    assert [note.text for note in figure.layout.annotations] == [
        "EASE: 0.300",
        "Fused &lt;late&gt;: 0.200",
    ]
    low, high = figure.layout.xaxis.range
    assert low < 0.18
    assert high > 0.31


def test_without_a_run_that_reads_content_the_leader_stands_alone() -> None:
    figure = overview.lead(replace(BEST, content=None, content_label=None))
    assert len([trace for trace in figure.data if trace.mode == "markers"]) == 1
    assert figure.layout.title.text == "Best run"


def test_without_runs_a_sentence_stands_there() -> None:
    assert overview.lead(None).layout.annotations[0].text == "No finished run yet."
