import re

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from backend.data.synthetic.generate import scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.data.synthetic.scenarios.social.avatars import COLOURS, SIDE, draw_avatar
from backend.data.synthetic.scenarios.social.network import acquainted, own_profiles
from backend.data.synthetic.scenarios.social.vocabulary import (
    BACKDROPS,
    FRAMES,
    GROUP,
    MOTIFS,
    VOCABULARY,
)


def world(**options):
    config = scenario_config("social", {"items": 220, "users": 180} | options)
    scenario = SCENARIOS["social"].cls(config)
    truth = scenario.imagine()
    table = pd.concat([choices.table(truth) for choices in scenario.live(truth)])
    users = truth.user_rows(table.user_id.to_numpy(dtype=str))
    items = truth.item_rows(table.item_id.to_numpy(dtype=str))
    return truth, table, users, items


def graph_of(truth, users, items):
    shape = (len(truth.user_ids), len(truth.item_ids))
    return sparse.csr_array((np.ones(len(users), np.float32), (users, items)), shape=shape)


def shared(truth, users, items):
    """Share of follows of people whose interest is the follower's own."""
    own = own_profiles(truth.plan, truth.config.groups)
    person = (truth.catalogue.category[items] == 0) & (own[users] >= 0)
    interest = truth.catalogue.codes[:, VOCABULARY.column("interest")]
    return (interest[own[users[person]]] == interest[items[person]]).mean()


@pytest.fixture(scope="module")
def usual():
    return world()


def test_people_are_users_and_profiles_under_one_identifier(usual):
    truth = usual[0]
    groups = truth.config.groups
    assert groups == round(0.11 * 220)
    assert [i[0] for i in truth.item_ids] == ["G"] * groups + ["P"] * (220 - groups)
    assert list(truth.user_ids) == list(truth.item_ids[groups : groups + 180])
    assert list(truth.item_ids) == sorted(truth.item_ids)
    kinds = [truth.properties(row)["category"] for row in range(220)]
    assert kinds == ["group"] * groups + ["person"] * (220 - groups)


@pytest.mark.parametrize(("items", "users"), [(40, 90), (90, 20)])
def test_there_may_be_more_people_than_profiles_or_fewer(items, users):
    truth, _, rows, _ = world(items=items, users=users, interactions_per_user=8)
    own = own_profiles(truth.plan, truth.config.groups)
    assert len(truth.user_ids) == users
    assert len(truth.item_ids) == items
    assert (own >= 0).sum() == min(users, items - truth.config.groups)
    for row in np.flatnonzero(own >= 0):
        assert truth.item_ids[own[row]] == truth.user_ids[row]
    assert len(np.unique(rows)) == users


def test_nobody_follows_the_own_profile_and_nobody_twice(usual):
    table = usual[1]
    assert not (table.user_id == table.item_id).any()
    assert not table.duplicated(["user_id", "item_id"]).any()


def test_people_and_groups_are_both_followed(usual):
    truth, _, _, items = usual
    groups = truth.catalogue.category[items] == 1
    assert 0.05 < groups.mean() < 0.3


def test_follows_are_implicit_and_in_order_of_time(usual):
    _, table, users, _ = usual
    assert "rating" not in table.columns
    assert (np.diff(table.timestamp)[np.diff(users) == 0] >= 0).all()


def test_everybody_is_in_all_three_splits(usual):
    table = usual[1]
    for part in ("train", "validation", "test"):
        assert table.user_id[table.split == part].nunique() == 180
    truth = usual[0]
    trained = truth.item_rows(table.item_id[table.split == "train"].to_numpy(dtype=str))
    assert not truth.catalogue.cold[trained].any()


def test_homophily_draws_people_to_who_resembles_them():
    def found_at(homophily):
        truth, _, users, items = world(homophily=homophily, closure=0.0)
        return shared(truth, users, items)

    found = {homophily: found_at(homophily) for homophily in (0.0, 0.8)}
    assert found[0.0] == pytest.approx(1 / 8, abs=0.04)  # eight interests
    assert found[0.8] > 2 * found[0.0]


