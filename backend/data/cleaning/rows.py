"""Steps that leave rows out: too early, doubles, not liked, too rare."""

import numpy as np
from numpy.typing import NDArray

from backend.data.cleaning.draft import Draft
from backend.data.events import Events
from backend.data.validate import LISTED_PER_REASON, ProblemLog
from backend.schema import Col

Mask = NDArray[np.bool_]


def before(events: Events, since: int) -> Mask:
    """bool[N]: rows of a known time before `since` (seconds)."""
    early: Mask = (events.timestamps != 0) & (events.timestamps < since)
    return early


def repeated(events: Events) -> Mask:
    """bool[N]: rows whose user, item and time an earlier row has."""
    pairs = _pairs(events)
    order = np.lexsort((events.timestamps, pairs))
    pairs, times = pairs[order], events.timestamps[order]
    again = np.zeros(len(events), np.bool_)
    again[order[1:]] = (pairs[1:] == pairs[:-1]) & (times[1:] == times[:-1])
    return again


def superfluous(events: Events, keep: str) -> Mask:
    """bool[N]: all but one row of each user and item.

    `keep`: "first" or "last" by time, of equal times by place in the source; "max_rating" the best
    rated, of equal ratings the last.
    """
    pairs, place = _pairs(events), np.arange(len(events))
    by_rating = (events.ratings,) if keep == "max_rating" else ()
    order = np.lexsort((place, events.timestamps, *by_rating, pairs))
    pairs = pairs[order]
    new = np.ones(len(events), np.bool_)
    new[1:] = pairs[1:] != pairs[:-1]
    kept = new if keep == "first" else np.append(new[1:], True)[: len(new)]
    out = np.ones(len(events), np.bool_)
    out[order[kept]] = False
    return out


def core(draft: Draft, k: int) -> Draft:
    """The largest part in which every user and every item has at least `k` interactions."""
    users, items = draft.events.users, draft.events.items
    left = np.arange(len(users))
    while len(left):
        often = np.bincount(users[left]) >= k
        liked = np.bincount(items[left], minlength=len(draft.items)) >= k
        good = often[users[left]] & liked[items[left]]
        if good.all():
            break
        left = left[good]
    mask = np.zeros(len(users), np.bool_)
    mask[left] = True
    return unseen_dropped(draft.with_events(mask))


def unseen_dropped(draft: Draft) -> Draft:
    """Only items that somebody interacted with."""
    return draft.with_items(np.bincount(draft.events.items, minlength=len(draft.items)) > 0)


def report_repeated(draft: Draft, again: Mask, log: ProblemLog) -> None:
    """Exact doubles are mistakes of the source: told row by row."""
    events = draft.events
    for origin, file in enumerate(events.files):
        rows = np.flatnonzero(again & (events.origins == origin))
        first = rows[:LISTED_PER_REASON]
        values = draft.items[Col.ITEM_ID].iloc[events.items[first]].tolist()
        reason = "the same user, item and time were given before"
        lines = events.lines[first].tolist()
        log.add(file, lines, Col.ITEM_ID, reason, values, rejects=True, count=len(rows))


def _pairs(events: Events) -> NDArray[np.int64]:
    return events.users.astype(np.int64) << 32 | events.items
