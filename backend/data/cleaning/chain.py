"""The chain itself: every step that is switched on, and what it did."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from backend.data.cleaning.config import CleaningConfig
from backend.data.cleaning.draft import Draft
from backend.data.cleaning.rows import (
    before,
    core,
    repeated,
    report_repeated,
    superfluous,
    unseen_dropped,
)
from backend.data.cleaning.text import cleaned_column, text_cleaner
from backend.data.steps import CleaningRecord, StepRecord
from backend.data.validate import ProblemLog
from backend.errors import InvalidInput
from backend.schema import MEDIA_COLUMNS, Col

Step = tuple[str, str, Callable[[Draft], tuple[Draft, int]]]
_KEPT_AS: Final = {"first": "the first", "last": "the last", "max_rating": "the best rated"}
_NO_TEXT: Final = frozenset({Col.ITEM_ID, Col.PRICE, *MEDIA_COLUMNS.values()})


def clean(draft: Draft, config: CleaningConfig, log: ProblemLog) -> tuple[Draft, CleaningRecord]:
    """(what is left, what was done). Raises InvalidInput where a step leaves nothing."""
    records: list[StepRecord] = []
    for name, what, step in _steps(config, log):
        left, changed = step(draft)
        if len(draft.events) and not len(left.events):
            raise InvalidInput(
                f"Nothing is left after the step '{name}': {what} Choose less of it."
            )
        records.append(_record(name, what, draft, left, changed))
        draft = left
    return draft, CleaningRecord(config.to_mapping(), tuple(records))


def _steps(config: CleaningConfig, log: ProblemLog) -> list[Step]:
    steps: list[Step] = []
    since = config.since_seconds()
    if since is not None:
        what = f"Interactions before {config.since.strip()} are left out."
        steps.append(("since", what, lambda d: (d.with_events(~before(d.events, since)), 0)))
    if config.duplicates != "keep":
        steps.append(_duplicates(config.duplicates, log))
    if config.positives_only:
        low = np.float32(config.positive_from)
        what = f"Interactions rated below {config.positive_from:g} are left out."
        steps.append(("positives", what, lambda d: (d.with_events(d.events.ratings >= low), 0)))
    if config.implicit:
        steps.append(("implicit", "Ratings are forgotten.", _implicit))
    if config.kcore > 1:
        what = f"Users and items with fewer than {config.kcore} interactions are left out."
        steps.append(("kcore", what, lambda d: (core(d, config.kcore), 0)))
    if config.drop_unseen:
        what = "Items without interactions are left out."
        steps.append(("unseen", what, lambda d: (unseen_dropped(d), 0)))
    cleaner = text_cleaner(config)
    if cleaner is not None:
        what = "Texts are cleaned."
        steps.append(("text", what, lambda d: _texts(d, cleaner)))
    return steps


def _duplicates(keep: str, log: ProblemLog) -> Step:
    if keep != "exact":
        what = f"Of several interactions of a user with an item {_KEPT_AS[keep]} is kept."
        return "duplicates", what, lambda d: (d.with_events(~superfluous(d.events, keep)), 0)

    def exact(draft: Draft) -> tuple[Draft, int]:
        again = repeated(draft.events)
        report_repeated(draft, again, log)
        return draft.with_events(~again), 0

    return "duplicates", "Interactions of equal user, item and time are kept once.", exact


def _implicit(draft: Draft) -> tuple[Draft, int]:
    ratings = np.ones(len(draft.events), np.float32)
    return replace(draft, events=replace(draft.events, ratings=ratings)), 0


def _texts(draft: Draft, cleaner: Callable[[str], str]) -> tuple[Draft, int]:
    """Titles, texts, categories, attributes and reviews; never identifiers."""
    columns: dict[str, pd.Series[str]] = {}
    changed = 0
    for column in draft.items.columns:
        if column not in _NO_TEXT:
            columns[column], count = cleaned_column(draft.items[column], cleaner)
            changed += count
    events = draft.events
    if events.reviews is not None:
        reviews, count = cleaned_column(events.reviews, cleaner)
        changed += count
        events = replace(events, reviews=reviews)
    return Draft(draft.items.assign(**columns), draft.lines, events), changed


def _record(name: str, what: str, draft: Draft, left: Draft, changed: int) -> StepRecord:
    return StepRecord(
        name,
        what,
        interactions=(len(draft.events), len(left.events)),
        users=(draft.users, left.users),
        items=(len(draft.items), len(left.items)),
        changed=changed,
    )
