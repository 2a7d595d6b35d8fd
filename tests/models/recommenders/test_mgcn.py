"""MGCN: purifying, spreading and fusing by hand."""

import torch

from models.modality import Modality
from models.recommenders import FeatureTable, TrainingData, build_recommender
from models.recommenders.mgcn import Mgcn

ITEMS = 4


def build(**config: object) -> Mgcn:
    """Items 0 and 1 are alike in text; item 3 has no picture and nobody took it."""
    text = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    image = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    there = torch.ones(ITEMS, dtype=torch.bool)
    tables = {
        Modality.IMAGE: FeatureTable(image, torch.arange(ITEMS) < 3),
        Modality.TEXT: FeatureTable(text, there),
    }
    users, items = torch.tensor([0, 0, 1]), torch.tensor([0, 1, 2])
    data = TrainingData(2, ITEMS, users, items, torch.ones(3), tables)
    torch.manual_seed(0)
    model = build_recommender("mgcn", data, config={"dim": 2, "neighbours": 2, **config})
    assert isinstance(model, Mgcn)
    return model.eval()


def test_views_are_gated_and_spread_along_alike_items():
    model = build()
    with torch.no_grad():
        views, there = model.item_views(model.content.present)
        gate = torch.sigmoid(model.gates["text"](model.content.table(Modality.TEXT)))
        purified = model.items * gate
    # Text: 0 and 1 have cosine 1/√2, degree 1 + 1/√2 each; 2 and 3 have nobody else.
    degree = 1 + 2**-0.5
    expected = (purified[0] + 2**-0.5 * purified[1]) / degree
    torch.testing.assert_close(views[0, 1], expected)
    torch.testing.assert_close(views[2, 1], purified[2])
    assert not views[3, 0].any()
    assert there.tolist()[3] == [False, True]


def test_side_is_common_part_and_gated_own_parts():
    model = build()
    views = torch.tensor([[[1.0, 2.0], [3.0, 0.0]]])
    heard = torch.tensor([[0.5, -0.5]])
    with torch.no_grad():
        found = model.side(heard, views, torch.tensor([[True, True]]))
        weight = model.attention(views)[0, :, 0].softmax(0)
        common = weight[0] * views[0, 0] + weight[1] * views[0, 1]
        liked = torch.sigmoid(model.preference(heard)).view(2, 2)
        own = liked[0] * (views[0, 0] - common) + liked[1] * (views[0, 1] - common)
    torch.testing.assert_close(found[0], (common + own) / 3)


def test_one_view_is_all_common_and_none_is_nothing():
    model = build()
    views = torch.tensor([[[1.0, 2.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]])
    there = torch.tensor([[True, False], [False, False]])
    with torch.no_grad():
        found = model.side(torch.ones(2, 2), views, there)
    torch.testing.assert_close(found, torch.tensor([[0.5, 1.0], [0.0, 0.0]]))


def test_users_see_what_their_items_show():
    model = build(loss="bpr")
    with torch.no_grad():
        text = model.embed(frozenset({"text"}))
        both = model.embed()
    assert not torch.equal(text.users, both.users)
    # The cold item stands for itself by its text alone, also with clicks.
    torch.testing.assert_close(both.items[3], text.items[3])
