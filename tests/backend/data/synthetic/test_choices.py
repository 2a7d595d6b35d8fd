import numpy as np
import pytest

from backend.data.synthetic.choices import START, utilities


def counts_of(choices, truth, split):
    table = np.zeros((len(truth.user_ids), len(truth.item_ids)))
    mask = choices.splits == split
    table[choices.users[mask], choices.items[mask]] = 1
    return table


def ndcg_at_20(scores, known, wanted):
    ranked = np.argsort(-np.where(known > 0, -np.inf, scores), axis=1)[:, :20]
    discount = 1 / np.log2(np.arange(20) + 2)
    gained = np.take_along_axis(wanted, ranked, axis=1) @ discount
    best = np.cumsum(discount)[np.minimum(wanted.sum(axis=1), 20).astype(int) - 1]
    return (gained / best).mean()


def test_nobody_chooses_an_item_twice_and_everybody_chooses_at_least_8(choices, truth):
    pairs = choices.users * len(truth.item_ids) + choices.items
    assert len(np.unique(pairs)) == len(pairs)
    assert np.bincount(choices.users).min() >= 8
    assert len(np.bincount(choices.users)) == len(truth.user_ids)


def test_mean_number_of_choices_is_the_one_asked_for(imagine, all_choices):
    found = all_choices(imagine(users=600, interactions_per_user=20))
    assert np.bincount(found.users).mean() == pytest.approx(20, rel=0.06)


def test_chosen_items_have_higher_utility_than_the_others(choices, truth):
    full = utilities(truth, np.arange(len(truth.user_ids)), np.arange(len(truth.item_ids)))
    chosen = np.zeros(full.shape, dtype=bool)
    chosen[choices.users, choices.items] = True
    for user in range(len(full)):
        assert full[user, chosen[user]].mean() > full[user, ~chosen[user]].mean() + 0.8


def test_the_oracle_beats_popularity_by_far(choices, truth):
    known = counts_of(choices, truth, "train") + counts_of(choices, truth, "validation")
    wanted = counts_of(choices, truth, "test")
    full = utilities(truth, np.arange(len(truth.user_ids)), np.arange(len(truth.item_ids)))
    popular = np.broadcast_to(known.sum(axis=0), full.shape)
    assert ndcg_at_20(full, known, wanted) > 5 * ndcg_at_20(popular, known, wanted)


def test_splits_are_80_10_10_and_everybody_is_in_all_three(choices):
    shares = [(choices.splits == name).mean() for name in ("train", "validation", "test")]
    np.testing.assert_allclose(shares, [0.8, 0.1, 0.1], atol=0.02)
    for name in ("train", "validation", "test"):
        assert len(np.unique(choices.users[choices.splits == name])) == 150


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_cold_items_are_never_in_training(imagine, all_choices, share):
    truth = imagine(cold_items=share)
    found = all_choices(truth)
    assert truth.catalogue.cold.sum() == round(share * 300)
    assert not truth.catalogue.cold[found.items[found.splits == "train"]].any()
    held = found.items[found.splits == "test"]
    assert truth.catalogue.cold[held].any() == (share > 0)


def test_popularity_skew_concentrates_choices(imagine, all_choices):
    def top_share(skew):
        items = all_choices(imagine(popularity_skew=skew)).items
        return np.sort(np.bincount(items, minlength=300))[-30:].sum() / len(items)

    assert top_share(1.5) > 1.5 * top_share(0.0)


def test_drift_moves_choices_along_the_trend(imagine, all_choices):
    def gained(drift):
        truth = imagine(drift=drift)
        found = all_choices(truth)
        late = found.timestamps > START + 45 * 86_400
        trend = truth.catalogue.trend[found.items]
        return trend[late].mean() - trend[~late].mean()

    assert abs(gained(0.0)) < 0.1
    assert gained(1.0) > 0.5


def test_histories_are_in_order_of_time(choices):
    later = np.diff(choices.timestamps) >= 0
    assert later[np.diff(choices.users) == 0].all()


def test_liked_items_get_more_stars(choices, truth):
    utility = truth.utility(choices.users, choices.items)
    assert utility[choices.ratings == 5].mean() > utility[choices.ratings <= 3].mean()
    assert (choices.ratings >= 4).mean() > 0.6


def test_a_huge_catalogue_is_sampled_and_taste_still_decides(imagine, all_choices):
    truth = imagine(items=1000, users=200, candidates=250)
    found = all_choices(truth)
    assert len(np.unique(found.items[found.users < 64])) <= 250
    assert len(np.unique(found.items)) > 500
    users = np.random.default_rng(0).permutation(found.users)
    anyone = truth.utility(users, found.items).mean()
    assert truth.utility(found.users, found.items).mean() > anyone + 0.8


def test_taste_shows_in_the_properties_of_what_is_chosen(choices, truth):
    # How concentrated a user's choices are in picture and in text must tell the weights.
    from scipy.stats import spearmanr

    def focus(columns):
        total = np.zeros(len(truth.user_ids))
        for column in columns:
            codes = truth.catalogue.codes[choices.items, column].astype(int)
            table = np.zeros((len(truth.user_ids), codes.max() + 1))
            np.add.at(table, (choices.users, codes), 1)
            table /= table.sum(axis=1, keepdims=True)
            total += (table**2).sum(axis=1) * table.shape[1]
        return total

    picture, text = focus([0, 1, 2]), focus([3, 4, 5])
    assert spearmanr(picture - text, truth.weights[:, 0]).statistic > 0.75
