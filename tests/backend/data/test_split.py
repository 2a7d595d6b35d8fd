from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.data.dataset import Dataset, Interactions
from backend.data.split import SplitConfig, split_interactions
from backend.errors import InvalidInput
from backend.schema import SplitName
from models.errors import ConfigError


def _dataset(rows: list[tuple[int, int, float, int]], split: list[str] | None = None) -> Dataset:
    table = pd.DataFrame(rows, columns=["user_num", "item_num", "rating", "timestamp"])
    table = table.astype({"rating": np.float32})
    if split is not None:
        table["split"] = split
    n_items = int(table["item_num"].max()) + 1
    items = pd.DataFrame({"item_id": [str(n) for n in range(n_items)]})
    users = np.array([str(n) for n in range(int(table["user_num"].max()) + 1)])
    return Dataset("f" * 16, Path("unused"), items, table, users)


def _pairs(part: Interactions) -> set[tuple[int, int]]:
    return set(zip(part.users.tolist(), part.items.tolist(), strict=True))


def _triples(part: Interactions) -> list[tuple[int, int, float]]:
    return list(zip(part.users.tolist(), part.items.tolist(), part.ratings.tolist(), strict=True))


def test_given_follows_the_column_and_positives_only() -> None:
    dataset = _dataset(
        [(0, 0, 5, 1), (0, 1, 3.5, 2), (0, 2, 4, 3), (0, 3, 4, 4), (1, 0, 1, 5)],
        ["train", "train", "validation", "test", "test"],
    )
    config = SplitConfig(kind="given", positive="rating>=4")
    split = split_interactions(dataset, config, "ranking")
    assert (_triples(split.train), _triples(split.validation), _triples(split.test)) == (
        [(0, 0, 5.0)],
        [(0, 2, 4.0)],
        [(0, 3, 4.0)],
    )
    rated = split_interactions(dataset, config, "rating")
    assert [len(rated.train), len(rated.validation), len(rated.test)] == [2, 1, 2]


def test_given_keeps_a_repeated_pair_in_its_earliest_part() -> None:
    dataset = _dataset(
        [(0, 0, 1, 1), (0, 0, 1, 9), (0, 1, 1, 2), (0, 1, 1, 3), (0, 2, 1, 4)],
        ["test", "train", "validation", "test", "test"],
    )
    split = split_interactions(dataset, SplitConfig(kind="given"), "ranking")
    assert _pairs(split.train) == {(0, 0)}
    assert _pairs(split.validation) == {(0, 1)}
    assert _pairs(split.test) == {(0, 2)}


def test_temporal_holds_out_the_last_of_each_user() -> None:
    rows = [(user, item, 1.0, 100 * user + item) for user in (0, 1) for item in range(10)]
    split = split_interactions(_dataset(rows[::-1]), SplitConfig(kind="temporal"), "ranking")
    assert _pairs(split.test) == {(0, 9), (1, 9)}
    assert _pairs(split.validation) == {(0, 8), (1, 8)}
    assert len(split.train) == 16


def test_global_time_holds_out_everything_after_one_moment() -> None:
    rows = [(n % 4, n, 1.0, 1000 + n) for n in range(20)]
    split = split_interactions(_dataset(rows), SplitConfig(kind="global_time"), "ranking")
    assert set(split.test.items.tolist()) == {18, 19}
    assert set(split.validation.items.tolist()) == {16, 17}
    assert set(split.train.items.tolist()) == set(range(16))


def test_random_is_fixed_by_its_seed_and_fair_to_each_user() -> None:
    rows = [(user, item, 1.0, 0) for user in range(6) for item in range(20)]
    rows += [(6, 0, 1.0, 0), (6, 1, 1.0, 0)]
    one, two, other = (
        split_interactions(_dataset(rows), SplitConfig(kind="random", seed=seed), "ranking")
        for seed in (1, 1, 2)
    )
    assert _pairs(one.test) == _pairs(two.test)
    assert _pairs(one.test) != _pairs(other.test)
    assert np.bincount(one.test.users).tolist() == [2] * 6
    assert np.bincount(one.validation.users).tolist() == [2] * 6
    assert np.bincount(one.train.users).tolist() == [16] * 6 + [2]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 4), st.integers(0, 6), st.sampled_from([1.0, 4.0]), st.integers(1, 9)
        ),
        min_size=12,
        max_size=60,
    ),
    st.sampled_from(["random", "temporal", "global_time"]),
)
def test_parts_are_disjoint_and_complete(
    rows: list[tuple[int, int, float, int]], kind: str
) -> None:
    config = SplitConfig(kind=kind, positive="rating > 1")
    try:
        split = split_interactions(_dataset(rows), config, "ranking")
    except InvalidInput:
        return
    parts = [_pairs(part) for part in (split.train, split.validation, split.test)]
    lengths = [len(part) for part in (split.train, split.validation, split.test)]
    assert [len(part) for part in parts] == lengths
    assert sum(lengths) == len(set.union(*parts))
    assert set.union(*parts) == {(u, i) for u, i, rating, _ in rows if rating > 1}


def test_what_the_data_lacks_is_said() -> None:
    dataset = _dataset([(0, n, 1.0, 0) for n in range(10)])
    with pytest.raises(InvalidInput, match="no split column"):
        split_interactions(dataset, SplitConfig(kind="given"), "ranking")
    for kind in ("temporal", "global_time"):
        with pytest.raises(InvalidInput, match="no timestamps"):
            split_interactions(dataset, SplitConfig(kind=kind), "ranking")
    with pytest.raises(InvalidInput, match=r"train part is empty.*rating>=4"):
        split_interactions(dataset, SplitConfig(positive="rating>=4"), "ranking")
    few = _dataset([(0, 0, 1.0, 0), (1, 0, 1.0, 0)])
    with pytest.raises(InvalidInput, match="validation part is empty"):
        split_interactions(few, SplitConfig(), "ranking")


@pytest.mark.parametrize("positive", ["rating", "stars>=4", "rating>=x", "rating>=4; drop"])
def test_a_condition_of_another_form_is_refused(positive: str) -> None:
    with pytest.raises(ConfigError, match="rating>=4"):
        SplitConfig(positive=positive)


def test_cold_items_are_held_out_whole_and_compete_with_each_other() -> None:
    rows = [(u, i, 1.0, 0) for u in range(6) for i in range(40) if (u + i) % 3]
    config = SplitConfig(kind="cold_items", validation=0.1, test=0.2)
    split = split_interactions(_dataset(rows), config, "ranking")
    parts = [set(part.items.tolist()) for part in (split.train, split.validation, split.test)]
    assert [len(items) for items in parts] == [28, 4, 8]
    assert len(set.union(*parts)) == 40
    assert sum(map(len, (split.train, split.validation, split.test))) == len(rows)
    assert set(np.flatnonzero(split.candidates[SplitName.TEST])) == parts[2]
    assert set(np.flatnonzero(split.candidates[SplitName.VALIDATION])) == parts[1]
    other = split_interactions(_dataset(rows), replace(config, seed=1), "ranking")
    assert set(other.test.items.tolist()) != parts[2]
    assert (
        split_interactions(_dataset(rows), SplitConfig(kind="random"), "ranking").candidates == {}
    )
