"""Which column is which, as questions to a person: the guess, how sure it is, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from backend.data.guessing import ColumnGuess, guess_roles
from backend.data.roles import INTERACTION_ROLES, ITEM_ROLES
from backend.schema import Col
from backend.workflows.importing import SourcePreview, TablePreview

Use = Literal["interactions", "items"]
Confidence = Literal["sure", "likely", "please check", ""]

_ROLES: Final[dict[Use, tuple[Col, ...]]] = {"interactions": INTERACTION_ROLES, "items": ITEM_ROLES}
_REQUIRED: Final[dict[Use, tuple[Col, ...]]] = {
    "interactions": (Col.USER_ID, Col.ITEM_ID),
    "items": (Col.ITEM_ID,),
}
_SURE: Final = 0.85
_LIKELY: Final = 0.7


@dataclass(frozen=True)
class ColumnQuestion:
    """Which column has a role. `key` is what a mapping calls the role ("user_id",
    "items.title"); `column` is the guess, "" where no column looks like it."""

    key: str
    role: Col
    required: bool
    column: str
    confidence: Confidence
    why: str


def questions(table: TablePreview, use: Use) -> tuple[ColumnQuestion, ...]:
    """One question per role, the required ones first."""
    guesses = {guess.role: guess for guess in _guesses(table, use) if guess.role is not None}
    asked = sorted(_ROLES[use], key=lambda role: role not in _REQUIRED[use])
    return tuple(_question(role, use, guesses.get(role)) for role in asked)


def likely_file(preview: SourcePreview, use: Use) -> str:
    """The table that seems to have that use; "" for none."""
    return next((table.file for table in preview.tables if table.use == use), "")


def taken_twice(columns: Sequence[str]) -> str:
    """The first column that was chosen for two roles of one table; "" for none."""
    chosen = [column for column in columns if column]
    return next((column for column in chosen if chosen.count(column) > 1), "")


def confidence(value: float) -> Confidence:
    """A guess's confidence, 0 to 1, in words."""
    if value >= _SURE:
        return "sure"
    if value >= _LIKELY:
        return "likely"
    return "please check" if value > 0 else ""


def _guesses(table: TablePreview, use: Use) -> tuple[ColumnGuess, ...]:
    """The preview's, or, where a person gives the table another use, new ones by its first rows."""
    if table.use == use:
        return table.guesses
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return guess_roles(pd.DataFrame(rows, columns=list(table.columns), dtype=str), _ROLES[use])


def _question(role: Col, use: Use, guess: ColumnGuess | None) -> ColumnQuestion:
    key = role if use == "interactions" else f"items.{role}"
    required = role in _REQUIRED[use]
    if guess is None:
        return ColumnQuestion(str(key), role, required, "", "", "")
    sure = confidence(guess.confidence)
    return ColumnQuestion(str(key), role, required, guess.column, sure, guess.why)
