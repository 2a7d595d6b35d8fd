"""Small games with a known answer, played through real embeddings."""

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import ClassVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from backend.errors import InvalidInput
from backend.explain.modality_shapley import (
    CoalitionTables,
    interaction_index,
    run_profile,
    shapley,
    user_profile,
)
from models.config import Config
from models.modality import COLLABORATIVE, Modality
from models.recommenders import Embeddings, FeatureTable, Recommender, TrainingData

USERS, ITEMS = 4, 6
IMAGE, TEXT = Modality.IMAGE, Modality.TEXT


def tables_of(n: int = ITEMS, dim: int = 2, seed: int = 0) -> dict[Modality, FeatureTable]:
    generator = torch.Generator().manual_seed(seed)
    present = torch.ones(n, dtype=torch.bool)
    present[:1] = False
    image = torch.randn(n, dim, generator=generator) * present.unsqueeze(1)
    text = torch.randn(n, dim, generator=generator)
    return {
        IMAGE: FeatureTable(image, present),
        TEXT: FeatureTable(text, torch.ones(n, dtype=torch.bool)),
    }


class Additive(Recommender):
    """score = 3 + popularity + u·id + taste_image·image + taste_text·text."""

    reads_content: ClassVar[bool] = True

    def __init__(self, seed: int = 0) -> None:
        features = tables_of(seed=seed)
        empty = torch.zeros(0, dtype=torch.int64)
        data = TrainingData(USERS, ITEMS, empty, empty, torch.zeros(0), features)
        super().__init__(Config(), data)
        generator = torch.Generator().manual_seed(seed + 1)
        self.features: Mapping[Modality, FeatureTable] = features
        self.tastes = {
            player: torch.randn(USERS, 2, generator=generator)
            for player in (IMAGE, TEXT, COLLABORATIVE)
        }
        self.ids = torch.randn(ITEMS, 2, generator=generator)
        self.popularity = torch.rand(ITEMS, generator=generator)
        self.asked: list[bool] = []

    @property
    def players(self) -> tuple[str, ...]:
        return (IMAGE, TEXT, COLLABORATIVE)

    def embed(self, coalition: frozenset[str] | None = None) -> Embeddings:
        self.asked.append(self.training or torch.is_grad_enabled())
        kept = frozenset(self.players) if coalition is None else coalition
        clicks = float(COLLABORATIVE in kept)
        items = [self.features[m].values * float(m in kept) for m in (IMAGE, TEXT)]
        return Embeddings(
            torch.cat([self.tastes[m] for m in (IMAGE, TEXT, COLLABORATIVE)], 1),
            torch.cat([*items, self.ids * clicks], 1),
            torch.zeros(USERS),
            self.popularity * clicks,
            3.0,
        )

    def embed_new_items(self, features: Mapping[Modality, FeatureTable]) -> tuple[Tensor, Tensor]:
        parts = [features[m].values * features[m].present.unsqueeze(1) for m in (IMAGE, TEXT)]
        return torch.cat([*parts, torch.zeros(len(parts[0]), 2)], 1), torch.zeros(len(parts[0]))


class Product(Additive):
    """Image and text count only together: score = 3 + [both] * (image·text of the item)."""

    def embed(self, coalition: frozenset[str] | None = None) -> Embeddings:
        kept = frozenset(self.players) if coalition is None else coalition
        both = float({IMAGE, TEXT} <= kept)
        joint = (self.features[IMAGE].values * self.features[TEXT].values).sum(1)
        return Embeddings(
            torch.ones(USERS, 1),
            (joint * both).unsqueeze(1),
            torch.zeros(USERS),
            torch.zeros(ITEMS),
            3.0,
        )


def every_pair() -> tuple[Tensor, Tensor]:
    users, items = torch.meshgrid(torch.arange(USERS), torch.arange(ITEMS), indexing="ij")
    return users.reshape(-1), items.reshape(-1)


def test_an_additive_model_gets_its_own_terms() -> None:
    model = Additive()
    users, items = every_pair()
    result = CoalitionTables(model).attribute(users, items)
    expected = [
        (model.tastes[m][users] * model.features[m].values[items]).sum(1) for m in (IMAGE, TEXT)
    ]
    expected.append(
        (model.tastes[COLLABORATIVE][users] * model.ids[items]).sum(1) + model.popularity[items]
    )
    torch.testing.assert_close(result.values.float(), torch.stack(expected, 1))
    assert result.baseline.tolist() == [3.0] * len(users)
    torch.testing.assert_close(result.score.float(), model.embed().score_pairs(users, items))
    assert result.players == ("image", "text", "collaborative")


def test_an_absent_modality_gets_exactly_nothing() -> None:
    result = CoalitionTables(Additive()).attribute(torch.arange(USERS), torch.zeros(USERS).long())
    assert (result.values[:, 0] == 0).all()
    assert (result.values[:, 1] != 0).all()


