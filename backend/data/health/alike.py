"""Items that an encoder cannot tell apart, and items that are like nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from backend.data.health.duplicates import Groups
from backend.data.health.findings import (
    LISTED,
    Finding,
    Fix,
    Severity,
    counted,
    flattened,
    percent,
)
from backend.data.health.neighbours import Neighbours
from backend.schema import Modality

NEARLY_THE_SAME: Final = 0.98
_CEILING: Final = 0.999
_ODD: Final = 2.8
"""On real and generated catalogues no item reached 2.7; every vector without any relation to the
others went beyond 2.85."""
_INDISTINCT: Final = 0.2
_FEWEST: Final = 30


def threshold(neighbours: Neighbours) -> float:
    """The cosine from which two items count as nearly the same: 0.98, more where that many pairs
    reach it by chance."""
    return min(max(NEARLY_THE_SAME, neighbours.chance), _CEILING)


def near_duplicates(neighbours: Neighbours) -> Groups:
    """Items with the same or nearly the same vector, largest group first."""
    n = len(neighbours.rows)
    left, slot = np.nonzero((neighbours.cosine >= threshold(neighbours)) & (neighbours.near >= 0))
    right = neighbours.near[left, slot]
    links = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(n, n))
    _, labels = connected_components(links, directed=False)
    order = np.argsort(labels, kind="stable")
    bounds = np.flatnonzero(np.diff(labels[order])) + 1
    found = [
        tuple(sorted(int(item) for place in places for item in neighbours.rows[place]))
        for places in np.split(order, bounds)
    ]
    return tuple(sorted((g for g in found if len(g) > 1), key=len, reverse=True))


def near_duplicate_findings(
    near: Mapping[Modality, Groups], exact: Groups, n_items: int
) -> Iterator[Finding]:
    """Doubles in all that two items have; then, per modality, those alike in it alone.

    What stands in `exact` was reported as such.
    """
    doubles = near_doubles(near, exact, n_items)
    if doubles:
        spare = sum(len(group) - 1 for group in doubles)
        what = " and ".join(_NOUNS[m] for m in near)
        yield Finding(
            "near_duplicates",
            Severity.ATTENTION if spare > 0.01 * n_items else Severity.NOTE,
            f"{counted(spare, 'item')} ({percent(spare / n_items)}) {_is(spare)} by {what} nearly "
            f"the same as another ({counted(len(doubles), 'group')}).",
            "Either one product stands here twice, or variants of one differ in something that "
            "the encoders do not see; lists then repeat it.",
            "Look at the groups. Merge doubles in the source; for variants bring what tells them "
            "apart as text or attributes.",
            Fix("map", "See where they lie", {"map": str(next(iter(near)))}),
            flattened(doubles),
            doubles[:LISTED],
        )
    for modality, groups in near.items():
        alone = _unexplained(_unexplained(groups, exact), doubles)
        spare = sum(len(group) - 1 for group in alone)
        if len(near) > 1 and spare:
            yield _alike_in_one(modality, alone, spare, n_items)


def near_doubles(near: Mapping[Modality, Groups], exact: Groups, n_items: int) -> Groups:
    """Items nearly the same in every modality, without those in one group of `exact`."""
    return _unexplained(_alike_in_all(near, n_items), exact)


def outlier_findings(
    modality: Modality, neighbours: Neighbours, listed: int = 60
) -> Iterator[Finding]:
    """Items far from everything, by their mean distance to the ten nearest."""
    odd = oddness(neighbours)
    far = np.flatnonzero(odd > _ODD)
    if len(neighbours.rows) < _FEWEST or not len(far):
        return
    far = far[np.argsort(-odd[far], kind="stable")]
    items = tuple(int(item) for place in far for item in neighbours.rows[place])
    total = sum(len(rows) for rows in neighbours.rows)
    yield Finding(
        f"odd_{modality}",
        Severity.NOTE,
        f"{counted(len(items), 'item')} ({percent(len(items) / total)}) {_is(len(items))} by "
        f"{_NOUNS[modality]} like nothing else in the catalogue.",
        "Often a wrong file, a page of instructions or another kind of product; sometimes just "
        "the only one of its kind.",
        "Look at them and correct in the source what does not belong there"
        f"{_first(items, listed)}.",
        Fix("map", "See where they lie", {"map": str(modality)}),
        items[:listed],
    )


def oddness(neighbours: Neighbours) -> NDArray[np.float32]:
    """f32[N]: by how many robust standard deviations the logarithm of an item's distance to its
    nearest is above the median; 0 where there is nothing to compare with."""
    distance = np.log(np.maximum(neighbours.distance, 1e-4))
    known = distance[np.isfinite(distance)]
    if len(known) < 2:
        return np.zeros(len(distance), np.float32)
    centre = np.median(known)
    upper = known[known >= centre] - centre
    # The half below is stretched by doubles, so the spread of the half above is taken.
    spread = 1.4826 * float(np.median(upper)) or 1e-6
    odd: NDArray[np.float32] = np.nan_to_num((distance - centre) / max(spread, 0.02))
    return odd.astype(np.float32)


def _alike_in_one(modality: Modality, groups: Groups, spare: int, n_items: int) -> Finding:
    noun = _NOUNS[modality]
    return Finding(
        f"alike_{modality}",
        Severity.ATTENTION if spare > _INDISTINCT * n_items else Severity.NOTE,
        f"{counted(spare, 'item')} ({percent(spare / n_items)}) can hardly be told from another by "
        f"{noun} alone ({counted(len(groups), 'group')}).",
        f"Variants of a product look like that, and placeholders too; a model of {noun} alone "
        "gives all of a group the same score.",
        "Look at the largest groups. For variants bring what tells them apart; placeholders are "
        "better left out.",
        Fix("map", "See where they lie", {"map": str(modality)}),
        flattened(groups),
        groups[:LISTED],
    )


def _alike_in_all(near: Mapping[Modality, Groups], n_items: int) -> Groups:
    """Groups of items that are together in every modality."""
    if not near:
        return ()
    labels = np.full((n_items, len(near)), -1, np.int64)
    for column, groups in enumerate(near.values()):
        for label, group in enumerate(groups):
            labels[list(group), column] = label
    found: dict[tuple[int, ...], list[int]] = {}
    for item in np.flatnonzero((labels >= 0).all(axis=1)).tolist():
        found.setdefault(tuple(labels[item].tolist()), []).append(item)
    return tuple(sorted((tuple(g) for g in found.values() if len(g) > 1), key=len, reverse=True))


def _unexplained(groups: Groups, known: Groups) -> Groups:
    """Without those within one known group; of a mixed one each known group counts once."""
    owner = {item: number for number, group in enumerate(known) for item in group}
    kept = []
    for group in groups:
        firsts: dict[int, int] = {}
        for item in group:
            firsts.setdefault(owner.get(item, -1 - item), item)
        if len(firsts) > 1:
            kept.append(tuple(firsts.values()))
    return tuple(sorted(kept, key=len, reverse=True))


def _first(items: Sequence[int], listed: int) -> str:
    return f"; the oddest {listed} are listed" if len(items) > listed else ""


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


_NOUNS: Final[Mapping[Modality, str]] = {
    Modality.IMAGE: "picture",
    Modality.TEXT: "text",
    Modality.AUDIO: "sound",
    Modality.VIDEO: "video",
    Modality.ATTRIBUTES: "attributes",
    Modality.REVIEWS: "reviews",
}
