"""Steps between the judged rows and the stored data set."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.events import Events
from backend.data.validate import LISTED_PER_REASON, ProblemLog
from backend.schema import Col


def without_exact_duplicates(events: Events, item_ids: "pd.Series[str]", log: ProblemLog) -> Events:
    """The first row of each user, item and time; the others are reported row by row."""
    again = repeated(events)
    for origin, file in enumerate(events.files):
        rows = np.flatnonzero(again & (events.origins == origin))
        first = rows[:LISTED_PER_REASON]
        values = item_ids.iloc[events.items[first]].tolist()
        reason = "the same user, item and time were given before"
        lines = events.lines[first].tolist()
        log.add(file, lines, Col.ITEM_ID, reason, values, rejects=True, count=len(rows))
    return events.kept(~again)


def repeated(events: Events) -> NDArray[np.bool_]:
    """bool[N]: rows whose user, item and time an earlier row has."""
    pairs = events.users.astype(np.int64) << 32 | events.items
    order = np.lexsort((events.timestamps, pairs))
    pairs, times = pairs[order], events.timestamps[order]
    again = np.zeros(len(events), np.bool_)
    again[order[1:]] = (pairs[1:] == pairs[:-1]) & (times[1:] == times[:-1])
    return again
