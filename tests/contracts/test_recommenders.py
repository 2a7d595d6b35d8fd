"""What every registered recommender keeps, whatever its model."""

from dataclasses import replace

import pytest
import torch

from models.errors import ConfigError
from models.modality import COLLABORATIVE, Modality
from models.recommenders import (
    RECOMMENDERS,
    Batch,
    ClosedFormRecommender,
    FeatureTable,
    IterativeRecommender,
    Recommender,
    TrainingData,
    build_recommender,
)

USERS, ITEMS = 6, 9

every_model = pytest.mark.parametrize("name", RECOMMENDERS.names())
content_models = pytest.mark.parametrize(
    "name", [e.name for e in RECOMMENDERS.entries() if e.cls.reads_content]
)
taught_by_content = pytest.mark.parametrize(
    "name",
    [e.name for e in RECOMMENDERS.entries() if e.cls.uses_content() and not e.cls.takes_members],
)


def world(name: str = "") -> TrainingData:
    """User 5 and item 8 never meet anybody; item 7 has no content, item 6 no picture. Content is
    raw for models that learn to read it."""
    generator = torch.Generator().manual_seed(3)
    users = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4, 4])
    items = torch.tensor([0, 1, 2, 1, 2, 3, 4, 5, 3, 6, 0, 7])
    image, text = (
        torch.randn(ITEMS, 12, generator=generator),
        torch.randn(ITEMS, 7, generator=generator),
    )
    with_image = torch.tensor([True] * 6 + [False, False, True])
    with_text = torch.tensor([True] * 7 + [False, True])
    words = 0
    if learns_to_read(name):
        words = 30
        image = torch.randint(1, 256, (ITEMS, 3 * 48 * 48), generator=generator).to(torch.uint8)
        text = torch.randint(1, words, (ITEMS, 7), generator=generator).to(torch.int32)
    return TrainingData(
        USERS,
        ITEMS,
        users,
        items,
        torch.tensor([5.0, 4.0, 3.0, 4.0, 1.0, 2.0, 5.0, 5.0, 3.0, 2.0, 4.0, 1.0]),
        {
            Modality.IMAGE: FeatureTable(image * with_image.unsqueeze(1), with_image),
            Modality.TEXT: FeatureTable(text * with_text.unsqueeze(1), with_text, words=words),
        },
    )


def learns_to_read(name: str) -> bool:
    if name not in RECOMMENDERS:
        return False
    entry = RECOMMENDERS[name]
    return bool(entry.cls.raw_readers(entry.config()))


def objectives(name: str) -> list[str]:
    return sorted(RECOMMENDERS[name].cls.objectives)


def trained(
    name: str, data: TrainingData, seed: int = 0, objective: str | None = None
) -> Recommender:
    torch.manual_seed(seed)
    model = built(name, data, objective or objectives(name)[0])
    if isinstance(model, ClosedFormRecommender):
        model.solve(data)
        return model.eval()
    assert isinstance(model, IterativeRecommender)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for step in range(4):
        model.begin_epoch(step)
        loss = model.loss(batch(model, data))
        assert loss.ndim == 0
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def built(name: str, data: TrainingData, objective: str) -> Recommender:
    """With fresh weights; what blends finished models gets one that reads content and one that
    does not."""
    members = []
    if RECOMMENDERS[name].cls.takes_members:
        with torch.enable_grad():
            members = [trained(member, data, seed=7) for member in ("ease_multimodal", "bpr")]
    return build_recommender(name, data, objective=objective, members=members)


def batch(model: IterativeRecommender, data: TrainingData) -> Batch:
    negatives = {
        "pairwise": torch.full((len(data.users), 2), 8),
        "shared": torch.arange(data.n_items),
        "none": torch.empty(0, dtype=torch.int64),
    }[model.sampling]
    return Batch(data.users, data.items, negatives, data.ratings)


@every_model
def test_shapes_and_finite_scores(name: str):
    data = world(name)
    for objective in objectives(name):
        model = trained(name, data, objective=objective)
        with torch.no_grad():
            found = model.embed()
            scores = found.score(torch.arange(USERS))
        assert found.users.shape[0] == USERS
        assert found.items.shape[0] == ITEMS
        assert found.users.shape[1] == found.items.shape[1]
        assert found.user_bias.shape == (USERS,)
        assert found.item_bias.shape == (ITEMS,)
        assert scores.shape == (USERS, ITEMS)
        assert scores.isfinite().all()
        assert not scores.requires_grad


