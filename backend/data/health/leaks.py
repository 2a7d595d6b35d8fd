"""Ways in which training may know the test, and what the split leaves without training."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data.health.findings import Finding, Fix, Severity, counted, percent, rows_of
from backend.schema import Col, Modality, SplitName

_WORD: Final = re.compile(r"[\w\-]+")
_TELLING: Final = 6
"""Shorter identifiers (17, u3) stand in texts by chance."""
_BY_TIME: Final = 0.2
"""A split in which fewer people than this are out of order was meant to be one by time."""
_COLD_TESTS: Final = 0.2
_FEW: Final = 0.01


def split_findings(rows: pd.DataFrame, n_items: int) -> Iterator[Finding]:
    """`rows` are interactions with `user_num, item_num, timestamp` and the `split` they are in."""
    train = rows[rows[Col.SPLIT] == SplitName.TRAIN]
    test = rows[rows[Col.SPLIT] == SplitName.TEST]
    if train.empty or test.empty:
        return
    yield from _pairs_in_both(train, test, n_items)
    yield from _out_of_order(train, test)
    yield from _cold(train, test, n_items)


def duplicates_across(
    rows: pd.DataFrame, groups: Sequence[Sequence[int]], n_items: int, *, exact: bool = True
) -> Iterator[Finding]:
    """Test interactions with an item whose double (nearly the same where not `exact`) the same
    person has in training."""
    first = np.arange(n_items)
    for group in groups:
        first[list(group)] = group[0]
    merged = rows.assign(_double=first[rows[Col.ITEM_NUM].to_numpy(dtype=np.int64)])
    train = merged[merged[Col.SPLIT] == SplitName.TRAIN]
    test = merged[merged[Col.SPLIT] == SplitName.TEST]
    known = _keys(train[Col.USER_NUM], train["_double"], n_items)
    same = _keys(train[Col.USER_NUM], train[Col.ITEM_NUM], n_items)
    leaked = np.isin(_keys(test[Col.USER_NUM], test["_double"], n_items), known)
    leaked &= ~np.isin(_keys(test[Col.USER_NUM], test[Col.ITEM_NUM], n_items), same)
    if not leaked.any():
        return
    count = int(leaked.sum())
    share = count / len(test)
    double = "exact double" if exact else "near double, by all that is shown and said of it,"
    yield Finding(
        "duplicates_across_split" if exact else "near_duplicates_across_split",
        Severity.ATTENTION if exact or share > _FEW else Severity.NOTE,
        f"{counted(count, 'test interaction')} ({percent(share)}) {_is(count)} with an "
        f"item whose {double} the same person has in training.",
        "A model that reads content finds it without having learned anything, which flatters "
        "content against clicks.",
        "Merge the doubles in the source so that each product has one identifier, and import "
        "again.",
        Fix("import", "Import again"),
        tuple(dict.fromkeys(test[Col.ITEM_NUM].to_numpy()[leaked].tolist())),
    )


def named_users(texts: "pd.Series[str]", user_ids: NDArray[np.str_]) -> Iterator[Finding]:
    """Titles or descriptions that name a person of the data."""
    telling = {str(user) for user in user_ids if _is_telling(str(user))}
    if not telling:
        return
    naming = np.array([not telling.isdisjoint(_WORD.findall(text)) for text in texts], dtype=bool)
    if naming.any():
        count = int(naming.sum())
        yield Finding(
            "users_in_texts",
            Severity.PROBLEM,
            f"{counted(count, 'item')} {'names' if count == 1 else 'name'} a person of these data "
            "in title or description.",
            "A text encoder then reads who chose the item, also in the test; and names of people "
            "do not belong into a catalogue.",
            "Remove the identifiers from the texts in the source and import again.",
            Fix("import", "Import again"),
            rows_of(naming),
        )


def ready_made_reviews(given: Sequence[Modality]) -> Iterator[Finding]:
    """Features of reviews that were computed elsewhere."""
    if Modality.REVIEWS in given:
        yield Finding(
            "ready_made_reviews",
            Severity.ATTENTION,
            "The features of the reviews came with the data, so nobody here can tell which reviews "
            "they were computed from.",
            "If those of test interactions are among them, they tell the model what it is to be "
            "tested on, and the gain from reviews is worthless.",
            "Bring the reviews as a column 'review' of the interactions instead: FusionLens reads "
            "those of training only.",
            Fix("import", "Import again"),
        )


def _pairs_in_both(train: pd.DataFrame, test: pd.DataFrame, n_items: int) -> Iterator[Finding]:
    known = _keys(train[Col.USER_NUM], train[Col.ITEM_NUM], n_items)
    both = np.isin(_keys(test[Col.USER_NUM], test[Col.ITEM_NUM], n_items), known)
    if both.any():
        count = int(both.sum())
        yield Finding(
            "pairs_in_train_and_test",
            Severity.PROBLEM,
            f"{counted(count, 'test interaction')} ({percent(count / len(test))}) {_is(count)} of "
            "a person with an item that the same person has in training.",
            "Ranking leaves such rows out of the test by itself, so the test is smaller than it "
            "seems; rating prediction is tested on what it has learned.",
            "Keep each pair of person and item in one part of the split, and import again.",
            Fix("import", "Import again"),
        )


def _out_of_order(train: pd.DataFrame, test: pd.DataFrame) -> Iterator[Finding]:
    if not (train[Col.TIMESTAMP].any() and test[Col.TIMESTAMP].any()):
        return
    last = train.groupby(Col.USER_NUM)[Col.TIMESTAMP].max()
    first = test.groupby(Col.USER_NUM)[Col.TIMESTAMP].min()
    pairs = pd.concat([last.rename("last"), first.rename("first")], axis=1, join="inner")
    early = int((pairs["first"] < pairs["last"]).sum())
    if not early:
        return
    # Ties tell nothing: among coarse times a random split has many.
    told = early + int((pairs["first"] > pairs["last"]).sum())
    share = early / len(pairs)
    people = f"{counted(early, 'person', 'people')} ({percent(share)})"
    if early < _BY_TIME * told:
        yield Finding(
            "test_before_train",
            Severity.ATTENTION,
            f"The split looks like one by time, but of {people} a test interaction is older than "
            "the last one in training.",
            "The model knows their future when it is tested on their past.",
            "Correct the split in the source, or let FusionLens split by time.",
            Fix("train", "Choose the split"),
        )
    else:
        yield Finding(
            "split_not_by_time",
            Severity.NOTE,
            f"The split is not one by time: of {people} a test interaction is older than the last "
            "one in training.",
            "Models of taste can be compared on it; how well one would have foreseen the next "
            "choice it does not tell.",
            "For that, train with each person's last interactions held out.",
            Fix("train", "Choose the split"),
        )


def _cold(train: pd.DataFrame, test: pd.DataFrame, n_items: int) -> Iterator[Finding]:
    trained = np.zeros(n_items, dtype=bool)
    trained[train[Col.ITEM_NUM].to_numpy(dtype=np.int64)] = True
    if not trained.all():
        cold = ~trained
        asked = float(cold[test[Col.ITEM_NUM].to_numpy(dtype=np.int64)].mean())
        tests = f"; {percent(asked)} of the test is about them" if asked else ""
        count = int(cold.sum())
        yield Finding(
            "cold_items",
            Severity.ATTENTION if asked > _COLD_TESTS else Severity.NOTE,
            f"{counted(count, 'item')} ({percent(count / n_items)}) "
            f"{'has' if count == 1 else 'have'} no training interaction{tests}.",
            "Only models that read content can recommend them; for a model of clicks these tests "
            "are lost before it starts.",
            "Compare with a model that reads content, and judge cold items by themselves.",
            Fix("segments", "For whom each model works", {"view": "For whom"}),
            rows_of(cold),
        )
    people = test[Col.USER_NUM].nunique()
    unknown = people - int(test[Col.USER_NUM].drop_duplicates().isin(train[Col.USER_NUM]).sum())
    if unknown:
        yield Finding(
            "cold_users",
            Severity.ATTENTION,
            f"{counted(unknown, 'person', 'people')} in the test ({percent(unknown / people)}) "
            f"{'has' if unknown == 1 else 'have'} no training interaction.",
            "There is nothing to know them by: everybody gets the same list, and the mean over "
            "people mixes that with real recommendations.",
            "Leave them out of the test in the source, or let FusionLens split at random.",
            Fix("train", "Choose the split"),
        )


def _keys(users: "pd.Series[int]", items: "pd.Series[int]", n_items: int) -> NDArray[np.int64]:
    return users.to_numpy(dtype=np.int64) * n_items + items.to_numpy(dtype=np.int64)


def _is_telling(user_id: str) -> bool:
    """Long enough, and not a bare number that a size or a year may equal."""
    return len(user_id) >= _TELLING and not (user_id.isdigit() and len(user_id) < _TELLING + 3)


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