class History(Additive):
    """The user is what the user's items look like, the item its text: pictures act on users."""

    def embed(self, coalition: frozenset[str] | None = None) -> Embeddings:
        kept = frozenset(self.players) if coalition is None else coalition
        return Embeddings(
            self.tastes[IMAGE] * float(IMAGE in kept),
            self.features[TEXT].values * float(TEXT in kept),
            torch.zeros(USERS),
            torch.zeros(ITEMS),
            3.0,
        )


def test_what_an_item_lacks_is_no_player_even_if_it_speaks_of_the_user() -> None:
    model = History()
    present = {m: table.present for m, table in model.features.items()}
    users, items = torch.arange(USERS), torch.zeros(USERS).long()
    score = (model.tastes[IMAGE] * model.features[TEXT].values[0]).sum(1)
    told = CoalitionTables(model, present)
    result = told.attribute(users, items)
    assert (result.values[:, 0] == 0).all()
    torch.testing.assert_close(result.values[:, 1].float(), score)
    torch.testing.assert_close(result.baseline + result.values.sum(1), result.score)
    # Not told, the model's own path decides: half for each.
    untold = CoalitionTables(model).attribute(users, items)
    torch.testing.assert_close(untold.values[:, 0].float(), score / 2)
    (phi,) = told.grid(users, torch.arange(ITEMS))
    every = told.attribute_lists(users, torch.arange(ITEMS).expand(USERS, ITEMS))
    torch.testing.assert_close(phi, every.values)


def test_what_counts_only_together_is_split_in_halves() -> None:
    model = Product()
    users, items = every_pair()
    tables = CoalitionTables(model)
    joint = (model.features[IMAGE].values * model.features[TEXT].values).sum(1)[items].double()
    values = tables.attribute(users, items).values
    torch.testing.assert_close(values[:, 0], joint / 2)
    torch.testing.assert_close(values[:, 1], joint / 2)
    assert (values[:, 2] == 0).all()
    pairwise = tables.interactions(users, items)
    torch.testing.assert_close(pairwise[:, 0, 1], joint)
    torch.testing.assert_close(pairwise, pairwise.transpose(1, 2))
    assert (pairwise[:, 0, 2] == 0).all()
    assert (pairwise.diagonal(dim1=1, dim2=2) == 0).all()


def test_an_additive_model_has_no_interactions() -> None:
    pairwise = CoalitionTables(Additive()).interactions(*every_pair())
    assert pairwise.abs().max() < 1e-5


def test_the_model_is_asked_in_eval_mode_and_left_as_it_was() -> None:
    model = Additive()
    model.train()
    tables = CoalitionTables(model)
    for coalition in tables.coalitions:
        tables.embeddings(coalition)
    assert model.asked == [False] * 8
    assert model.training


def test_lists_are_pairs_in_a_rectangle_and_padding_is_not_a_number() -> None:
    tables = CoalitionTables(Additive())
    lists = torch.tensor([[3, 1], [2, -1]])
    result = tables.attribute_lists(torch.tensor([0, 2]), lists)
    assert result.values.shape == (2, 2, 3)
    single = tables.attribute(torch.tensor([0]), torch.tensor([1]))
    torch.testing.assert_close(result.values[0, 1], single.values[0])
    assert result.values[1, 1].isnan().all()
    assert result.score[1, 1].isnan()
    assert not result.values[:, 0].isnan().any()


def test_no_pairs_no_items_no_lists() -> None:
    nobody = torch.zeros(0, dtype=torch.int64)
    model = Additive()
    for present in (None, {m: table.present for m, table in model.features.items()}):
        tables = CoalitionTables(model, present)
        assert tables.attribute(nobody, nobody).values.shape == (0, 3)
        assert tables.interactions(nobody, nobody).shape == (0, 3, 3)
        one_empty_list = torch.zeros(1, 0, dtype=torch.int64)
        assert tables.attribute_lists(torch.tensor([0]), one_empty_list).values.shape == (1, 0, 3)
        assert tables.attribute_new_items(torch.tensor([0]), tables_of(n=0)).values.shape == (
            1,
            0,
            3,
        )


def test_new_items_are_explained_from_content_alone() -> None:
    model = Additive()
    tables = CoalitionTables(model)
    fresh = tables_of(n=3, seed=9)  # item 0 has no picture
    users = torch.tensor([1, 3])
    result = tables.attribute_new_items(users, fresh)
    assert result.values.shape == (2, 3, 3)
    for place, modality in enumerate((IMAGE, TEXT)):
        expected = model.tastes[modality][users] @ fresh[modality].values.T
        torch.testing.assert_close(result.values[..., place].float(), expected)
    assert (result.values[..., 2] == 0).all()
    assert (result.values[:, 0, 0] == 0).all()
    vectors, bias = model.embed_new_items(fresh)
    score = model.embed().user_rows(users) @ vectors.T + bias + 3.0
    torch.testing.assert_close(result.score.float(), score)
    torch.testing.assert_close(result.baseline + result.values.sum(-1), result.score)


