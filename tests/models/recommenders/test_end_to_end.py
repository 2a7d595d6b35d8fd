from dataclasses import replace

import pytest
import torch
from torch import Tensor

from models.modality import COLLABORATIVE, Modality
from models.recommenders import Batch, FeatureTable, TrainingData, build_recommender
from models.recommenders.end_to_end import EndToEnd

USERS, ITEMS, SIDE, WORDS = 12, 24, 48, 12
SMALL = {
    "dim": 16,
    "id_dim": 4,
    "feature_dim": 16,
    "side": SIDE,
    "picture_width": 8,
    "word_width": 8,
    "modality_dropout": 0.0,
}


def pictures(red: Tensor, seed: int = 0) -> FeatureTable:
    """Red where told, blue elsewhere, with noise over both."""
    chance = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 60, (len(red), 3, SIDE, SIDE), generator=chance)
    pixels[:, 0] += 180 * red.long()[:, None, None]
    pixels[:, 2] += 180 * (~red).long()[:, None, None]
    everywhere = torch.ones(len(red), dtype=torch.bool)
    return FeatureTable(pixels.to(torch.uint8).flatten(1), everywhere)


def texts(linen: Tensor, seed: int = 0) -> FeatureTable:
    """Four words; one of them is 3 where told and 4 elsewhere, the others mean nothing."""
    chance = torch.Generator().manual_seed(seed)
    numbers = torch.randint(5, WORDS, (len(linen), 6), generator=chance)
    numbers[torch.arange(len(linen)), torch.arange(len(linen)) % 4] = torch.where(linen, 3, 4)
    numbers[:, 4:] = 0
    everywhere = torch.ones(len(linen), dtype=torch.bool)
    return FeatureTable(numbers.to(torch.int32), everywhere, words=WORDS)


def world(told_by: Modality) -> TrainingData:
    """Even people take what is one way, odd people the rest; the last six items nobody knows."""
    one_way = torch.arange(ITEMS) % 2 == 0
    pairs = [
        (u, i) for u in range(USERS) for i in range(ITEMS - 6) if u % 2 == i % 2 and (u + i) % 3
    ]
    users, items = (torch.tensor(side) for side in zip(*pairs, strict=True))
    nothing = torch.zeros(ITEMS, dtype=torch.bool)
    meant = {m: one_way if m is told_by else nothing for m in (Modality.IMAGE, Modality.TEXT)}
    tables = {
        Modality.IMAGE: pictures(meant[Modality.IMAGE]),
        Modality.TEXT: texts(meant[Modality.TEXT]),
    }
    return TrainingData(USERS, ITEMS, users, items, torch.ones(len(users)), tables)


def build(data: TrainingData, **config: object) -> EndToEnd:
    torch.manual_seed(1)
    model = build_recommender("end_to_end", data, config={**SMALL, **config}, fusion="late")
    assert isinstance(model, EndToEnd)
    return model


def step(data: TrainingData) -> Batch:
    return Batch(data.users, data.items, torch.arange(ITEMS - 6), data.ratings)


@pytest.mark.parametrize("told_by", [Modality.IMAGE, Modality.TEXT])
@pytest.mark.parametrize("network", ["lstm", "transformer"])
def test_it_learns_to_read_what_people_choose_by(told_by: Modality, network: str) -> None:
    if (told_by, network) == (Modality.IMAGE, "transformer"):
        pytest.skip("the network for words has nothing to do with pictures")
    data = world(told_by)
    model = build(data, text_network=network)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    for epoch in range(25):
        model.train()
        model.begin_epoch(epoch)
        optimizer.zero_grad()
        model.loss(step(data)).backward()
        optimizer.step()
    model.eval()
    one_way = torch.tensor([True, False, True, False, True, False])
    fresh = {told_by: (pictures if told_by is Modality.IMAGE else texts)(one_way, seed=9)}
    with torch.no_grad():
        users = model.embed().users
        rows, _ = model.embed_new_items(fresh)
        score = users @ rows.T
    difference = score[:, one_way].mean(1) - score[:, ~one_way].mean(1)
    assert torch.equal(difference > 0, torch.arange(USERS) % 2 == 0)


def test_every_network_hears_from_the_loss() -> None:
    data = world(Modality.IMAGE)
    model = build(data).train()
    model.begin_epoch(0)
    model.loss(step(data)).backward()
    for name, weight in model.content.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_a_step_reads_few_items_anew_and_learns_from_them_alone() -> None:
    data = world(Modality.IMAGE)
    model = build(data, anew=8).train()
    model.begin_epoch(0)
    before = {m: table.clone() for m, table in model.content.tables.items()}
    rows = torch.tensor([3, 5, 7, 9, 11, 12, 13, 14])
    others = torch.ones(ITEMS, dtype=torch.bool).index_fill(0, rows, False)
    with model.content.learning(rows):
        for modality, table in model.content.tables.items():
            assert torch.equal(table[others], before[modality][others])
            assert not torch.allclose(table[rows], before[modality][rows])
            assert table.requires_grad
    assert len(model._anew(step(data))) == 8


def test_everything_is_read_once_for_all_coalitions(monkeypatch: pytest.MonkeyPatch) -> None:
    data = world(Modality.IMAGE)
    model = build(data).eval()
    read: list[int] = []
    for reader in model.content.readers.values():
        reader.register_forward_hook(lambda module, given, found: read.append(len(found)))
    with torch.no_grad():
        for coalition in (None, frozenset(), frozenset({"image"}), frozenset({COLLABORATIVE})):
            model.embed(coalition)
    assert read == [ITEMS, ITEMS]
    model.load_state_dict(model.state_dict())
    with torch.no_grad():
        model.embed()
    assert read == [ITEMS] * 4


def test_what_stands_in_an_absent_place_changes_nothing() -> None:
    data = world(Modality.IMAGE)
    table = data.features[Modality.IMAGE]
    here = torch.arange(ITEMS) != 2
    noise = torch.randint(0, 256, table.values.shape, dtype=torch.uint8)
    scores = []
    for values in (table.values, torch.where(here.unsqueeze(1), table.values, noise)):
        gap = FeatureTable(values, here)
        model = build(replace(data, features={**data.features, Modality.IMAGE: gap}))
        model.begin_epoch(0)
        loss = model.loss(step(data))
        with torch.no_grad():
            scores.append((float(loss), model.eval().embed().score(torch.arange(USERS))))
    assert scores[0][0] == scores[1][0]
    assert torch.equal(scores[0][1], scores[1][1])


def test_ready_made_vectors_stand_beside_raw_content() -> None:
    data = world(Modality.IMAGE)
    sound = FeatureTable(torch.randn(ITEMS, 5), torch.arange(ITEMS) < 20)
    data = replace(data, features={**data.features, Modality.AUDIO: sound})
    model = build(data).train()
    assert model.players == ("image", "text", "audio", COLLABORATIVE)
    model.begin_epoch(0)
    model.loss(step(data)).backward()
    model.eval()
    with torch.no_grad():
        rows, _ = model.embed_new_items(data.features)
        known = model.embed(frozenset({"image", "text", "audio"})).items
    torch.testing.assert_close(rows, known)


def test_without_pictures_in_a_step_there_is_nothing_to_read() -> None:
    data = world(Modality.IMAGE)
    nobody = torch.zeros(ITEMS, dtype=torch.bool)
    empty = {m: replace(t, present=nobody) for m, t in data.features.items()}
    model = build(replace(data, features=empty)).train()
    model.begin_epoch(0)
    assert model.loss(step(data)).isfinite()
