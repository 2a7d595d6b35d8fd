"""Hand-worked cases: three items, three users, unit likeness known."""

from dataclasses import replace

import pytest
import torch

from models.errors import ConfigError
from models.modality import COLLABORATIVE, Modality
from models.recommenders import FeatureTable, TrainingData, build_recommender
from models.recommenders._held_out import best_weights, hold_out
from models.recommenders.ease_multimodal import EaseMultimodal

X = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])
# Their mean is zero, so that centring leaves them; cosines: -1 (0, 1), 0 (0, 2) and (1, 2).
IMAGE = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
LIKE = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
"""Squared cosines of the first three."""
EVERYBODY = torch.arange(3)


def table(values: torch.Tensor) -> FeatureTable:
    return FeatureTable(values, torch.ones(len(values), dtype=torch.bool))


def world(items: int = 4) -> TrainingData:
    """Item 3 has a picture and no clicks."""
    users, taken = X.nonzero().unbind(1)
    features = {Modality.IMAGE: table(IMAGE[:items])}
    return TrainingData(3, items, users, taken, torch.ones(len(users)), features)


def solved(data: TrainingData, **config: object) -> EaseMultimodal:
    torch.manual_seed(0)
    model = build_recommender("ease_multimodal", data, config=config)
    assert isinstance(model, EaseMultimodal)
    model.solve(data)
    return model


def regressed(gram: torch.Tensor) -> torch.Tensor:
    """Every item on the others alone: the definition, solved item by item."""
    result = torch.zeros_like(gram)
    for j in range(len(gram)):
        others = [i for i in range(len(gram)) if i != j]
        result[others, j] = torch.linalg.solve(gram[others][:, others], gram[others, j])
    return result


def test_likeness_adds_to_common_users():
    found = solved(world(), modality_weights="image=2", regularisation=0.7).embed()
    expected = regressed(X.T @ X + 2 * LIKE + 0.7 * torch.eye(3))
    torch.testing.assert_close(found.score(EVERYBODY)[:, :3], X @ expected)


def test_without_weight_it_is_ease():
    data = world()
    plain = build_recommender("ease", data, config={"regularisation": 0.7})
    plain.solve(data)
    found = solved(data, modality_weights="image=0", regularisation=0.7).embed().score(EVERYBODY)
    torch.testing.assert_close(found[:, :3], plain.embed().score(EVERYBODY)[:, :3])


def test_a_cold_item_is_regressed_on_likeness_alone():
    # Item 3 looks as item 2 turned round: squared cosine 1 with it, 0 with the others.
    model = solved(world(), modality_weights="image=2", regularisation=0.7)
    expected = X @ torch.tensor([0.0, 0.0, 2 / (2 + 0.7)])
    torch.testing.assert_close(model.embed().score(EVERYBODY)[:, 3], expected)
    rows, bias = model.embed_new_items({Modality.IMAGE: table(IMAGE[3:])})
    torch.testing.assert_close(model.embed().user_rows(EVERYBODY) @ rows[0], expected)
    assert bias.tolist() == [0.0]


def test_coalitions_share_out_the_columns_by_hand():
    model = solved(world(), modality_weights="image=2", regularisation=0.7)
    gram = X.T @ X + 2 * LIKE + 0.7 * torch.eye(3)
    clicks = torch.zeros(3, 3)
    for j in range(3):
        others = [i for i in range(3) if i != j]
        part = (X.T @ X)[others, j]
        clicks[others, j] = torch.linalg.solve(gram[others][:, others], part)
    alone = model.embed(frozenset({COLLABORATIVE})).score(EVERYBODY)
    torch.testing.assert_close(alone[:, :3], X @ clicks)
    assert (alone[:, 3] == 0).all()
    image = torch.linalg.solve(2 * LIKE + 0.7 * torch.eye(3), 2 * LIKE)
    found = model.embed(frozenset({"image"})).score(EVERYBODY)
    torch.testing.assert_close(found[:, :3], X @ image)


def test_weights_of_one_change_nothing_and_others_are_other_strengths():
    data = world()
    model = solved(data, modality_weights="image=2", regularisation=0.7)
    same = model.embed_weighted({"image": 1.0, COLLABORATIVE: 1.0}).score(EVERYBODY)
    torch.testing.assert_close(same, model.embed().score(EVERYBODY))
    doubled = model.embed_weighted({"image": 2.0}).score(EVERYBODY)
    other = solved(data, modality_weights="image=4", regularisation=0.7)
    torch.testing.assert_close(doubled, other.embed().score(EVERYBODY))


