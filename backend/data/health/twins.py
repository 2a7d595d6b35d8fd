"""People whose histories are nearly the same: what one is tested on, the other has in training."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity, counted, percent
from backend.schema import Col, SplitName

_ALIKE: Final = 0.8
"""Share of the items of both that both have."""
_FEWEST: Final = 5
_BANDS: Final = 12
_ROWS: Final = 3
"""Two that share 0.8 of their items meet in one of 12 bands of 3 with a probability of 0.9998."""
_CROWD: Final = 50
_SEED: Final = 2026
_MANY: Final = 0.01


def twin_findings(rows: pd.DataFrame, n_items: int) -> Iterator[Finding]:
    """`rows` are interactions with `user_num, item_num` and the `split` they are in."""
    test = rows[rows[Col.SPLIT] == SplitName.TEST]
    twins = find_twins(rows, n_items)
    if test.empty or not len(twins):
        return
    train = rows[rows[Col.SPLIT] == SplitName.TRAIN]
    known = set(
        (
            train[Col.USER_NUM].to_numpy(np.int64) * n_items
            + train[Col.ITEM_NUM].to_numpy(np.int64)
        ).tolist()
    )
    both = np.concatenate([twins, twins[:, ::-1]])
    partners: dict[int, list[int]] = {}
    for one, other in both.tolist():
        partners.setdefault(one, []).append(other)
    told = [
        (user, item)
        for user, item in zip(test[Col.USER_NUM].tolist(), test[Col.ITEM_NUM].tolist(), strict=True)
        if any(other * n_items + item in known for other in partners.get(user, ()))
    ]
    if not told:
        return
    people = len({user for user, _ in told})
    share = len(told) / len(test)
    yield Finding(
        "twins_across_split",
        Severity.ATTENTION if share > _MANY else Severity.NOTE,
        f"{counted(len(told), 'test interaction')} ({percent(share)}) of "
        f"{counted(people, 'person', 'people')} stand in the training of somebody else with nearly "
        "the same history.",
        "One person under two identifiers, or a robot: a model of clicks finds the test by copying "
        "from the double.",
        "Merge the identifiers in the source, or leave one of the two out, and import again.",
        Fix("import", "Import again"),
        tuple(dict.fromkeys(item for _, item in told)),
    )


def find_twins(rows: pd.DataFrame, n_items: int) -> NDArray[np.int64]:
    """i64[P, 2]: pairs of people with at least five items each who share four fifths of them."""
    used = rows.drop_duplicates([Col.USER_NUM, Col.ITEM_NUM]).sort_values(Col.USER_NUM)
    users, starts, counts = np.unique(
        used[Col.USER_NUM].to_numpy(np.int64), return_index=True, return_counts=True
    )
    items = used[Col.ITEM_NUM].to_numpy(np.int64)
    if not len(users):
        return np.zeros((0, 2), np.int64)
    rng = np.random.default_rng(_SEED)
    candidates: set[tuple[int, int]] = set()
    for _ in range(_BANDS):
        marks = [np.minimum.reduceat(rng.permutation(n_items)[items], starts) for _ in range(_ROWS)]
        candidates |= _same_band(np.stack(marks, axis=1), counts >= _FEWEST)
    sets = np.split(items, starts[1:])
    found = [
        (int(users[a]), int(users[b]))
        for a, b in sorted(candidates)
        if _shared(sets[a], sets[b]) >= _ALIKE
    ]
    return np.array(found, np.int64).reshape(-1, 2)


def _same_band(marks: NDArray[np.int64], able: NDArray[np.bool_]) -> set[tuple[int, int]]:
    """Pairs of places with equal marks; crowds of many are left out, for they are no doubles."""
    _, group = np.unique(marks, axis=0, return_inverse=True)
    group = np.where(able, group.ravel(), -1)
    order = np.argsort(group, kind="stable")
    bounds = np.flatnonzero(np.diff(group[order])) + 1
    pairs = set()
    for places in np.split(order, bounds):
        if group[places[0]] >= 0 and 1 < len(places) <= _CROWD:
            left, right = np.triu_indices(len(places), 1)
            pairs |= set(zip(places[left].tolist(), places[right].tolist(), strict=True))
    return pairs


def _shared(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common)
