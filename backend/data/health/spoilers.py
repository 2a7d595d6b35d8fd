"""Texts that tell the test: its reviews in an item's text, its items in what a person wrote."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from backend.data.health.findings import Finding, Fix, Severity, counted, percent
from backend.schema import Col, SplitName

_REVIEW: Final = 25
"""Letters; a shorter review ("very good") may stand in a description by chance."""
_TITLE: Final = 10
_FEWEST: Final = 3
_ABOVE_CHANCE: Final = 3.0
_SPACE: Final = re.compile(r"\W+")


def reviews_in_texts(rows: pd.DataFrame, texts: "pd.Series[str]") -> Iterator[Finding]:
    """Items whose text holds the review of a test interaction. `texts`: all that is said of each
    item, row by row; `rows`: interactions with their part and, where there are any, reviews."""
    if Col.REVIEW not in rows.columns:
        return
    test = rows[(rows[Col.SPLIT] == SplitName.TEST) & (rows[Col.REVIEW].str.len() >= _REVIEW)]
    if test.empty:
        return
    said = {int(item): _plain(str(texts.iat[int(item)])) for item in test[Col.ITEM_NUM].unique()}
    told = [
        int(item)
        for item, review in zip(test[Col.ITEM_NUM], test[Col.REVIEW], strict=True)
        if len(review_words := _plain(review)) >= _REVIEW and review_words in said[int(item)]
    ]
    if told:
        yield Finding(
            "test_reviews_in_texts",
            Severity.PROBLEM,
            f"The review of {counted(len(told), 'test interaction')} "
            f"({percent(len(told) / len(test))} of those with one) stands in the text of its item.",
            "A text encoder then reads what the person wrote after the choice that is to be "
            "foretold.",
            "Take the reviews out of the texts in the source, bring them as a column 'review' of "
            "the interactions, and import again.",
            Fix("import", "Import again"),
            tuple(dict.fromkeys(told)),
        )


def items_in_own_texts(
    rows: pd.DataFrame, titles: "pd.Series[str]", profiles: Mapping[int, str]
) -> Iterator[Finding]:
    """People whose training reviews, or whose own entry in the catalogue (`profiles`: user_num ->
    text), name an item that they are tested on, more often than people name those of others."""
    written = _written(rows, profiles)
    test = rows[(rows[Col.SPLIT] == SplitName.TEST) & rows[Col.USER_NUM].isin(list(written))]
    if len(test) < 2:
        return
    names = [_plain(str(titles.iat[int(item)])) for item in test[Col.ITEM_NUM]]
    users = test[Col.USER_NUM].to_numpy(dtype=np.int64)
    own = np.array([_names(written[int(u)], n) for u, n in zip(users, names, strict=True)])
    # The same titles against the words of somebody else: how often that happens by chance.
    others = np.random.default_rng(2026).permutation(users)
    chance = sum(
        _names(written[int(o)], n) for o, u, n in zip(others, users, names, strict=True) if o != u
    )
    count = int(own.sum())
    if count < _FEWEST or count <= _ABOVE_CHANCE * chance:
        return
    yield Finding(
        "test_items_in_own_texts",
        Severity.PROBLEM,
        f"{counted(count, 'test interaction')} ({percent(count / len(test))} of those of people "
        f"who wrote something) {'is' if count == 1 else 'are'} with an item that the person names "
        f"in a text of their own; by chance it would be {chance}.",
        "Who reads what people wrote then reads what they are going to choose.",
        "Leave out texts that were written after the choices, or the names of other items in "
        "them, and import again.",
        Fix("import", "Import again"),
        tuple(dict.fromkeys(test[Col.ITEM_NUM].to_numpy()[own].tolist())),
    )


def _written(rows: pd.DataFrame, profiles: Mapping[int, str]) -> dict[int, str]:
    """user_num -> all that the person wrote as far as models may read it, plain."""
    found = {user: _plain(text) for user, text in profiles.items()}
    if Col.REVIEW not in rows.columns:
        return found
    train = rows[(rows[Col.SPLIT] == SplitName.TRAIN) & (rows[Col.REVIEW] != "")]
    for user, reviews in train.groupby(Col.USER_NUM)[Col.REVIEW]:
        key = int(str(user))
        found[key] = f"{found.get(key, '')} {_plain(' '.join(reviews))} "
    return found


def _names(text: str, title: str) -> bool:
    """Titles of one word or of few letters stand in texts by chance."""
    return len(title) >= _TITLE and " " in title.strip() and title in text


def _plain(text: str) -> str:
    """Words in small letters with a space around each, so that only whole words are found."""
    return f" {_SPACE.sub(' ', text).strip().lower()} "