def test_a_held_out_click_is_predicted_as_if_its_user_had_never_been():
    generator = torch.Generator().manual_seed(1)
    matrix = (torch.rand(40, 8, generator=generator) < 0.4).float()
    features = torch.nn.functional.normalize(torch.randn(8, 3, generator=generator), dim=1)
    like = (features @ features.T) ** 2
    users, items = matrix.nonzero().unbind(1)
    held = hold_out(users, items, torch.arange(8), like.unsqueeze(0), 500, generator)
    assert held is not None
    gains = held.gain(torch.tensor([3.0]), 2.0)
    histories = held.histories.to_dense()
    for place in range(0, len(gains), 7):
        history, item = histories[place], int(held.items[place])
        gram = matrix.T @ matrix - torch.outer(history, history) + 3 * like + 2 * torch.eye(8)
        rest = history.clone()
        rest[item] = 0
        scores = (rest @ regressed(gram)).masked_fill(rest > 0, -torch.inf)
        rank = int((scores > scores[item] + 1e-6).sum()) + 1
        assert float(gains[place]) == pytest.approx(1 / float(torch.log2(torch.tensor(1.0 + rank))))


def test_automatic_weights_find_the_modality_that_decides():
    # Everybody chooses from one of four kinds; pictures show the kind, texts are noise.
    generator = torch.Generator().manual_seed(2)
    kinds, tastes = torch.arange(60) % 4, torch.arange(200) % 4
    chance = torch.rand(200, 60, generator=generator)
    users, items = (chance < torch.where(tastes[:, None] == kinds, 0.15, 0.01)).nonzero().unbind(1)
    noise = torch.randn(60, 16, generator=generator)
    shown = torch.nn.functional.one_hot(kinds).float()
    features = {Modality.IMAGE: table(shown), Modality.TEXT: table(noise)}
    data = TrainingData(200, 60, users, items, torch.ones(len(users)), features)
    image, text, _ = solved(data, regularisation=20.0).strengths.tolist()
    assert image > 4 * text


def test_automatic_weights_are_chosen_from_the_training_part_alone():
    held = hold_out(
        *X.nonzero().unbind(1), torch.arange(3), LIKE.unsqueeze(0), 9, torch.Generator()
    )
    assert held is not None
    # Users 0 and 1 have two items or more: five clicks; user 2 has one, which cannot be held out.
    assert len(held.items) == 5
    assert best_weights([held], 1, 1.0).shape == (1,)


@pytest.mark.parametrize("text", ["image", "image=much", "image=-1", "image=nan", "smell=2", ""])
def test_weights_that_are_none_are_refused_with_a_sentence(text: str):
    with pytest.raises(ConfigError, match=r"is no weight|no modality"):
        build_recommender("ease_multimodal", world(), config={"modality_weights": text})


def test_weights_of_a_modality_that_is_not_read_are_refused():
    with pytest.raises(ConfigError, match="does not read; it reads image"):
        build_recommender("ease_multimodal", world(), config={"modality_weights": "text=1"})


def test_a_few_items_are_asked_for_as_the_whole_catalogue_is():
    model = solved(world(), modality_weights="image=2", regularisation=0.7)
    few = torch.tensor([3, 1])
    for coalition in (frozenset(), frozenset({"image"}), frozenset({COLLABORATIVE})):
        some = model.embed_for(few, coalition).score(EVERYBODY)
        whole = solved(world(), modality_weights="image=2", regularisation=0.7).embed(coalition)
        torch.testing.assert_close(some, whole.score(EVERYBODY)[:, few])


def test_the_weights_that_were_found_can_be_given():
    found = solved(world(), regularisation=0.7)
    again = solved(world(), regularisation=0.7, **found.found_settings)
    assert again.strengths.tolist() == found.strengths.tolist()


def two_views(together: float, users: int = 400, items: int = 300) -> TrainingData:
    """Six items each, so that clicks say little; taste is for both together, or for each alone."""
    chance = torch.Generator().manual_seed(5)
    looks, words = (torch.randn(items, 4, generator=chance) for _ in range(2))
    likes = [torch.randn(users, 4, generator=chance) for _ in range(3)]
    alone = likes[0] @ looks.T + likes[1] @ words.T
    both = likes[2] @ (looks * words).T
    liking = (1 - together) * alone + together * both
    taken = (liking + 0.5 * torch.randn(liking.shape, generator=chance)).topk(6).indices
    features = {Modality.IMAGE: table(looks), Modality.TEXT: table(words)}
    numbers = torch.arange(users).repeat_interleave(6)
    return TrainingData(users, items, numbers, taken.flatten(), torch.ones(len(numbers)), features)


