"""The figure of a probe."""

from backend.figures.probe import drops
from backend.workflows.probing import Effect, ModalityUse, Probe

REMOVED = Effect("removed", 0.021, 0.017, 0.025, 0.0001, 0.4)
SHUFFLED = Effect("shuffled", 0.03, 0.02, 0.04, 0.0001, 0.5)
IMAGE = ModalityUse("image", "inference", REMOVED, (REMOVED, SHUFFLED), "The pictures matter.")


def test_a_row_for_each_intervention_first_on_top() -> None:
    figure = drops(Probe("a", "ndcg@20", 0.2, 100, 1, (IMAGE,)))
    markers = figure.data[-1]
    assert list(markers.x) == [0.03, 0.021]
    assert markers.customdata[1] == "Image taken away: +0.0210 [+0.0170, +0.0250]"
    labels = [note.text for note in figure.layout.annotations]
    assert labels.index("Image swapped between items") < labels.index("Image taken away")
    assert figure.layout.xaxis.title.text == "Drop of NDCG@20"


def test_a_model_without_content_has_a_sentence() -> None:
    none = ModalityUse("image", "none", None, (), "The pictures are not read.")
    figure = drops(Probe("a", "ndcg@20", 0.2, 100, 1, (none,)))
    assert "given no content" in figure.layout.annotations[0].text
