import pytest

from backend.training.config import TrainingConfig
from backend.training.search import best_trial, trial_settings, tunable
from models.recommenders import RECOMMENDERS

SPECS = (*RECOMMENDERS["fused"].config.settings(), *TrainingConfig.settings())


def test_the_first_trial_is_the_defaults() -> None:
    assert trial_settings(SPECS, 0, 5) == {}


def test_trials_vary_strengths_and_never_sizes() -> None:
    bounds = {spec.name: spec for spec in SPECS}
    seen = [trial_settings(SPECS, trial, 0) for trial in range(1, 40)]
    assert {"learning_rate", "item_l2", "modality_dropout"} <= set(seen[0])
    assert not {"dim", "id_dim", "feature_dim", "epochs", "history_power"} & set(seen[0])
    for settings in seen:
        for name, value in settings.items():
            spec = bounds[name]
            assert (spec.low or 0) <= float(value) <= (spec.high or float("inf"))
            if float(spec.default) > 0:
                assert float(spec.default) / 4.001 <= float(value) or value == spec.low
    assert len({settings["learning_rate"] for settings in seen}) == len(seen)


def test_the_seed_decides() -> None:
    assert trial_settings(SPECS, 3, 1) == trial_settings(SPECS, 3, 1)
    assert trial_settings(SPECS, 3, 1) != trial_settings(SPECS, 3, 2)


def test_what_has_nothing_to_tune_says_so() -> None:
    assert not tunable(RECOMMENDERS["popularity"].config.settings())
    assert tunable(SPECS)


@pytest.mark.parametrize(("higher", "expected"), [(True, 1), (False, 0)])
def test_the_best_trial_is_the_earliest_of_equals(higher: bool, expected: int) -> None:
    assert best_trial({0: 0.1, 1: 0.3, 2: 0.3, 3: 0.1}, higher) == expected
