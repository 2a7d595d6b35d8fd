"""Which columns of which files are a data set, where the names do not say it themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from backend.data.roles import INTERACTION_ROLES, ITEM_ROLES
from backend.errors import InvalidInput
from backend.schema import Col
from models.config import unknown_name

_FILES: Final = ("interactions", "items")
_ITEMS: Final = "items."


@dataclass(frozen=True)
class ColumnMapping:
    """Files and, per role, the column that has it.

    An empty file means that nobody said which it is (`interactions`) or that there is none
    (`items`). An empty column means that the role is not filled, whatever a column's name says.
    """

    interactions: str = ""
    items: str | None = None
    """None where nobody said which it is."""
    interaction_columns: Mapping[Col, str] = field(default_factory=dict)
    item_columns: Mapping[Col, str] = field(default_factory=dict)

    @classmethod
    def from_pairs(cls, pairs: Mapping[str, object]) -> Self:
        """`{"interactions": FILE, "items": FILE, "user_id": COLUMN, "items.item_id": COLUMN, ...}`.

        `item_id` without `items.` goes for both tables unless `items.item_id` is there too. Raises
        ConfigError for a role that does not exist.
        """
        values = {key.strip().lower(): str(value) for key, value in pairs.items()}
        known = (*_FILES, *INTERACTION_ROLES, *ITEM_ROLES, *(_ITEMS + role for role in ITEM_ROLES))
        for key in values:
            if key not in known:
                raise unknown_name("role of a column", key, [str(name) for name in known])
        of_items = {role: values[role] for role in ITEM_ROLES if role in values}
        of_items |= {r: values[_ITEMS + r] for r in ITEM_ROLES if _ITEMS + r in values}
        return cls(
            values.get("interactions", ""),
            values.get("items"),
            {role: values[role] for role in INTERACTION_ROLES if role in values},
            of_items,
        )

    def to_pairs(self) -> dict[str, str]:
        """Inverse of `from_pairs`; what a job carries and what `--map` takes."""
        files = {"interactions": self.interactions} if self.interactions else {}
        files |= {"items": self.items} if self.items is not None else {}
        events = {str(role): column for role, column in self.interaction_columns.items()}
        return (
            files | events | {_ITEMS + role: column for role, column in self.item_columns.items()}
        )

    def over(self, guessed: "ColumnMapping") -> "ColumnMapping":
        """What was said here, and for the rest what was guessed for the same files."""
        interactions = self.interactions or guessed.interactions
        items = guessed.items if self.items is None else self.items
        events = guessed.interaction_columns if interactions == guessed.interactions else {}
        of_items = guessed.item_columns if items == guessed.items else {}
        return ColumnMapping(
            interactions,
            items,
            _completed(self.interaction_columns, events),
            _completed(self.item_columns, of_items),
        )

    def require(self) -> None:
        """Raises InvalidInput where the file or a column that every data set needs is missing."""
        if not self.interactions:
            raise InvalidInput(
                "Say which file holds the interactions, for example interactions=orders.csv."
            )
        for role in (Col.USER_ID, Col.ITEM_ID):
            if not self.interaction_columns.get(role):
                raise InvalidInput(
                    f"Say which column of '{self.interactions}' is the {role}: {role}=COLUMN."
                )
        if self.items and not self.item_columns.get(Col.ITEM_ID):
            raise InvalidInput(
                f"Say which column of '{self.items}' is the item_id: items.item_id=COLUMN."
            )


def _completed(said: Mapping[Col, str], guessed: Mapping[Col, str]) -> dict[Col, str]:
    """A column that was given a role by hand has no second, guessed one."""
    taken = set(said.values())
    return {r: c for r, c in guessed.items() if r not in said and c not in taken} | dict(said)
