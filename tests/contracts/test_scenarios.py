"""What every registered scenario keeps, whoever adds it."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend.data.ingest import import_dataset
from backend.data.synthetic.choices import utilities
from backend.data.synthetic.generate import generate, load_truth, scenario_config
from backend.data.synthetic.scenarios import SCENARIOS
from backend.data.synthetic.truth import Truth
from backend.errors import DamagedArtefact
from models.errors import ConfigError
from models.fusion import FUSIONS
from models.recommenders import RECOMMENDERS

NAMES = SCENARIOS.names()
EVERY = pytest.mark.parametrize("name", NAMES)
SMALL = {"items": 24, "users": 30, "interactions_per_user": 10}
_WRITTEN: dict[str, Path] = {}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory):
    """The folder of a small world, generated once."""

    def of(name: str) -> Path:
        if name not in _WRITTEN:
            folder = tmp_path_factory.mktemp("worlds") / name
            generate(scenario_config(name, SMALL), folder)
            _WRITTEN[name] = folder
        return _WRITTEN[name]

    return of


def imagine(name: str, **options: object) -> Truth:
    config = scenario_config(name, {"items": 200, "users": 80} | options)
    return SCENARIOS[name].cls(config).imagine()


def every_pair(truth: Truth) -> tuple[np.ndarray, np.ndarray]:
    users, items = np.indices((len(truth.user_ids), len(truth.item_ids)))
    return users.ravel(), items.ravel()


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@EVERY
def test_says_what_it_is(name):
    entry = SCENARIOS[name]
    config = scenario_config(name, {})
    assert config.scenario == name
    assert config.modalities == config.blueprint().vocabulary.modalities
    for text in (entry.title, entry.summary, entry.cls.demo):
        assert len(text) > 3
    assert all(spec.help.endswith(".") for spec in config.settings())
    assert set(entry.cls.baselines) <= set(RECOMMENDERS.names())
    assert set(entry.cls.fusions) <= set(FUSIONS.names())
    assert len({SCENARIOS[other].cls.demo for other in NAMES}) == len(NAMES)


@EVERY
def test_weights_add_to_one_and_shares_of_variance_too(name):
    truth = imagine(name)
    assert sum(truth.plan.weights) == pytest.approx(1)
    assert len(truth.plan.missing) == len(truth.modalities)
    np.testing.assert_allclose(truth.weights.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose((truth.tastes.strength**2).sum(axis=1), 1, atol=1e-5)


@EVERY
def test_contributions_add_up_to_the_utility_that_choices_are_made_by(name):
    truth = imagine(name)
    parts = truth.contributions(*every_pair(truth))
    assert [*parts] == [*map(str, truth.modalities), "both", "base"]
    shape = (len(truth.user_ids), len(truth.item_ids))
    found = utilities(truth, np.arange(shape[0]), np.arange(shape[1]))
    np.testing.assert_allclose(found, sum(parts.values()).reshape(shape), atol=1e-4)


@EVERY
def test_a_unique_modality_has_all_the_taste_for_content(name):
    for only in scenario_config(name, {}).modalities:
        truth = imagine(name, unique=str(only))
        parts = truth.contributions(*every_pair(truth))
        for modality in truth.modalities:
            assert (parts[modality].std() > 0.5) == (modality == only)


@EVERY
def test_taste_for_a_modality_has_the_strength_of_its_weight(name):
    truth = imagine(name, items=600)
    parts = truth.contributions(*every_pair(truth))
    spread = [parts[m].reshape(80, -1).std(axis=1) for m in truth.modalities]
    np.testing.assert_allclose(np.stack(spread, 1), truth.tastes.strength[:, :-2], atol=0.02)


@EVERY
def test_a_share_of_content_leaves_the_rest_to_clicks(name):
    strength = imagine(name, unique="0.25").tastes.strength
    revealed = (strength[:, :-2] ** 2).sum(axis=1)
    np.testing.assert_allclose(strength[:, -1] ** 2 / revealed, 3, rtol=1e-4)


@EVERY
def test_equal_settings_give_equal_bytes_and_another_seed_does_not(name, written, tmp_path):
    first = digests(written(name))
    generate(scenario_config(name, SMALL), tmp_path / "again")
    generate(scenario_config(name, SMALL | {"seed": 7}), tmp_path / "other")
    assert digests(tmp_path / "again") == first
    other = digests(tmp_path / "other")
    assert all(first[file] != other.get(file) for file in first)


@EVERY
def test_is_imported_like_any_other_data_and_nothing_is_refused(name, written, tmp_path):
    imported = import_dataset(written(name), tmp_path)
    assert imported.validation.rejected == 0
    assert not imported.validation.problems
    dataset = imported.dataset
    truth = load_truth(dataset.root)
    plan = truth.plan
    assert (dataset.n_items, dataset.n_users) == (plan.items, plan.users)
    assert set(dataset.interactions["split"]) == {"train", "validation", "test"}
    for place, modality in enumerate(truth.modalities):
        numbers = truth.item_rows(dataset.items["item_id"].to_numpy(dtype=str))
        expected = truth.catalogue.present[numbers, place]
        np.testing.assert_array_equal(dataset.raw_present(modality), expected)


@EVERY
def test_the_stored_truth_is_that_of_the_stored_choices(name, written):
    truth = load_truth(written(name))
    rows = pd.read_csv(written(name) / "interactions.csv")
    users = truth.user_rows(rows["user_id"].to_numpy(dtype=str))
    items = truth.item_rows(rows["item_id"].to_numpy(dtype=str))
    others = np.random.default_rng(0).permutation(users)
    assert truth.utility(users, items).mean() > truth.utility(others, items).mean() + 0.3


@EVERY
def test_truth_survives_saving(name, tmp_path):
    truth = imagine(name, unique="0.5")
    truth.save(tmp_path)
    again = load_truth(tmp_path)
    assert again.config == truth.config
    np.testing.assert_array_equal(
        again.utility(*every_pair(truth)), truth.utility(*every_pair(truth))
    )
    assert again.properties(3) == truth.properties(3)
    assert again.favourites(3) == truth.favourites(3)


@EVERY
def test_nobody_chooses_twice_and_the_draw_does_not_depend_on_who_asks(name):
    truth = imagine(name)
    scenario = SCENARIOS[name].cls(truth.config)
    for first, again in zip(scenario.live(truth), scenario.live(truth), strict=True):
        np.testing.assert_array_equal(first.items, again.items)
        pairs = first.users * len(truth.item_ids) + first.items
        assert len(np.unique(pairs)) == len(pairs)


@EVERY
def test_an_unknown_unique_is_refused_with_the_possible_ones(name):
    with pytest.raises(ConfigError, match="or a share from 0 to 1, not 'smell'"):
        scenario_config(name, {"unique": "smell"})


@EVERY
def test_a_typo_in_a_setting_is_named(name):
    with pytest.raises(ConfigError, match="Did you mean 'noise'"):
        scenario_config(name, {"noize": 1})


def test_an_option_of_another_scenario_is_refused_by_name():
    own = {name: {s.name for s in scenario_config(name, {}).settings()} for name in NAMES}
    for name in NAMES:
        for option in set.union(*own.values()) - own[name]:
            with pytest.raises(ConfigError, match=f"'{option}' does not apply to the scenario"):
                scenario_config(name, {option: 1})


def test_a_world_of_a_later_version_says_so(tmp_path):
    imagine("shop").save(tmp_path)
    file = tmp_path / "truth.json"
    file.write_text(file.read_text().replace('"seed": ', '"speed": 1, "seed": '))
    with pytest.raises(DamagedArtefact, match="another version"):
        load_truth(tmp_path)