@every_model
def test_score_pairs_equals_score(name: str):
    model = trained(name, world(name))
    with torch.no_grad():
        found = model.embed()
    users, items = torch.arange(USERS).repeat_interleave(ITEMS), torch.arange(ITEMS).repeat(USERS)
    table = found.score(torch.arange(USERS))
    torch.testing.assert_close(found.score_pairs(users, items), table[users, items])


@every_model
def test_state_dict_round_trip_gives_the_same_scores(name: str):
    data = world(name)
    model = trained(name, data)
    torch.manual_seed(99)
    other = built(name, data, objectives(name)[0]).eval()
    other.load_state_dict(model.state_dict())
    with torch.no_grad():
        everybody = torch.arange(USERS)
        assert torch.equal(other.embed().score(everybody), model.embed().score(everybody))


@every_model
def test_all_players_are_the_whole_model(name: str):
    model = trained(name, world(name))
    everybody = torch.arange(USERS)
    assert COLLABORATIVE in model.players
    with torch.no_grad():
        whole = model.embed(frozenset(model.players)).score(everybody)
        torch.testing.assert_close(whole, model.embed().score(everybody))


@every_model
def test_the_empty_coalition_is_a_constant_per_user(name: str):
    model = trained(name, world(name))
    with torch.no_grad():
        baseline = model.embed(frozenset()).score(torch.arange(USERS))
    assert torch.equal(baseline, baseline[:, :1].expand_as(baseline))


@every_model
def test_the_same_seed_gives_the_same_model(name: str):
    first, second = (trained(name, world(name), seed=4).state_dict() for _ in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)


@every_model
def test_training_leaves_the_data_alone(name: str):
    data, before = world(name), world(name)
    model = trained(name, data)
    with torch.no_grad():
        model.embed()
    for one, other in ((data.users, before.users), (data.items, before.items)):
        assert torch.equal(one, other)
    assert torch.equal(data.ratings, before.ratings)
    for modality, table in data.features.items():
        assert torch.equal(table.values[:, 0] != 0, before.features[modality].present)
        assert torch.equal(table.present, before.features[modality].present)


@every_model
def test_the_order_of_interactions_changes_no_closed_form(name: str):
    if not issubclass(RECOMMENDERS[name].cls, ClosedFormRecommender):
        pytest.skip("not a closed form")
    data = world(name)
    order = torch.arange(len(data.users)).flip(0)
    shuffled = replace(
        data, users=data.users[order], items=data.items[order], ratings=data.ratings[order]
    )
    with torch.no_grad():
        one, other = (trained(name, d).embed().score(torch.arange(USERS)) for d in (data, shuffled))
    torch.testing.assert_close(one, other)


@content_models
def test_content_players_change_the_score(name: str):
    model = trained(name, world(name))
    with torch.no_grad():
        scores = {
            player: model.embed(frozenset({player})).score(torch.arange(USERS))
            for player in model.players
        }
    assert model.players == ("image", "text", COLLABORATIVE)
    assert not torch.allclose(scores["image"], scores["text"])
    # Item 6 has no picture: alone with its image it is as any item without content.
    assert torch.equal(scores["image"][:, 6], scores["image"][:, 7])
    assert not torch.equal(scores["text"][:, 6], scores["text"][:, 7])


@content_models
def test_a_new_item_scores_as_the_same_content_without_clicks(name: str):
    data = world(name)
    model = trained(name, data)
    if getattr(model.config, "backbone", "mf") == "lightgcn":
        pytest.skip("a graph gives old items more than their content")
    with torch.no_grad():
        rows, bias = model.embed_new_items(data.features)
        known = model.embed(frozenset({"image", "text"}))
    torch.testing.assert_close(rows, known.items)
    torch.testing.assert_close(bias, known.item_bias)


