from backend.figures import experiment as figures
from backend.workflows.experiment_verdict import (
    ExperimentVerdict,
    Finding,
    GroupGain,
    Standing,
)

VERDICT = ExperimentVerdict(
    decision="not_shown",
    sentence="Not shown.",
    gain=0.01,
    low=-0.02,
    high=0.04,
    best_fusion="fused/late",
    best_single="fused/late/text",
    best_click_only="ease",
    findings=(Finding("ease", "EASE <b>", 0.01, -0.02, 0.04, 0.01, 0.4),),
    over_control=Finding("c", "Control", 0.3, 0.2, 0.4, 0.5, 0.001),
    groups=(GroupGain("1–4 interactions", 10, 0.05, 0.01, 0.09),),
    standings=(
        Standing("ease", "EASE <b>", "clicks", 0.11, 0.12, 0.0, 1, 2.0, 9),
        Standing("fused/late", "Late", "fusion", 0.12, 0.13, 0.01, 3, 20.0, 99),
    ),
    users=10,
    more_users=400,
    failed={},
)


def test_gains_are_percent_with_the_control_last() -> None:
    figure = figures.gains(VERDICT)
    marks = figure.data[-1]
    assert list(marks.x) == [30, 1]
    assert "&lt;b&gt;" in marks.customdata[1]
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert sorted(tuple(line.x) for line in lines) == [(-2, 4), (20, 40)]


def test_groups_name_how_many_people() -> None:
    figure = figures.groups(VERDICT)
    assert "10 people" in str(figure.layout.annotations)


def test_standings_tell_kinds_apart_by_symbol_and_colour() -> None:
    figure = figures.standings(VERDICT, "ndcg@20")
    marks = [trace for trace in figure.data if trace.mode == "markers" and len(trace.x)]
    assert {trace.marker.symbol for trace in marks} == {"circle", "diamond"}
    assert len({trace.marker.color for trace in marks}) == 2
