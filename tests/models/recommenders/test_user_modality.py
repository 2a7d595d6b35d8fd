"""Personal weights: found where they were planted, held back where little is known."""

from math import exp

import torch

from models.modality import Modality
from models.recommenders import Batch, FeatureTable, TrainingData, build_recommender
from models.recommenders.user_modality import UserModality

USERS, ITEMS, KINDS = 120, 200, 8


def halves() -> tuple[TrainingData, torch.Tensor]:
    """Even people choose by what a picture shows, odd ones by what a text is about.

    (data, bool[U, I] what each likes beside the history).
    """
    generator = torch.Generator().manual_seed(0)
    kinds = torch.randint(KINDS, (2, ITEMS), generator=generator)
    tables = {
        m: FeatureTable(
            torch.eye(KINDS)[kinds[side]] + 0.1 * torch.randn(ITEMS, KINDS, generator=generator),
            torch.ones(ITEMS, dtype=torch.bool),
        )
        for side, m in enumerate((Modality.IMAGE, Modality.TEXT))
    }
    users, items = [], []
    liked = torch.zeros(USERS, ITEMS, dtype=torch.bool)
    for user in range(USERS):
        favourite = int(torch.randint(KINDS, (1,), generator=generator))
        fitting = (kinds[user % 2] == favourite).nonzero()[:, 0]
        taken = fitting[torch.randperm(len(fitting), generator=generator)[:6]]
        users += [user] * len(taken)
        items += taken.tolist()
        liked[user, fitting] = True
        liked[user, taken] = False
    data = TrainingData(
        USERS, ITEMS, torch.tensor(users), torch.tensor(items), torch.ones(len(users)), tables
    )
    return data, liked


def build(data: TrainingData, **config: object) -> UserModality:
    torch.manual_seed(0)
    model = build_recommender("user_modality", data, config={"dim": 8} | config)
    assert isinstance(model, UserModality)
    return model


def learned(data: TrainingData, **config: object) -> UserModality:
    model = build(data, **config)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    batch = Batch(data.users, data.items, torch.arange(data.n_items), data.ratings)
    for _ in range(80):
        optimizer.zero_grad()
        model.loss(batch).backward()
        optimizer.step()
    return model.eval()


def chance_of_order(first: torch.Tensor, second: torch.Tensor) -> float:
    """AUC: how often one of `first` lies above one of `second`."""
    return float((first.unsqueeze(1) > second.unsqueeze(0)).float().mean())


def precision(model: UserModality, data: TrainingData, liked: torch.Tensor) -> float:
    """Share of the ten best, the history left out, that are liked."""
    scores = model.embed().score(torch.arange(USERS))
    scores[data.users, data.items] = -torch.inf
    return float(liked.gather(1, scores.topk(10).indices).float().mean())


def test_who_looks_and_who_reads_is_found_and_pays():
    data, liked = halves()
    personal = learned(data, shrinkage=1.0)
    # Everybody's weights for everybody: too strong a prior, and the history tells nothing.
    common = learned(data, shrinkage=1e6, from_history=False)
    with torch.no_grad():
        weights = personal.user_weights()
        assert common.user_weights().std(0).max() < 0.01
        found, without = precision(personal, data, liked), precision(common, data, liked)
    image_share = weights[:, 0] / (weights[:, 0] + weights[:, 1])
    assert chance_of_order(image_share[0::2], image_share[1::2]) > 0.95
    assert found > 1.1 * without


def test_weights_by_hand():
    # Person 0 took items 0 and 1: pictures at a right angle, texts the same.
    image, text = torch.eye(4)[:, :2], torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]])
    here = torch.ones(4, dtype=torch.bool)
    data = TrainingData(
        2,
        4,
        torch.tensor([0, 0, 1]),
        torch.tensor([0, 1, 2]),
        torch.ones(3),
        {Modality.IMAGE: FeatureTable(image, here), Modality.TEXT: FeatureTable(text, here)},
    )
    model = build(data, dim=2, feature_dim=0)
    with torch.no_grad():
        model.ids.copy_(torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, 1]]))
        model.common.copy_(torch.tensor([0.1, 0.0, 0.0]))
        model.alikeness.fill_(0.05)
        model.own[0] = torch.tensor([0.0, 0.0, 0.2])
        weights = model.user_weights()
        tables = model.content.tables
        alike = [
            torch.nn.functional.cosine_similarity(
                tables[m][0] @ model.views[m], tables[m][1] @ model.views[m], dim=0
            ).item()
            for m in (Modality.IMAGE, Modality.TEXT)
        ]
    lengths = [
        [(tables[m][i] @ model.views[m]).norm().item() for i in (0, 1)]
        for m in (Modality.IMAGE, Modality.TEXT)
    ]
    # Pairs count by their lengths: 2ab cos / (a^2 + b^2); click vectors point away from each other.
    pairs = [2 * a * b * c / (a * a + b * b) for (a, b), c in zip(lengths, alike, strict=True)]
    parts = [exp(10 * (0.1 + 0.05 * pairs[0])), exp(10 * 0.05 * pairs[1]), exp(10 * (0.2 - 0.05))]
    torch.testing.assert_close(weights[0], torch.tensor(parts) / sum(parts), atol=1e-4, rtol=1e-4)
    # Of one item nothing is known but everybody's weights.
    torch.testing.assert_close(weights[1], torch.tensor([1.0, 0.0, 0.0]).softmax(0))


def test_the_score_is_the_sum_of_weighted_terms():
    data, _ = halves()
    model = build(data)
    with torch.no_grad():
        model.own.normal_(std=0.05)
        everything = model.embed().score(torch.arange(USERS))
        parts = [
            model.embed(frozenset({player})).score(torch.arange(USERS)) for player in model.players
        ]
    torch.testing.assert_close(everything, torch.stack(parts).sum(0), atol=1e-4, rtol=1e-4)


def test_the_prior_of_a_person_does_not_grow_with_clicks():
    data, _ = halves()
    model = build(data, shrinkage=2.0)
    with torch.no_grad():
        model.own[0] = torch.tensor([0.1, 0.0, 0.0])
    clicks = data.users == 0
    prior = model._prior(data.users) * len(data.users)
    # shrinkage / 2 * (10 * 0.1)^2, once for the person and not six times.
    assert clicks.sum() == 6
    torch.testing.assert_close(prior, torch.tensor(1.0))
