"""SMORE: filters, the joint product and its graph by hand."""

import torch

from models.modality import Modality
from models.recommenders import FeatureTable, TrainingData, build_recommender
from models.recommenders._item_graph import ItemGraphs
from models.recommenders.smore import Smore


def world() -> TrainingData:
    """Text: 0 and 1 alike, 2 alone. Image: 0 and 2 alike; item 1 has no picture."""
    text = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-1.0, 0.0]])
    image = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
    tables = {
        Modality.IMAGE: FeatureTable(image, torch.tensor([True, False, True])),
        Modality.TEXT: FeatureTable(text, torch.ones(3, dtype=torch.bool)),
    }
    pairs = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 2])
    return TrainingData(2, 3, *pairs, torch.ones(3), tables)


def build() -> Smore:
    torch.manual_seed(0)
    model = build_recommender("smore", world(), config={"dim": 4, "neighbours": 2})
    assert isinstance(model, Smore)
    return model.eval()


def test_the_joint_graph_has_every_edge_with_its_largest_weight():
    graphs = ItemGraphs(world(), 2, binary=False)
    text = graphs.pull(Modality.TEXT, torch.eye(3))
    image = graphs.pull(Modality.IMAGE, torch.eye(3))
    both = (Modality.IMAGE, Modality.TEXT)
    torch.testing.assert_close(graphs.pull_joint(both, torch.eye(3)), torch.maximum(text, image))
    torch.testing.assert_close(graphs.pull_joint((Modality.TEXT,), torch.eye(3)), text)
    assert not graphs.pull_joint((), torch.eye(3)).any()


def test_an_item_known_by_its_content_has_its_twins_edges():
    data = world()
    graphs = ItemGraphs(data, 2, binary=False)
    both = (Modality.IMAGE, Modality.TEXT)
    known = graphs.pull_joint(both, torch.eye(3))
    torch.testing.assert_close(graphs.pull_joint_new(data.features, torch.eye(3)), known)


def test_filters_are_circular_convolutions():
    model = build()
    kernel = torch.tensor([0.5, -1.0, 0.25, 2.0])
    signal = model.inputs["text"](model.content.table(Modality.TEXT)).detach()
    with torch.no_grad():
        model.filters["text"].copy_(torch.view_as_real(torch.fft.rfft(kernel)))
        found = model._purified(model.content.present)["text"]
        # Multiplying spectra convolves: y[n] = sum over k of kernel[k] x[n - k].
        rolled = sum(kernel[k] * signal.roll(k, dims=1) for k in range(4))
        expected = model.items * torch.sigmoid(model.gates["text"](rolled))
    torch.testing.assert_close(found, expected)


def test_a_missing_modality_is_left_out_of_the_product():
    model = build()
    with torch.no_grad():
        both = model._purified(model.content.present)["joint"]
        text = model._purified(model.content.select(frozenset({"text"})))["joint"]
    torch.testing.assert_close(both[1], text[1])
    assert not torch.equal(both[0], text[0])


def test_the_joint_view_decides_how_far_others_are_heard():
    model = build()
    views, heard = torch.randn(1, 3, 4), torch.randn(1, 4)
    with torch.no_grad():
        found = model.side(heard, views, torch.ones(1, 3, dtype=torch.bool))
        liked = torch.sigmoid(model.preference(heard)).view(3, 4)
        parts = [
            liked[0] * model.queries["image"](views[0, 2]).softmax(0) * views[0, 0],
            liked[1] * model.queries["text"](views[0, 2]).softmax(0) * views[0, 1],
            liked[2] * views[0, 2],
        ]
    torch.testing.assert_close(found[0], torch.stack(parts).mean(0))
