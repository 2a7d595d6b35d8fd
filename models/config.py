"""Frozen, validated settings from which forms, command line and documentation are generated."""

import dataclasses
import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, get_type_hints

from models.errors import ConfigError

Value = str | int | float | bool


def setting(
    default: Value,
    *,
    help: str,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] = (),
    expert: bool = False,
    search: bool | tuple[float, float] | None = None,
) -> Any:
    """A config field with what a form needs: a sentence, an inclusive range or the choices.

    `search`: whether a search for settings tries others than the default, and in which range
    (None: it decides by the type and the default; see `backend.training.search`).
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "low": low,
            "high": high,
            "choices": tuple(choices),
            "expert": expert,
            "search": search,
        },
    )


@dataclass(frozen=True)
class Setting:
    """One field of a config class, as a form or `--set` sees it."""

    name: str
    type: type
    default: Value
    help: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    expert: bool
    search: bool | tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    """Base of every settings class: checks types, ranges and choices when constructed."""

    def __post_init__(self) -> None:
        for spec in self.settings():
            _check(type(self).__name__, spec, getattr(self, spec.name))

    @classmethod
    def settings(cls) -> tuple[Setting, ...]:
        """The fields in order of declaration."""
        hints = get_type_hints(cls)
        return tuple(
            Setting(
                name=field.name,
                type=hints[field.name],
                default=field.default,  # type: ignore[arg-type]
                help=field.metadata["help"],
                low=field.metadata["low"],
                high=field.metadata["high"],
                choices=field.metadata["choices"],
                expert=field.metadata["expert"],
                search=field.metadata["search"],
            )
            for field in dataclasses.fields(cls)
        )

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Self:
        """Build from loose values (strings are parsed); a typo raises and names the nearest key."""
        specs = {spec.name: spec for spec in cls.settings()}
        for key in values:
            if key not in specs:
                raise unknown_name("setting", key, specs)
        return cls(**{key: _coerce(specs[key], value) for key, value in values.items()})

    def to_mapping(self) -> dict[str, Value]:
        """The values as plain JSON types, in order of declaration."""
        return dataclasses.asdict(self)


def unknown_name(kind: str, name: str, known: Sequence[str] | Mapping[str, object]) -> ConfigError:
    """The error for a typo: names the nearest known name, else lists them all."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(names) or 'none'}."
    return ConfigError(f"There is no {kind} '{name}'. {hint}")


def _coerce(spec: Setting, value: object) -> Value:
    if isinstance(value, str) and spec.type is not str:
        text = value.strip()
        try:
            if spec.type is bool:
                return {
                    "true": True,
                    "1": True,
                    "yes": True,
                    "false": False,
                    "0": False,
                    "no": False,
                }[text.lower()]
            return int(text) if spec.type is int else float(text)
        except (KeyError, ValueError):
            raise ConfigError(
                f"'{spec.name}' needs a {spec.type.__name__}, not '{value}'."
            ) from None
    if spec.type is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value  # type: ignore[return-value]  # checked in __post_init__


def _check(owner: str, spec: Setting, value: object) -> None:
    right = isinstance(value, spec.type) and not (spec.type is not bool and isinstance(value, bool))
    if not right:
        raise ConfigError(f"'{spec.name}' of {owner} needs a {spec.type.__name__}, not {value!r}.")
    if spec.choices and value not in spec.choices:
        raise ConfigError(f"'{spec.name}' must be one of {', '.join(spec.choices)}, not '{value}'.")
    if isinstance(value, int | float) and not isinstance(value, bool):
        below = spec.low is not None and value < spec.low
        above = spec.high is not None and value > spec.high
        if not math.isfinite(value) or below or above:
            raise ConfigError(
                f"'{spec.name}' must lie between {spec.low} and {spec.high}, not {value}."
            )
