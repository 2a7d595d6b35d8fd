import math

import pytest

from backend.figures import repetition as figures
from backend.workflows.repetition import Repetition, SplitEffect, SplitRow

TWICE = Repetition("Fused <b>", True, (0, 1), (0.2, 0.4))
ONCE = Repetition("EASE", False, (0,), (0.1,))


def test_every_seed_is_a_point_and_the_spread_is_said() -> None:
    figure = figures.seeds((TWICE, ONCE), "ndcg@20")
    points, means = figure.data[-2:]
    assert list(points.x) == [0.1, 0.2, 0.4]
    assert list(points.y) == [0, 1, 1]
    assert list(means.x) == pytest.approx([0.1, 0.3])
    said = [a.text for a in figure.layout.annotations]
    assert said == ["EASE: 0.100, one seed", "Fused &lt;b&gt;: 0.300 ± 0.14 over 2 seeds"]
    assert figure.layout.xaxis.title.text == "NDCG@20 on test users"
    assert not figures.seeds((), "ndcg@20").data


def test_cells_of_splits_say_value_and_rank() -> None:
    found = SplitEffect(
        ("ranking, at random", "ranking, the last"),
        (SplitRow("A", (0.3, 0.1), (1, 2)), SplitRow("B", (0.2, None), (2, None))),
    )
    (heat,) = figures.split_effect(found, "ndcg@20").data
    assert [list(row) for row in heat.text] == [["0.200 (2)", ""], ["0.300 (1)", "0.100 (2)"]]
    assert heat.z[0][0] == 0
    assert math.isnan(heat.z[0][1])
    assert not figures.split_effect(SplitEffect((), ()), "ndcg@20").data