def test_models_that_read_no_content_cannot_explain_new_items() -> None:
    model = Additive()
    model.reads_content = False  # type: ignore[misc]  # the class is shared by other tests
    with pytest.raises(InvalidInput, match="does not read"):
        CoalitionTables(model).attribute_new_items(torch.tensor([0]), tables_of(n=1))


def test_profile_is_the_share_of_the_spread_over_items() -> None:
    model = Additive()
    users, items = torch.tensor([0, 2]), torch.arange(ITEMS)
    tables = CoalitionTables(model)
    profile = user_profile(tables, users, items)
    parts = [model.tastes[m][users] @ model.features[m].values.T for m in (IMAGE, TEXT)]
    parts.append(model.tastes[COLLABORATIVE][users] @ model.ids.T + model.popularity)
    size = torch.stack([(p - p.mean(1, keepdim=True)).abs().mean(1) for p in parts], 1)
    torch.testing.assert_close(profile.float(), size / size.sum(1, keepdim=True))
    assert profile.sum(1).tolist() == pytest.approx([1, 1])
    overall = run_profile(tables, users, items)
    assert list(overall) == ["image", "text", "collaborative"]
    assert list(overall.values()) == pytest.approx(size.mean(0).tolist(), rel=1e-5)


def test_a_constant_contribution_counts_nothing_in_a_profile() -> None:
    model = Additive()
    model.features = {
        IMAGE: FeatureTable(torch.full((ITEMS, 2), 50.0), torch.ones(ITEMS, dtype=torch.bool)),
        TEXT: model.features[TEXT],
    }
    profile = user_profile(CoalitionTables(model), torch.arange(USERS), torch.arange(ITEMS))
    assert profile[:, 0].max() < 1e-5


def test_a_model_that_says_nothing_has_a_profile_of_zeros() -> None:
    model = Product()
    model.features = tables_of()
    model.features[IMAGE].values.zero_()
    tables = CoalitionTables(model)
    assert (user_profile(tables, torch.arange(USERS), torch.arange(ITEMS)) == 0).all()
    assert set(run_profile(tables, torch.arange(0), torch.arange(ITEMS)).values()) == {0.0}


def test_too_many_players_are_refused() -> None:
    class Crowd(Additive):
        @property
        def players(self) -> tuple[str, ...]:
            return tuple(f"m{number}" for number in range(11))

    with pytest.raises(InvalidInput, match="at most 10"):
        CoalitionTables(Crowd())


def by_definition(game: Callable[[frozenset[int]], float], players: int) -> list[float]:
    """Mean gain over all orders in which the players can arrive."""
    orders = list(permutations(range(players)))
    total = [0.0] * players
    for order in orders:
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            total[player] += game(before | {player}) - game(before)
    return [value / len(orders) for value in total]


GAMES = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.floats(-100, 100, width=32), min_size=2**n, max_size=2**n)
)


@given(GAMES)
def test_axioms(worth: list[float]) -> None:
    players = len(worth).bit_length() - 1
    values = torch.tensor(worth).double().unsqueeze(1)
    phi = shapley(values, players)[0]
    assert float(phi.sum()) == pytest.approx(worth[-1] - worth[0], abs=1e-6)
    expected = by_definition(lambda s: worth[sum(1 << p for p in s)], players)
    assert phi.tolist() == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.floats(-100, 100, width=32), min_size=4, max_size=4))
def test_a_player_that_changes_nothing_gets_exactly_zero(worth: list[float]) -> None:
    doubled = torch.tensor(worth).repeat_interleave(2).double().unsqueeze(1)  # lowest bit is null
    assert float(shapley(doubled, 3)[0, 0]) == 0.0


@given(GAMES)
def test_equal_players_get_equal_shares(worth: list[float]) -> None:
    players = len(worth).bit_length() - 1
    by_size = torch.tensor([worth[n.bit_count()] for n in range(2**players)]).double().unsqueeze(1)
    phi = shapley(by_size, players)[0]
    assert phi.tolist() == pytest.approx([float(phi[0])] * players, abs=1e-6)


def test_interactions_of_a_game_by_hand() -> None:
    # worth of {}, {0}, {1}, {0,1}, {2}, {0,2}, {1,2}, {0,1,2}
    v = [0.0, 1, 2, 5, 1, 3, 4, 9]
    result = interaction_index(torch.tensor(v).double().unsqueeze(1), 3)[0]
    alone, beside = v[3] - v[1] - v[2] + v[0], v[7] - v[5] - v[6] + v[4]
    assert float(result[0, 1]) == pytest.approx((alone + beside) / 2)
    alone, beside = v[6] - v[2] - v[4] + v[0], v[7] - v[3] - v[5] + v[1]
    assert float(result[1, 2]) == pytest.approx((alone + beside) / 2)
    assert float(result[2, 0]) == pytest.approx(
        ((v[5] - v[1] - v[4]) + (v[7] - v[3] - v[6] + v[2])) / 2
    )
