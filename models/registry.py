"""One registry for every kind of plug-in: a file, a config, a class and one decorator."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from models.config import Config, unknown_name

T = TypeVar("T")


@dataclass(frozen=True)
class Entry(Generic[T]):
    """A registered class, the settings it takes, and one sentence for a person who meets it."""

    name: str
    cls: type[T]
    config: type[Config]
    title: str
    summary: str


class Registry(Generic[T]):
    """Finds classes by name; fills itself by importing every module of `package` on first use."""

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self._package = package
        self._entries: dict[str, Entry[T]] = {}
        self._complete = False

    def register(
        self, name: str, *, config: type[Config], title: str, summary: str
    ) -> Callable[[type[T]], type[T]]:
        """Class decorator; a second registration of one name is a programming error."""

        def add(cls: type[T]) -> type[T]:
            if name in self._entries:
                raise ValueError(f"{self.kind} '{name}' is registered twice")
            self._entries[name] = Entry(name, cls, config, title, summary)
            return cls

        return add

    def __getitem__(self, name: str) -> Entry[T]:
        """The entry; a typo raises ConfigError and names the nearest."""
        self._discover()
        if name not in self._entries:
            raise unknown_name(self.kind, name, sorted(self._entries))
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._entries

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        self._discover()
        return tuple(sorted(self._entries))

    def entries(self) -> tuple[Entry[T], ...]:
        """All entries, sorted by name."""
        return tuple(self._entries[name] for name in self.names())

    def _discover(self) -> None:
        if self._complete:
            return
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__):
            if not module.name.startswith("_"):
                importlib.import_module(f"{self._package}.{module.name}")
        self._complete = True