@content_models
def test_a_cold_item_of_the_catalogue_scores_as_a_new_one(name: str):
    data = world(name)
    model = trained(name, data)
    with torch.no_grad():
        rows, bias = model.embed_new_items(data.features)
        known = model.embed()
    torch.testing.assert_close(known.items[8], rows[8])
    torch.testing.assert_close(known.item_bias[8], bias[8])


@content_models
def test_a_slope_through_a_new_item_is_that_of_its_vector(name: str):
    data = world()
    model = trained(name, data)
    with torch.inference_mode():
        model.embed()
    given = data.features[Modality.TEXT]
    values = given.values[:1].clone().requires_grad_()
    others = {m: FeatureTable(t.values[:1], t.present[:1]) for m, t in data.features.items()}

    def vector(text: torch.Tensor) -> torch.Tensor:
        table = FeatureTable(text, given.present[:1])
        return model.embed_new_items({**others, Modality.TEXT: table})[0]

    weights = torch.linspace(-1, 1, vector(values).numel()).reshape(1, -1)
    score = (vector(values) * weights).sum()
    slope = None
    if score.requires_grad:
        (slope,) = torch.autograd.grad(score, values, allow_unused=True)
    if slope is None:
        pytest.skip("has no slope")
    assert bool(slope.any())
    along, step = slope / slope.norm(), 1e-2
    with torch.no_grad():
        ends = [(vector(values + sign * step * along) * weights).sum() for sign in (1, -1)]
    assert float(ends[0] - ends[1]) / (2 * step) == pytest.approx(float(slope.norm()), rel=0.2)


@content_models
def test_a_new_item_may_lack_a_modality(name: str):
    data = world(name)
    model = trained(name, data)
    with torch.no_grad():
        rows, _ = model.embed_new_items({Modality.TEXT: data.features[Modality.TEXT]})
    assert torch.equal(
        rows,
        model.embed_new_items(
            {
                Modality.TEXT: data.features[Modality.TEXT],
                Modality.IMAGE: FeatureTable(
                    torch.zeros(ITEMS, 12), torch.zeros(ITEMS, dtype=torch.bool)
                ),
            }
        )[0],
    )


@content_models
def test_one_modality_is_enough(name: str):
    data = world(name)
    data = replace(data, features={Modality.IMAGE: data.features[Modality.IMAGE]})
    model = trained(name, data)
    assert model.players == ("image", COLLABORATIVE)
    with torch.no_grad():
        assert model.embed().score(torch.arange(USERS)).isfinite().all()


@content_models
def test_constant_and_unscaled_features_do_not_break_the_model(name: str):
    data = world(name)
    here = torch.ones(ITEMS, dtype=torch.bool)
    huge = FeatureTable(data.features[Modality.TEXT].values * 1e6, here)
    constant = FeatureTable(torch.full((ITEMS, 12), 3.7), here)
    data = replace(data, features={Modality.IMAGE: constant, Modality.TEXT: huge})
    model = trained(name, data)
    with torch.no_grad():
        scores = model.embed().score(torch.arange(USERS))
    assert scores.isfinite().all()
    assert scores.std() > 0


@every_model
def test_a_model_says_where_content_matters(name: str):
    cls = RECOMMENDERS[name].cls
    players = trained(name, world(name)).players
    assert players == (("image", "text", COLLABORATIVE) if cls.uses_content() else (COLLABORATIVE,))
    assert not cls.reads_content or cls.content_use in ("graph", "inference")


@taught_by_content
def test_content_models_refuse_a_catalogue_without_content(name: str):
    with pytest.raises(ConfigError, match="encode at least one modality"):
        build_recommender(name, replace(world(name), features={}), objective=objectives(name)[0])


def test_wrong_choices_are_refused_with_a_sentence():
    data = world()
    with pytest.raises(ConfigError, match="Did you mean 'lightgcn'"):
        build_recommender("lightgnc", data)
    with pytest.raises(ConfigError, match="cannot learn the objective 'rating'"):
        build_recommender("bpr", data, objective="rating")
    with pytest.raises(ConfigError, match="takes no fusion"):
        build_recommender("bpr", data, fusion="late")
    with pytest.raises(ConfigError, match="Did you mean 'dim'"):
        build_recommender("bpr", data, config={"dimm": 3})