def test_a_pair_counts_where_both_are_alike():
    """`image+text=3`, by hand: the product of two cosines beside the squares of each."""
    data = two_views(0.5, users=30, items=20)
    found = solved(data, modality_weights="image=2,text+image=3", regularisation=5.0)
    unit = [
        torch.nn.functional.normalize(t.values - t.values.mean(0), dim=1)
        for t in data.features.values()
    ]
    looks, words = (u @ u.T for u in unit)
    clicks = torch.zeros(30, 20).index_put((data.users, data.items), torch.ones(180))
    gram = clicks.T @ clicks + 2 * looks**2 + 3 * looks * words + 5 * torch.eye(20)
    everybody = torch.arange(30)
    torch.testing.assert_close(
        found.embed().score(everybody), clicks @ regressed(gram), atol=1e-4, rtol=1e-3
    )


def test_taste_for_what_goes_together_is_found_and_needs_both():
    """What two modalities say together is more than the sum of what each says alone."""
    found = solved(two_views(0.5), regularisation=20.0)
    assert int(found.likeness.power) == 1
    assert found.strengths[2] >= 4
    nothing, picture, words, both = (
        found.embed(frozenset(c)).score(torch.arange(400))
        for c in ([], ["image"], ["text"], ["image", "text"])
    )
    assert not nothing.any()
    assert (both - picture - words).std() > 0.2 * both.std()


def test_another_form_than_the_usual_needs_clear_evidence():
    """Where content has nothing to do with clicks the search stays with the usual form."""
    data = two_views(0.5)
    chance = torch.Generator().manual_seed(1)
    order = torch.randperm(data.n_items, generator=chance)
    shuffled = {m: table(t.values[order]) for m, t in data.features.items()}
    found = solved(replace(data, features=shuffled), regularisation=20.0)
    assert int(found.likeness.power) == 2
    assert found.strengths[2] == 0
    assert int(solved(data, regularisation=20.0).likeness.power) == 1
    fixed = solved(data, regularisation=20.0, sharpness=3)
    assert int(fixed.likeness.power) == 3
    assert fixed.strengths[2] == 0


def test_a_new_item_is_like_others_in_pairs_too():
    data = two_views(0.5)
    found = solved(data, regularisation=20.0)
    row = {m: FeatureTable(t.values[7:8], t.present[7:8]) for m, t in data.features.items()}
    vectors, _ = found.embed_new_items(row)
    content = frozenset({"image", "text"})
    alone = found.embed(content).items[7]
    torch.testing.assert_close(vectors[0], alone, atol=1e-4, rtol=1e-3)


def test_a_loaded_model_keeps_its_form():
    data = two_views(0.5)
    found = solved(data, regularisation=20.0)
    torch.manual_seed(3)
    other = build_recommender("ease_multimodal", data, config={"regularisation": 20.0})
    other.load_state_dict(found.state_dict())
    coalition = frozenset({"image", "text"})
    who = torch.arange(400)
    torch.testing.assert_close(other.embed(coalition).score(who), found.embed(coalition).score(who))


@pytest.mark.parametrize("weights", ["image=2", "image=3"])
def test_beside_another_it_is_solved_as_alone(weights: str):
    """Of the same settings it takes over what content says, of others it does not."""
    data = world()
    first = solved(data, modality_weights="image=2", regularisation=0.7)
    dealt = replace(data, items=data.items.flip(0))
    assert sorted(dealt.items.tolist()) == sorted(data.items.tolist())
    alone = solved(dealt, modality_weights=weights, regularisation=0.7)
    torch.manual_seed(0)
    settings = {"modality_weights": weights, "regularisation": 0.7}
    beside = build_recommender("ease_multimodal", dealt, config=settings)
    assert isinstance(beside, EaseMultimodal)
    beside.solve_beside(dealt, first)
    assert beside.state_dict().keys() == alone.state_dict().keys()
    for coalition in (None, frozenset({"image"}), frozenset({COLLABORATIVE})):
        mine, its = beside.embed(coalition), alone.embed(coalition)
        torch.testing.assert_close(mine.score(EVERYBODY), its.score(EVERYBODY), rtol=0, atol=0)
