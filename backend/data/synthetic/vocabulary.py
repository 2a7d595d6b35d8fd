"""What items of a generated world are made of: properties, categories and their combinations."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.modality import Modality


@dataclass(frozen=True)
class Property:
    """One property of every item; its code in `Catalogue.codes` is the position in `values`."""

    name: str
    modality: Modality
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Category:
    """What an item is; `only`: the one value that the attribute has for it ("": any)."""

    name: str
    only: str = ""


@dataclass(frozen=True)
class Attribute:
    """A public column of the catalogue on which no taste depends."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Combination:
    """A taste that only two modalities together tell: `one` with `other`, or neither of them.

    `one` and `other` name properties of different modalities. An item scores +1 if it has a value
    of both sets or of neither, and -1 if of only one, so that either side alone says nothing.
    """

    name: str
    one: str
    these: frozenset[str]
    other: str
    those: frozenset[str]


@dataclass(frozen=True)
class Vocabulary:
    """All that items of a scenario can be. Properties are listed modality by modality."""

    modalities: tuple[Modality, ...]
    properties: tuple[Property, ...]
    categories: Sequence[Category]
    attribute: Attribute
    combinations: tuple[Combination, ...] = ()

    def __post_init__(self) -> None:
        listed = [self.modalities.index(prop.modality) for prop in self.properties]
        if listed != sorted(listed):
            raise ValueError("properties must be listed in the order of their modalities")

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """First column of each property where values stand side by side, as in `Tastes.values`."""
        return np.cumsum([0] + [len(prop.values) for prop in self.properties[:-1]])

    def columns_of(self, modality: Modality) -> tuple[int, ...]:
        """The properties of a modality as columns of `codes`."""
        return tuple(c for c, prop in enumerate(self.properties) if prop.modality == modality)

    def block_of(self, modality: Modality) -> slice:
        """The columns of `Tastes.values` that belong to a modality."""
        columns = self.columns_of(modality)
        size = sum(len(self.properties[c].values) for c in columns)
        first = int(self.starts[columns[0]]) if columns else 0
        return slice(first, first + size)

    def column(self, name: str) -> int:
        """The column of `codes` that holds this property."""
        return [prop.name for prop in self.properties].index(name)

    def told(self, codes: NDArray[np.int8]) -> dict[str, str]:
        """Property name -> value of an item with these codes i8[P]."""
        pairs = zip(self.properties, codes, strict=True)
        return {prop.name: prop.values[int(code)] for prop, code in pairs}
