import math

import pytest

from backend.training.config import TrainingConfig, training_config
from backend.training.search import PRUNINGS, Dimension, Search, Tried, best_trial, search_space
from models.recommenders import RECOMMENDERS, ClosedFormRecommender

SPACE = (
    Dimension("learning_rate", 0.002, 0.0005, 0.008, False),
    Dimension("dropout", 0.0, 0.0, 0.5, False),
    Dimension("layers", 2, 1, 4, True),
)


def space_of(model: str, *fixed: str) -> dict[str, Dimension]:
    entry = RECOMMENDERS[model]
    specs = entry.config.settings()
    if not issubclass(entry.cls, ClosedFormRecommender):
        specs += TrainingConfig.settings()
    defaults = {spec.name: spec.default for spec in specs}
    defaults |= training_config(entry.cls).to_mapping()
    return {d.name: d for d in search_space(specs, defaults, fixed)}


def quality(settings: dict[str, float]) -> float:
    """Best at a learning rate of 0.006 without dropout; layers do not matter."""
    return -((math.log(settings["learning_rate"] / 0.006)) ** 2) - settings["dropout"]


def lived(search: Search, count: int, known: int = 0) -> list[Tried]:
    """Trials whose curves rise to their quality over ten epochs."""
    found = []
    for number in range(known, known + count):
        settings, curve, state = search.begin(number), {}, "done"
        for epoch in range(1, 11):
            curve[epoch] = quality(settings) - 1 / epoch
            if search.hopeless(epoch, curve[epoch]):
                state = "pruned"
                break
        trial = Tried(number, settings, state, curve, max(curve.values()))  # type: ignore[arg-type]
        search.end(trial)
        found.append(trial)
    return found


def test_the_first_trial_is_the_defaults() -> None:
    first = Search(SPACE, higher_is_better=True).begin(0)
    assert first == {"learning_rate": 0.002, "dropout": 0.0, "layers": 2}
    assert isinstance(first["layers"], int)


@pytest.mark.parametrize("pruning", PRUNINGS)
def test_it_finds_what_is_better_and_ends_what_is_hopeless(pruning: str) -> None:
    search = Search(SPACE, higher_is_better=True, pruning=pruning)  # type: ignore[arg-type]
    found = lived(search, 25)
    best = best_trial(found, True)
    assert best is not None
    assert best.settings["learning_rate"] == pytest.approx(0.006, rel=0.2)
    assert best.settings["dropout"] < 0.1
    assert any(trial.state == "pruned" for trial in found) == (pruning != "none")
    for trial in found:
        assert all(d.low <= trial.settings[d.name] <= d.high for d in SPACE)
        assert trial.state == "done" or len(trial.curve) > 2


@pytest.mark.parametrize("pruning", PRUNINGS)
def test_a_search_that_is_taken_up_again_goes_on_as_it_would_have(pruning: str) -> None:
    whole = lived(Search(SPACE, higher_is_better=True, pruning=pruning, seed=3), 12)  # type: ignore[arg-type]
    again = Search(SPACE, whole[:7], higher_is_better=True, pruning=pruning, seed=3)  # type: ignore[arg-type]
    assert lived(again, 5, known=7) == whole[7:]


def test_a_trial_that_was_begun_keeps_its_settings() -> None:
    search = Search(SPACE, higher_is_better=True)
    lived(search, 2)
    begun = {"learning_rate": 0.001, "dropout": 0.25, "layers": 3}
    assert search.begin(2, begun) == begun


def test_the_seed_decides() -> None:
    def third(seed: int) -> dict[str, float]:
        return lived(Search(SPACE, higher_is_better=True, seed=seed), 3)[2].settings  # type: ignore[return-value]

    assert third(1) == third(1)
    assert third(1) != third(2)


def test_importance_names_what_mattered() -> None:
    search = Search(SPACE, higher_is_better=True, pruning="none")
    lived(search, 3)
    assert search.importance() == {}
    lived(search, 22, known=3)
    shares = search.importance()
    assert next(iter(shares)) == "learning_rate"
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["layers"] < 0.1


def test_a_failed_trial_is_no_candidate() -> None:
    search = Search(SPACE, higher_is_better=False)
    failed = Tried(0, search.begin(0), "failed")
    search.end(failed)
    assert best_trial([failed], False) is None
    assert set(search.begin(1)) == {"learning_rate", "dropout", "layers"}


@pytest.mark.parametrize("model", RECOMMENDERS.names())
def test_every_default_lies_in_its_range(model: str) -> None:
    for dimension in space_of(model).values():
        assert dimension.low <= dimension.default <= dimension.high, dimension.name


def test_strengths_are_searched_and_sizes_are_not() -> None:
    found = space_of("fused")
    assert {"learning_rate", "item_l2", "modality_dropout"} <= set(found)
    assert not {"dim", "id_dim", "feature_dim", "epochs", "negatives"} & set(found)
    assert found["learning_rate"].default == 0.002
    assert set(space_of("ease")) == {"regularisation"}
    assert space_of("popularity") == {}


def test_what_a_person_chose_is_not_searched() -> None:
    assert "learning_rate" not in space_of("fused", "learning_rate")


@pytest.mark.parametrize(("higher", "expected"), [(True, 1), (False, 0)])
def test_the_best_trial_is_the_earliest_of_equals(higher: bool, expected: int) -> None:
    trials = [Tried(n, {}, "done", {}, v) for n, v in enumerate((0.1, 0.3, 0.3, 0.1))]
    best = best_trial([*trials, Tried(9, {}, "pruned", {}, 0.2)], higher)
    assert best is not None
    assert best.number == expected
