"""Texts without the dirt of the web, whatever language they are in."""

import html
import re
import unicodedata
from collections.abc import Callable
from typing import Final

import pandas as pd

from backend.data.cleaning.config import CleaningConfig

_AT_ONCE: Final = 50_000
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>]*>|<![^<>]*>")
_HIDDEN: Final = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
"""Neither line breaks and tabs nor the joiners that some scripts and emoji need."""
_BLANKS: Final = re.compile(r"[^\S\n]+")
_BREAKS: Final = re.compile(r" ?\n\s*")


def text_cleaner(config: CleaningConfig) -> Callable[[str], str] | None:
    """The chosen changes in a fixed order; None where none was chosen."""
    chosen = [
        change
        for wanted, change in (
            (config.strip_tags, without_tags),
            (config.unescape_html, html.unescape),
            (config.drop_control, without_control),
            (config.compose_unicode, composed),
            (config.tidy_spaces, tidy),
        )
        if wanted
    ]
    if not chosen:
        return None

    def cleaned(text: str) -> str:
        for change in chosen:
            text = change(text)
        return text.strip()

    return cleaned


def cleaned_column(
    column: "pd.Series[str]", cleaner: Callable[[str], str]
) -> "tuple[pd.Series[str], int]":
    """(the cleaned texts, how many are different); a slice in memory at a time."""
    parts = [
        pd.Series(list(map(cleaner, column.iloc[start : start + _AT_ONCE])), dtype=str)
        for start in range(0, len(column), _AT_ONCE)
    ]
    if not parts:
        return column, 0
    after = pd.concat(parts, ignore_index=True)
    after.index = column.index
    return after, int((after != column).sum())


def without_tags(text: str) -> str:
    """HTML tags become blanks; comments, scripts and styles go with all they hold."""
    if "<" not in text:
        return text
    for start, end in _HIDDEN:
        text = _without_between(text, start, end)
    return _TAG.sub(" ", text)


def without_control(text: str) -> str:
    """Without control characters (line breaks and tabs stay) and marks of writing direction."""
    return _CONTROL.sub("", text)


def composed(text: str) -> str:
    """Unicode NFC: one code for a letter with its accent."""
    return unicodedata.normalize("NFC", text)


def tidy(text: str) -> str:
    """Runs of blanks are one blank, or one line break where they hold one."""
    return _BREAKS.sub("\n", _BLANKS.sub(" ", text)).strip()


def _without_between(text: str, start: str, end: str) -> str:
    """In one pass: a regular expression would look for the end again from every start."""
    lower = text.lower()
    if len(lower) != len(text):  # a few capitals become two characters
        lower = text
    kept, place = [], 0
    while (found := lower.find(start, place)) >= 0:
        kept.append(text[place:found])
        closed = lower.find(end, found)
        place = closed + len(end) if closed >= 0 else len(text)
    return " ".join([*kept, text[place:]])
