"""Who did how much: the long tail, thin users and items, pairs that repeat."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity, counted, percent, rows_of
from backend.schema import Col

CORES: Final = (2, 5, 10)
_HEAD_SHARE: Final = 0.5
_THIN: Final = 5
_THIN_USERS: Final = 0.1
_SPARSE: Final = 0.999
_REPEATED: Final = 0.01
_FEW_PEOPLE: Final = 100


@dataclass(frozen=True)
class Activity:
    """Counts of a data set, all from its interactions."""

    item_counts: NDArray[np.int64]
    """Interactions per item, i64[I]."""
    user_counts: NDArray[np.int64]
    gini: float
    """0: every item is chosen equally often; towards 1: one takes everything."""
    top_tenth_share: float
    sparsity: float
    """Share of user-item pairs that never met."""
    repeated: int
    """Rows whose pair of user and item stands in an earlier row already."""
    below: dict[int, tuple[float, float]]
    """k -> share of (users, items) with fewer than k interactions."""


def measure_activity(interactions: pd.DataFrame, n_users: int, n_items: int) -> Activity:
    """All of it in one pass over `user_num, item_num`."""
    users = interactions[Col.USER_NUM].to_numpy(dtype=np.int64)
    items = interactions[Col.ITEM_NUM].to_numpy(dtype=np.int64)
    item_counts = np.bincount(items, minlength=n_items)
    user_counts = np.bincount(users, minlength=n_users)
    pairs = len(np.unique(users * max(1, n_items) + items))
    ranked = np.sort(item_counts)[::-1]
    return Activity(
        item_counts=item_counts,
        user_counts=user_counts,
        gini=gini(item_counts),
        top_tenth_share=float(ranked[: max(1, n_items // 10)].sum() / max(1, len(items))),
        sparsity=1 - pairs / max(1, n_users * n_items),
        repeated=len(items) - pairs,
        below={k: (_share_below(user_counts, k), _share_below(item_counts, k)) for k in CORES},
    )


def gini(counts: NDArray[np.int64]) -> float:
    """Of how unequally interactions fall on items; 0 without any."""
    ranked = np.sort(counts).astype(np.float64)
    if not len(ranked) or ranked.sum() == 0:
        return 0.0
    n = len(ranked)
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float((weights * ranked).sum() / (n * ranked.sum()))


def activity_findings(activity: Activity) -> Iterator[Finding]:
    """What the counts say."""
    if not len(activity.user_counts) or not len(activity.item_counts):
        return
    yield from _long_tail(activity)
    yield from _thin(activity)
    yield from _few(activity)
    yield from _repeats(activity)


def _long_tail(activity: Activity) -> Iterator[Finding]:
    if activity.top_tenth_share > _HEAD_SHARE:
        yield Finding(
            "long_tail",
            Severity.NOTE,
            f"The most popular tenth of the items takes {percent(activity.top_tenth_share)} of all "
            f"interactions (Gini {activity.gini:.2f}).",
            "A model that only knows what is popular already looks good on such data.",
            "Keep the popularity baseline in every comparison, and read coverage and novelty "
            "beside the accuracy.",
            Fix("train", "Train with the baseline", {"models": "popularity,ease,fused"}),
        )
    if activity.sparsity > _SPARSE:
        per_user = float(activity.user_counts.mean())
        yield Finding(
            "sparse",
            Severity.NOTE,
            f"{percent(activity.sparsity)} of all pairs of person and item never met; a person has "
            f"{per_user:.1f} interactions in the mean.",
            "Clicks alone say little about a single item; this is where content can help most.",
            "Compare a model that reads content with one that sees clicks only, and look at the "
            "people and items with few interactions.",
            Fix("segments", "For whom each model works", {"view": "For whom"}),
        )


def _thin(activity: Activity) -> Iterator[Finding]:
    users = activity.below[_THIN][0]
    if users > _THIN_USERS:
        count = int((activity.user_counts < _THIN).sum())
        yield Finding(
            "thin_users",
            Severity.NOTE,
            f"{counted(count, 'person', 'people')} ({percent(users)}) "
            f"{'has' if count == 1 else 'have'} fewer than {_THIN} interactions.",
            "With so few, a test on each of them rests on a single item and says little alone.",
            "Expect content to matter most for them and compare by activity; results on a denser "
            "core are not results for all.",
            Fix("segments", "For whom each model works", {"view": "For whom"}),
        )
    if activity.below[2][1] > _HEAD_SHARE:
        rare = activity.item_counts < 2
        yield Finding(
            "rare_items",
            Severity.ATTENTION,
            f"{counted(int(rare.sum()), 'item')} ({percent(float(rare.mean()))}) were chosen once "
            "or never.",
            "Held out for the test, such an item leaves nothing to learn from: models that see "
            "clicks only cannot find it, whatever they are.",
            "Train a model that reads content, or keep in the source the items with at least 5 "
            "interactions if you want to compare models of clicks.",
            Fix("gallery", "See what is rarely chosen", {"sort": "rare"}),
            rows_of(rare),
        )


def _few(activity: Activity) -> Iterator[Finding]:
    people = len(activity.user_counts)
    if people < _FEW_PEOPLE:
        yield Finding(
            "few_people",
            Severity.ATTENTION,
            f"There {'is' if people == 1 else 'are'} only {counted(people, 'person', 'people')}.",
            "Intervals come from people: with so few they are wide, and most differences between "
            "models cannot be shown.",
            f"Bring more people if there are any; {_FEW_PEOPLE} at least.",
            Fix("import", "Import more"),
        )


def _repeats(activity: Activity) -> Iterator[Finding]:
    rows = int(activity.user_counts.sum())
    if activity.repeated > _REPEATED * rows:
        yield Finding(
            "repeated_pairs",
            Severity.NOTE,
            f"{counted(activity.repeated, 'row')} ({percent(activity.repeated / rows)}) repeat a "
            "pair of person and item.",
            "For ranking, a pair counts once: the first of them is kept. Who wants to predict what "
            "is bought again needs another kind of model.",
            "Nothing, if repeats are real; look for rows written twice if they are not.",
        )


def _share_below(counts: NDArray[np.int64], k: int) -> float:
    return float((counts < k).mean()) if len(counts) else 0.0
