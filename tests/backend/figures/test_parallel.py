import pytest

from backend.figures import compare, parallel
from backend.figures.parallel import Axis, Line
from backend.workflows.hyperparameters import Hyperparameters, SetRun


def test_numbers_stand_by_size_or_by_ratio_and_words_in_order() -> None:
    assert Axis("near", [1.0, 2.0, 3.0]).place(2.0) == 0.5
    assert Axis("far", [0.001, 0.01, 0.1]).place(0.01) == pytest.approx(0.5)
    words = Axis("kind", ["b", "a", None])
    assert [words.place(value) for value in ("a", "b", None)] == [0, 1, None]
    assert words.ticks == ((0.0, "a"), (1.0, "b"))
    assert Axis("same", [4.0, 4.0]).ticks == ((0.5, "4.00"),)


def test_the_last_line_is_the_best_and_words_are_escaped() -> None:
    figure = parallel.lines("T", ["kind"], [Line("x", ("<i>",)), Line("y", ("b",))])
    assert [line.line.width for line in figure.data] == [1.5, 4]
    assert "&lt;i&gt;" in {a.text for a in figure.layout.annotations}


@pytest.mark.parametrize(("higher", "best"), [(True, "B"), (False, "A")])
def test_runs_run_through_their_settings_to_the_figure(higher: bool, best: str) -> None:
    found = Hyperparameters(
        ("model", "epochs"), (SetRun("A", ("ease", None), 0.1), SetRun("B", ("bpr", 9.0), 0.2))
    )
    figure = compare.hyperparameters(found, "ndcg@20", higher)
    assert figure.data[-1].name == best
    assert list(figure.layout.xaxis.ticktext) == ["Model", "Epochs", "NDCG@20"]
    lines = {line.name: list(line.y) for line in figure.data}
    assert lines == {"A": [1, None, 0], "B": [0, 0.5, 1]}
    assert not compare.hyperparameters(Hyperparameters((), ()), "ndcg@20").data
