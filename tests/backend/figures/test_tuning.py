import math

import pytest

from backend.figures import theme, tuning
from backend.workflows.tuning_view import StrategyTrials
from db.records import TrialRecord, TrialState


def trial(
    number: int, rate: float, value: float, state: TrialState = TrialState.DONE
) -> TrialRecord:
    settings = {"learning_rate": rate, "layers": number + 1}
    return TrialRecord(
        tuning_id="t", strategy="bpr", number=number, state=state, settings=settings, value=value
    )


TRIALS = (
    trial(0, 0.01, 0.2),
    trial(1, 0.1, 0.1),
    trial(2, 0.05, 0.15, TrialState.PRUNED),
    trial(3, 0.001, 0.4),
    trial(4, 0.002, math.nan, TrialState.FAILED),
)
ROW = StrategyTrials("bpr", "BPR", 5, TRIALS, TRIALS[3])
NOTHING = StrategyTrials("bpr", "BPR", 5, (), None)


def test_the_best_so_far_never_falls_and_the_defaults_are_marked() -> None:
    best, finished, early = tuning.history(ROW, "ndcg@20", True).data
    assert (best.x, best.y) == ((1, 2, 4), (0.2, 0.2, 0.4))
    assert finished.y == (0.2, 0.1, 0.4)
    assert (early.x, early.y) == ((3,), (0.15,))
    assert tuning.history(ROW, "ndcg@20", True).layout.shapes[0].y0 == 0.2


def test_for_errors_the_best_is_the_lowest() -> None:
    assert tuning.history(ROW, "rmse", False).data[0].y == (0.2, 0.1, 0.1)


def test_lines_run_through_the_settings_to_the_figure() -> None:
    lines = tuning.coordinates(ROW, "ndcg@20", True).data
    assert [line.name for line in lines] == ["Trial 2", "Trial 1", "Trial 4"]
    assert lines[-1].line.color == theme.ACCENT
    # 0.001 to 0.1 is drawn on a log scale, layers 1 to 4 and the figure are not.
    assert lines[1].y == pytest.approx((0.5, 0.0, 1 / 3))
    assert lines[-1].y == pytest.approx((0.0, 1.0, 1.0))


def test_the_best_line_is_on_top_for_errors_too() -> None:
    assert tuning.coordinates(ROW, "rmse", False).data[-1].name == "Trial 2"


def test_importance_is_a_bar_per_setting_largest_on_top() -> None:
    (bars,) = tuning.importance({"learning_rate": 0.75, "layers": 0.25}).data
    assert bars.x == (25.0, 75.0)


def test_without_trials_sentences_stand_there() -> None:
    for figure in (
        tuning.history(NOTHING, "ndcg@20", True),
        tuning.coordinates(NOTHING, "ndcg@20", True),
        tuning.importance({}),
    ):
        assert not figure.data
        assert figure.layout.annotations
