import numpy as np
import pytest

from backend.figures import trust
from backend.workflows.trust import GateReport

REPORT = GateReport(
    judged=10,
    shown=8,
    failures={"learned": 0, "baselines": 2},
    values={"curves": np.array([0.2, 0.3]), "seeds": np.array([])},
    learned="",
)


def test_bars_are_shares_of_the_judged() -> None:
    (bars,) = trust.outcome(REPORT).data
    assert bars.x == pytest.approx((80, 0, 20))
    assert bars.y[2].startswith("Withheld: other baselines")


def test_only_what_was_measured_is_drawn() -> None:
    (violin,) = trust.measured(REPORT).data
    assert violin.name == "Deletion and insertion"
    assert violin.x == pytest.approx((20, 30))


def test_nothing_judged_is_a_sentence() -> None:
    empty = GateReport(0, 0, {}, {}, "")
    assert not trust.outcome(empty).data
    assert not trust.measured(empty).data
