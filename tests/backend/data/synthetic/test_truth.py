import numpy as np
import pytest

from backend.data.synthetic.choices import utilities
from backend.data.synthetic.generate import load_truth
from backend.data.synthetic.scenarios.shop.vocabulary import PROPERTIES
from backend.data.synthetic.truth import Truth
from backend.errors import DamagedArtefact, NotFound


def every_pair(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    users, items = np.indices((len(truth.user_ids), len(truth.item_ids)))
    return users.ravel(), items.ravel()


def parts(truth: Truth) -> dict[str, np.ndarray]:
    shape = (len(truth.user_ids), len(truth.item_ids))
    found = truth.contributions(*every_pair(truth))
    return {name: values.reshape(shape) for name, values in found.items()}


def test_contributions_add_up_to_the_utility_that_choices_are_made_by(truth):
    total = sum(parts(truth).values())
    users, items = np.arange(len(truth.user_ids)), np.arange(len(truth.item_ids))
    np.testing.assert_allclose(utilities(truth, users, items), total, atol=1e-4)
    np.testing.assert_allclose(truth.utility(*every_pair(truth)), total.ravel(), atol=1e-5)


def test_each_part_has_the_share_of_variance_that_was_asked_for(imagine):
    found = parts(imagine(synergy=0.3, unique="0.6", items=1200, users=60))
    single = found["image"].var(axis=1) + found["text"].var(axis=1)
    assert single.mean() == pytest.approx(0.6 * 0.7, rel=0.02)
    assert found["both"].var(axis=1).mean() == pytest.approx(0.3, rel=0.1)


def test_strength_of_a_modality_follows_its_weight(truth):
    found = parts(truth)
    ratio = found["image"].std(axis=1) / (found["image"].std(axis=1) + found["text"].std(axis=1))
    np.testing.assert_allclose(ratio, truth.weights[:, 0], atol=1e-3)


@pytest.mark.parametrize(("only", "silent"), [("image", "text"), ("text", "image")])
def test_one_modality_alone_leaves_the_other_without_contribution(imagine, only, silent):
    truth = imagine(unique=only, synergy=0.0)
    found = parts(truth)
    assert np.all(found[silent] == 0)
    assert found[only].std() > 0.9
    assert np.all(truth.weights[:, truth.modalities.index(only)] == 1)


def test_without_synergy_the_combination_contributes_nothing(imagine):
    assert np.all(parts(imagine(synergy=0.0))["both"] == 0)


def test_a_combination_cannot_be_told_from_either_side_alone(imagine):
    truth = imagine(synergy=1.0, items=5000, users=10)
    for column in range(len(PROPERTIES)):
        codes = truth.catalogue.codes[:, column]
        for value in range(len(PROPERTIES[column].values)):
            means = truth.catalogue.combinations[codes == value].mean(axis=0)
            assert np.abs(means).max() < 0.2  # four standard errors of 500 or more items


def test_weights_lie_between_0_and_1_and_differ_widely(truth):
    np.testing.assert_allclose(truth.weights.sum(axis=1), 1, atol=1e-6)
    assert truth.weights.min() >= 0
    assert truth.weights[:, 0].std() > 0.25


def test_image_share_is_the_mean_weight(imagine):
    assert imagine(image_share=0.8, users=4000).weights[:, 0].mean() == pytest.approx(0.8, abs=0.03)


def test_save_and_load_agree(truth, tmp_path):
    truth.save(tmp_path)
    again = load_truth(tmp_path)
    assert again.config == truth.config
    pairs = np.array([0, 5, 9]), np.array([7, 1, 30])
    np.testing.assert_array_equal(again.utility(*pairs), truth.utility(*pairs))
    assert again.favourites(3) == truth.favourites(3)
    assert again.properties(3)["colour"] in PROPERTIES[0].values


def test_a_data_set_without_truth_says_so(tmp_path):
    with pytest.raises(NotFound, match="not generated"):
        load_truth(tmp_path)


def test_a_damaged_truth_says_so(truth, tmp_path):
    truth.save(tmp_path)
    (tmp_path / "truth.json").write_text("{}")
    with pytest.raises(DamagedArtefact, match="cannot be read"):
        load_truth(tmp_path)


def test_rows_are_found_by_identifier(truth):
    wanted = truth.user_ids[[4, 0, 149]]
    assert list(truth.user_rows(wanted)) == [4, 0, 149]
    with pytest.raises(NotFound, match="'nobody'"):
        truth.item_rows(np.array(["nobody"]))
