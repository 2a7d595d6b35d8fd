import pytest

from backend.evaluation.significance import Interval
from backend.figures import tradeoffs
from backend.workflows.comparison import Leaderboard, LeaderRow
from backend.workflows.segments import ItemSegments
from backend.workflows.synergy import PairSynergy, Synergy


def _row(name: str, ndcg: float, novelty: float) -> LeaderRow:
    metrics = {"ndcg@20": ndcg, "novelty@20": novelty}
    score = Interval(ndcg, ndcg, ndcg)
    return LeaderRow(name, name, "fused", "late", {}, 0, metrics, score, 1.0, 1, 1, True)


BOARD = Leaderboard(
    (), None, "ndcg@20", True,
    (_row("best <b>", 0.3, 5.0), _row("middle", 0.2, 7.0), _row("beaten", 0.1, 6.0)),
    ("ndcg@20", "novelty@20"), "",
)  # fmt: skip


@pytest.mark.parametrize(("higher", "front"), [(True, [5.0, 7.0]), (False, [5.0])])
def test_the_front_holds_what_nothing_beats_in_both(higher: bool, front: list[float]) -> None:
    figure = tradeoffs.pareto(BOARD, "novelty@20", higher)
    assert list(figure.data[0].x) == front
    assert "&lt;b&gt;" in figure.data[1].text[0]
    assert "novelty" in figure.layout.xaxis.title.text.lower()


def test_each_column_of_metrics_has_its_own_scale_and_direction() -> None:
    table = [("a", {"x@1": 1.0, "y@1": 9.0}), ("b", {"x@1": 3.0, "y@1": 5.0}), ("c", {"x@1": 2.0})]
    figure = tradeoffs.all_metrics(table, ("x@1", "y@1"), {"x@1": True, "y@1": False})
    cells = dict(zip(figure.data[0].y, figure.data[0].z, strict=True))
    assert list(cells["b"]) == [1, 1]
    assert list(cells["a"]) == [0, 0]
    assert cells["c"][0] == 0.5
    assert dict(zip(figure.data[0].y, figure.data[0].text, strict=True))["c"][1] == ""


def test_a_radar_needs_three_metrics_and_two_runs() -> None:
    names = ("ndcg@20", "recall@20", "novelty@20")
    table = [("a", dict.fromkeys(names, 1.0)), ("b", dict.fromkeys(names, 2.0))]
    higher = dict.fromkeys(names, True)
    figure = tradeoffs.radar(table, names, higher)
    assert list(figure.data[1].r) == [1.0] * 4
    assert not tradeoffs.radar(table[:1], names, higher).data


def test_people_with_equal_values_are_one_point() -> None:
    pairs = [("u1", 0.5, 0.1), ("u2", 0.5, 0.1), ("u3", 0.0, 0.2)]
    points = tradeoffs.win_loss_people(pairs, "A", "B", "ndcg@20").data[1]
    assert list(points.text) == ["2 people", "1 person"]
    assert list(points.customdata) == ["u1", "u3"]


def test_kinds_of_items_and_synergy_say_their_values() -> None:
    found = ItemSegments(("A",), ("cold", "rare"), (3, 5), ((None, 0.25),))
    assert list(tradeoffs.item_segments(found, "t").data[0].text[0]) == ["", "25.0 %"]
    pair = PairSynergy("All items", 9, ("image", "text"), -0.2, 0.4, "redundant")
    figure = tradeoffs.synergy(Synergy("A", (pair,)))
    assert figure.data[0].text[0][0] == "say the same (−20.0 %)"
    assert not tradeoffs.synergy(Synergy("A", ())).data