def test_circles_that_no_content_shows_order_the_follows():
    truth, _, users, items = world(unique="0.0", closure=0.0)
    hidden = truth.catalogue.hidden
    own = own_profiles(truth.plan, truth.config.groups)[users]
    near = np.einsum("nd,nd->n", hidden[own], hidden[items])[own >= 0]
    strangers = np.random.default_rng(0).permutation(items)[own >= 0]
    far = np.einsum("nd,nd->n", hidden[own[own >= 0]], hidden[strangers])
    assert near.mean() > far.mean() + 3


def test_acquaintances_are_counted_along_the_graph():
    # 0 follows 1 and 2; 1 follows 3; 2 follows 3 and the group, which is profile 0.
    users, items = np.array([0, 0, 1, 2, 2]), np.array([2, 3, 4, 4, 0])
    graph = sparse.csr_array((np.ones(5, np.float32), (users, items)), shape=(4, 5))
    counts = acquainted(graph, np.array([1, 2, 3, 4]), np.array([0, 3]))
    np.testing.assert_array_equal(counts, [[1, 0, 0, 0, 2], [0, 0, 0, 0, 0]])


def test_closure_closes_triangles():
    def closed(closure):
        truth, table, users, items = world(closure=closure, homophily=0.0, unique="1.0")
        own = own_profiles(truth.plan, truth.config.groups)
        late = table.timestamp.to_numpy() > table.timestamp.median()
        early = graph_of(truth, users[~late], items[~late])
        counts = acquainted(early, own, np.arange(len(truth.user_ids)))
        return (counts[users[late], items[late]] > 0).mean()

    assert closed(1.5) > closed(0.0) + 0.1


@pytest.mark.parametrize("option", ["synergy", "image_size"])
def test_there_is_no_synergy_between_avatar_and_bio(option):
    with pytest.raises(ValueError, match=option):
        scenario_config("social", {option: 0.5})


@pytest.mark.parametrize("motif", MOTIFS)
@pytest.mark.parametrize("frame", FRAMES)
def test_every_avatar_shows_its_motif_before_its_backdrop(motif, frame):
    found = np.asarray(draw_avatar(motif, "teal", frame, np.random.default_rng(0)), dtype=float)
    assert found.shape == (SIDE, SIDE, 3)
    edge = found[[0, -1]].reshape(-1, 3).mean(axis=0)
    near = sorted(COLOURS, key=lambda name: np.abs(np.array(COLOURS[name]) - edge).sum())
    assert "teal" in near[:2]
    middle = found[40:120, 40:120].reshape(-1, 3)
    assert (np.abs(middle - edge).sum(axis=1) > 150).mean() > 0.08


def test_every_backdrop_can_be_told_by_its_corner():
    for number, name in enumerate(BACKDROPS):
        avatar = draw_avatar("cup", name, "plain", np.random.default_rng(number))
        corner = np.asarray(avatar, dtype=float)[70:90, :6].mean(axis=(0, 1))
        assert min(COLOURS, key=lambda c: np.abs(np.array(COLOURS[c]) - corner).sum()) == name


def test_bios_name_what_the_avatar_shows_only_where_it_is_told_twice():
    def bios(redundancy):
        options = {"items": 300, "redundancy": redundancy, "missing_text": 0}
        scenario = SCENARIOS["social"].cls(scenario_config("social", options))
        truth = scenario.imagine()
        return truth, scenario.describe(truth, np.arange(300))

    shown = [prop.name for prop in VOCABULARY.properties if prop.modality == "image"]
    truth, silent = bios(0.0)
    _, telling = bios(1.0)
    for row in range(300):
        for name in shown:
            word = re.compile(rf"\b{truth.properties(row)[name]}\b")
            assert not word.search(silent["text"][row].lower())
            assert word.search(telling["text"][row].lower())


def test_groups_have_the_names_of_groups():
    scenario = SCENARIOS["social"].cls(scenario_config("social", {"missing_text": 0}))
    table = scenario.describe(scenario.imagine(), np.arange(200))
    groups = table.title[table.category == GROUP]
    assert groups.str.contains("Circle|Door|Table|Room|Commons").all()
    assert not table.title[table.category != GROUP].str.contains("Circle|Door|Table|Room").any()
