import math

from backend.figures import train
from backend.workflows.training import RunProgress
from db.records import EpochRecord, RunRecord

RUN = RunRecord(id="abc", name="BPR", dataset_id="d", dataset_fingerprint="f", model="bpr")


def test_the_curve_skips_epochs_without_validation_and_losses_that_are_no_number() -> None:
    epochs = (
        EpochRecord("abc", 1, 0.7, {"ndcg@20": 0.1}, 1.0),
        EpochRecord("abc", 2, math.nan, {}, 1.0),
        EpochRecord("abc", 3, 0.5, {"ndcg@20": 0.2}, 1.0),
    )
    figure = train.learning(RunProgress(RUN, "BPR", None, epochs, 10))
    loss, validation = figure.data
    assert loss.y == (0.7, None, 0.5)
    assert (validation.x, validation.y) == ((1, 3), (0.1, 0.2))
    assert figure.layout.yaxis.title.text == "NDCG@20"


def test_before_the_first_epoch_a_sentence_stands_there() -> None:
    figure = train.learning(RunProgress(RUN, "BPR", None, (), 10))
    assert not figure.data
    assert figure.layout.annotations


def test_zoom_is_kept_while_the_run_goes_on() -> None:
    one = (EpochRecord("abc", 1, 0.7, {"ndcg@20": 0.1}, 1.0),)
    two = (*one, EpochRecord("abc", 2, 0.6, {"ndcg@20": 0.2}, 1.0))
    before = train.learning(RunProgress(RUN, "BPR", None, one, 10))
    after = train.learning(RunProgress(RUN, "BPR", None, two, 10))
    assert before.layout.uirevision == after.layout.uirevision == "abc"
