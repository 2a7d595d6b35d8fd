"""Do ready-made features know the test? A person's held-out items against items left out.

Each person has a profile: the mean of the features of their training items, one of them left out.
Features that look at items alone rank the item left out and an item of the test equally high, for a
split at random makes both alike. Features made from training clicks rank the one left out higher.
Only features that know the test rank the item of the test higher. Features made from all clicks
rank both equally, but mostly higher than any content does; where they do not, `imprint` knows them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity
from backend.data.health.imprint import imprint
from backend.data.health.neighbours import unit_vectors
from backend.schema import Col, Modality, SplitName

_PEOPLE: Final = 5_000
_DRAWS: Final = 5
"""Items of each kind per person."""
_OTHERS: Final = 200
_SEED: Final = 2026
_SURE: Final = 4.0
_GAP: Final = 0.02
_ALL_KNOWING: Final = 0.85
"""Pictures and texts of real and generated catalogues reach 0.62 to 0.72, features made from all
clicks 0.75 to 0.97: what lies below this is not told from content."""
_BORNE: Final = 0.1
"""Contents of real and generated catalogues and features made from training clicks hold up to 0.07
of what the test adds, features made from all clicks 0.12 to 0.6."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Foresight:
    """How often an item is nearer to a person's profile than one taken at random, 0.5 by chance:
    for items of the test, for training items left out of the profile. `z`: standard errors (over
    people) by which the test is above."""

    test: float
    left_out: float
    z: float
    people: int

    @property
    def tells_test(self) -> bool:
        return self.z > _SURE and self.test - self.left_out > _GAP

    @property
    def tells_all(self) -> bool:
        return self.test > _ALL_KNOWING and self.left_out > _ALL_KNOWING


def foresight(values: Vectors, present: NDArray[np.bool_], rows: pd.DataFrame) -> Foresight | None:
    """`values` f32[I, D], `present` bool[I]; `rows` are interactions with the part they are in.
    None where fewer than two people have what it takes."""
    unit = np.zeros_like(values)
    unit[present] = unit_vectors(values[present])
    known = np.flatnonzero(present)
    there = rows[present[rows[Col.ITEM_NUM].to_numpy(dtype=np.int64)]]
    train, test = (_items(there, part) for part in (SplitName.TRAIN, SplitName.TEST))
    rng = np.random.default_rng(_SEED)
    able = [user for user in test if len(train.get(user, ())) > 2]
    chosen = [able[at] for at in rng.permutation(len(able))[:_PEOPLE]]
    if len(chosen) < 2:
        return None
    scores = np.array([_person(unit, known, train[u], test[u], rng) for u in chosen])
    gap = scores[:, 0] - scores[:, 1]
    error = float(gap.std(ddof=1)) / np.sqrt(len(gap))
    z = float(gap.mean() / error) if error > 0 else 0.0
    return Foresight(float(scores[:, 0].mean()), float(scores[:, 1].mean()), z, len(chosen))


def foreknowledge_findings(
    modality: Modality, values: Vectors, present: NDArray[np.bool_], rows: pd.DataFrame
) -> Iterator[Finding]:
    """What ready-made features know that they must not."""
    found = foresight(values, present, rows)
    borne = imprint(values, present, rows)
    if found is not None and found.tells_test:
        yield _finding(
            modality,
            "knows_test",
            Severity.PROBLEM,
            f"The ready-made {modality} features find a person's test items better than training "
            f"items that were left out: they are nearer than an item at random {_shares(found)}.",
        )
    elif borne is not None and borne.share > _BORNE:
        yield _finding(
            modality,
            "knows_all_clicks",
            Severity.PROBLEM,
            f"The ready-made {modality} features hold {100 * borne.share:.0f} % of what the clicks "
            "of the test add to those of training, beyond chance; contents hold a few percent.",
        )
    elif found is not None and found.tells_all:
        yield _finding(
            modality,
            "knows_all_clicks",
            Severity.ATTENTION,
            f"The ready-made {modality} features find a person's test items as if they had seen "
            f"the clicks: they are nearer than an item at random {_shares(found)}.",
        )


def _finding(modality: Modality, name: str, severity: Severity, sentence: str) -> Finding:
    return Finding(
        f"{modality}_{name}",
        severity,
        sentence,
        "Features of items alone cannot do that. They were probably computed from clicks, those of "
        "the test among them, and then tell a model what it is to be tested on.",
        "Compute them from contents, or from training clicks only, and import again; or leave them "
        "out and let FusionLens encode the contents.",
        Fix("import", "Import again"),
    )


def _shares(found: Foresight) -> str:
    test, left_out = (f"{100 * share:.0f} %" for share in (found.test, found.left_out))
    return f"{test} of the time, training items left out {left_out}"


def _items(rows: pd.DataFrame, part: SplitName) -> dict[int, NDArray[np.int64]]:
    own = rows[rows[Col.SPLIT] == part]
    groups = own.groupby(Col.USER_NUM)[Col.ITEM_NUM]
    return {int(str(user)): items.to_numpy(dtype=np.int64) for user, items in groups}


def _person(
    unit: Vectors,
    known: NDArray[np.int64],
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[float, float]:
    """(items of the test, items left out): the mean share of others that each is nearer than."""
    others = known[rng.integers(0, len(known), _OTHERS)]
    others = others[~np.isin(others, np.concatenate([train, test]))]
    draws = min(_DRAWS, len(train))
    asked = rng.permutation(test)[:draws]
    left = rng.permutation(len(train))[:draws]
    profiles = np.stack([unit[np.delete(train, at)].mean(axis=0) for at in left])
    background = profiles @ unit[others].T
    own = [
        _nearer(p @ unit[train[at]], b) for p, b, at in zip(profiles, background, left, strict=True)
    ]
    new = [
        _nearer(profiles[at % draws] @ unit[item], background[at % draws])
        for at, item in enumerate(asked)
    ]
    return float(np.mean(new)), float(np.mean(own))


def _nearer(score: float, others: Vectors) -> float:
    if not len(others):
        return 0.5
    return float((others < score).mean() + 0.5 * (others == score).mean())
