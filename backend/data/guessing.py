"""Guesses which column has which role, by its name and by what stands in it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from backend.data.roles import is_named, named_exactly
from backend.schema import Col, SplitName

_EARLIEST: Final = 100_000_000
_LATEST: Final = 4_102_444_800
_BY_NAME: Final = 0.75
_EXACT: Final = 0.1
_BY_CONTENT: Final = 0.45
"""Content alone never convinces: a person should look."""
_PICTURE: Final = r"(?i)\.(?:jpe?g|png|webp)(?:$|\?)"
_SOUND: Final = r"(?i)\.(?:wav|flac|mp3|ogg|m4a)(?:$|\?)"
_CLIP: Final = r"(?i)\.(?:mp4|webm|mkv|mov)(?:$|\?)"


@dataclass(frozen=True)
class ColumnGuess:
    """The likely role of a column, None where it has none; `confidence` 0 to 1, and why."""

    column: str
    role: Col | None
    confidence: float
    why: str


@dataclass(frozen=True)
class _Facts:
    """What stands in a column: shares of its filled cells, 0 to 1."""

    filled: float
    distinct: float
    values: int
    numeric: float
    whole: float
    date: float
    length: float
    picture: float
    sound: float
    clip: float
    split: float
    middle: float
    """The middle number; 0 without numbers."""


def guess_roles(frame: pd.DataFrame, roles: Sequence[Col]) -> tuple[ColumnGuess, ...]:
    """One guess per column, in their order; every role is given at most once."""
    facts = {str(column): _facts(frame[column]) for column in frame.columns}
    scored = [
        (*_score(column, found, role, roles), column, role)
        for column, found in facts.items()
        for role in roles
    ]
    chosen: dict[str, ColumnGuess] = {}
    for confidence, why, column, role in sorted(scored, key=lambda entry: -entry[0]):
        taken = {guess.role for guess in chosen.values()}
        if confidence > 0 and column not in chosen and role not in taken:
            chosen[column] = ColumnGuess(column, role, round(confidence, 2), why)
    return tuple(chosen.get(column, ColumnGuess(column, None, 0.0, "")) for column in facts)


def _score(column: str, facts: _Facts, role: Col, roles: Sequence[Col]) -> tuple[float, str]:
    content = _CONTENT[role](facts, Col.USER_ID in roles)
    if is_named(column, role):
        exact = _EXACT if named_exactly(column, role) else 0.0
        agrees = content > 0 or facts.filled == 0
        why = "the name says it" + (", and so do the values" if content > 0 else "")
        return (_BY_NAME + exact + 0.15 * content if agrees else 0.35), why
    return _BY_CONTENT * content, "the values look like it"


def _facts(column: "pd.Series[str]") -> _Facts:
    texts = column.astype(str).str.strip()
    filled = texts[texts != ""]
    if filled.empty:
        return _Facts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    numbers = pd.to_numeric(filled, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    known = numbers[np.isfinite(numbers)]
    dates = pd.to_datetime(filled, errors="coerce", format="ISO8601", utc=True)
    names = {*SplitName, "valid", "val", "dev", "training"}
    return _Facts(
        filled=len(filled) / len(texts),
        distinct=filled.nunique() / len(filled),
        values=int(filled.nunique()),
        numeric=len(known) / len(filled),
        whole=float(np.mean(known == np.floor(known))) if len(known) else 0.0,
        date=float((dates.notna().to_numpy() & ~np.isfinite(numbers)).mean()),
        length=float(filled.str.len().mean()),
        picture=float(filled.str.contains(_PICTURE).mean()),
        sound=float(filled.str.contains(_SOUND).mean()),
        clip=float(filled.str.contains(_CLIP).mean()),
        split=float(filled.str.lower().isin(names).mean()),
        middle=float(np.median(known)) if len(known) else 0.0,
    )


def _is_time(facts: _Facts) -> bool:
    units = (1, 1_000, 1_000_000, 1_000_000_000)
    number = facts.numeric > 0.9 and any(
        _EARLIEST <= facts.middle / unit <= _LATEST for unit in units
    )
    return number or facts.date > 0.9


def _is_key(facts: _Facts) -> bool:
    short = 0 < facts.length <= 64 and facts.filled > 0.9
    return short and not facts.date > 0.5 and (facts.numeric < 0.5 or facts.whole == 1)


def _item_key(facts: _Facts, among_users: bool) -> float:
    if not _is_key(facts) or _is_time(facts):
        return 0.0
    # in a catalogue every item stands once; among interactions it comes back
    return 0.8 if among_users or facts.distinct == 1 else 0.0


def _is_prose(facts: _Facts) -> bool:
    return facts.numeric < 0.5 and not (facts.picture or facts.sound or facts.clip)


def _rating(facts: _Facts) -> bool:
    return facts.numeric > 0.9 and -10 <= facts.middle <= 100 and not _is_time(facts)


_CONTENT: Final[Mapping[Col, Callable[[_Facts, bool], float]]] = {
    Col.USER_ID: lambda f, _: 0.9 if _is_key(f) and not _is_time(f) else 0.0,
    Col.ITEM_ID: _item_key,
    Col.RATING: lambda f, _: (1.0 if f.values <= 12 else 0.5) if _rating(f) else 0.0,
    Col.TIMESTAMP: lambda f, _: 1.0 if _is_time(f) else 0.0,
    Col.REVIEW: lambda f, _: 1.0 if f.length > 20 and f.numeric < 0.5 else 0.0,
    Col.SPLIT: lambda f, _: 1.0 if f.split > 0.9 else 0.0,
    Col.TITLE: lambda f, _: 0.6 if 2 < f.length < 120 and _is_prose(f) else 0.0,
    Col.TEXT: lambda f, _: 1.0 if f.length > 40 and _is_prose(f) else 0.0,
    Col.CATEGORY: lambda f, _: 0.5 if f.distinct < 0.6 and f.numeric < 0.5 else 0.0,
    Col.PRICE: lambda f, _: (1.0 if f.whole < 1 else 0.3) if f.numeric > 0.9 else 0.0,
    Col.IMAGE: lambda f, _: 1.0 if f.picture > 0.5 else 0.0,
    Col.AUDIO: lambda f, _: 1.0 if f.sound > 0.5 else 0.0,
    Col.VIDEO: lambda f, _: 1.0 if f.clip > 0.5 else 0.0,
}
