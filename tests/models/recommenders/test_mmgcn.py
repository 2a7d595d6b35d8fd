"""MMGCN: one layer by hand."""

import torch
from torch.nn import functional as F

from models.modality import Modality
from models.recommenders import FeatureTable, TrainingData, build_recommender
from models.recommenders.mmgcn import Mmgcn

ROOT = 2**-0.5


def build(**config: object) -> Mmgcn:
    """u0 took items 0 and 1, u1 took item 1; item 2 has no text, items 1 and 2 no picture."""
    here = torch.tensor([True, True, False])
    text = FeatureTable(torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]]), here)
    image = FeatureTable(
        torch.tensor([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]), torch.tensor([True, False, False])
    )
    users, items = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1])
    tables = {Modality.TEXT: text, Modality.IMAGE: image}
    data = TrainingData(2, 3, users, items, torch.ones(3), tables)
    torch.manual_seed(0)
    settings = {"dim": 2, "layers": 1, "loss": "bpr", "feature_dim": 0} | config
    model = build_recommender("mmgcn", data, config=settings)
    assert isinstance(model, Mmgcn)
    return model.eval()


def test_a_layer_joins_what_is_heard_what_it_was_and_who_it_is():
    model = build()
    with torch.no_grad():
        found = []
        for m in model.content.modalities:
            branch = model._branch(m)
            taste = F.normalize(branch.preference, dim=1)
            own = F.normalize(branch.seen(model.content.table(m)[1]), dim=0)
            # Degrees: u0 2, u1 1; i1 2.
            heard = 0.5 * taste[0] + ROOT * taste[1]
            said = branch.join[0](F.leaky_relu(branch.hear[0](heard)))
            kept = F.leaky_relu(branch.keep[0](own))
            found.append(F.leaky_relu(said + kept + model.items[1]))
        items = model.embed().items
    torch.testing.assert_close(items[1], torch.stack(found).mean(0))


def test_who_has_neither_content_nor_clicks_is_nothing():
    model = build(layers=2)
    with torch.no_grad():
        assert not model.embed().items[2].any()
        assert not model.embed(frozenset()).items.any()


def test_a_modality_taken_away_leaves_the_other_branch_alone():
    model = build()
    with torch.no_grad():
        text = model.embed(frozenset({"text"})).items
        branch = model._branch(Modality.TEXT)
        own = F.normalize(branch.seen(model.content.table(Modality.TEXT)), dim=1)
        alone = F.leaky_relu(F.leaky_relu(branch.keep[0](own)))
    torch.testing.assert_close(text, alone / 2)
