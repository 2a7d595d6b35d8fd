"""Widgets out of the settings a config class declares; what differs from a default is marked."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import streamlit as st


class Spec(Protocol):
    """What a form needs to know of a setting (`models.config.Setting`)."""

    name: str
    type: type
    default: str | int | float | bool
    help: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    expert: bool


Value = str | int | float | bool


def fields(specs: Sequence[Spec], owner: str) -> dict[str, Value]:
    """A widget for each setting; returns only the values that differ from their defaults.

    `owner` keeps the widgets of several forms apart.
    """
    changed: dict[str, Value] = {}
    cells = st.grid(2, min_column_width=180, gap="small")
    for spec in sorted(specs, key=lambda s: s.expert):
        with cells.cell():
            value = field(spec, f"set_{owner}_{spec.name}")
        if not _same(value, spec.default):
            changed[spec.name] = value
    return changed


def field(spec: Spec, key: str) -> Value:
    """One widget. Its label says when the value is not the default."""
    label = title(spec.name)
    if key in st.session_state and not _same(st.session_state[key], spec.default):
        label += " :violet-badge[changed]"
    help = f"{spec.help} Default: {written(spec.default)}."
    if spec.type is bool:
        return st.toggle(label, value=bool(spec.default), key=key, help=help)
    if spec.choices:
        place = spec.choices.index(str(spec.default))
        return st.selectbox(label, spec.choices, index=place, key=key, help=help)
    if spec.type is int:
        return st.number_input(
            label,
            min_value=None if spec.low is None else math.ceil(spec.low),
            max_value=None if spec.high is None else math.floor(spec.high),
            value=int(spec.default),
            step=1,
            key=key,
            help=help,
        )
    if spec.type is float:
        return st.number_input(
            label,
            min_value=None if spec.low is None else float(spec.low),
            max_value=None if spec.high is None else float(spec.high),
            value=float(spec.default),
            step=_step(float(spec.default)),
            format="%g",
            key=key,
            help=help,
        )
    return st.text_input(label, value=str(spec.default), key=key, help=help)


def merged(owners: Mapping[str, Sequence[Spec]]) -> dict[str, tuple[Spec, ...]]:
    """Settings of several owners, each name once, under the title of its first owner."""
    seen: set[str] = set()
    result: dict[str, tuple[Spec, ...]] = {}
    for owner, specs in owners.items():
        fresh = tuple(spec for spec in specs if spec.name not in seen)
        seen.update(spec.name for spec in fresh)
        if fresh:
            result[owner] = fresh
    return result


def title(name: str) -> str:
    """ "learning_rate" -> "Learning rate"."""
    return name.replace("_", " ").capitalize()


def written(value: Value) -> str:
    """A default in words: yes or no, plain numbers, "empty"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value) or "empty"


def _step(default: float) -> float:
    return 10.0 ** math.floor(math.log10(abs(default))) if default else 0.01


def _same(a: object, b: object) -> bool:
    if isinstance(a, float) or isinstance(b, float):
        return math.isclose(float(a), float(b), rel_tol=1e-9)  # type: ignore[arg-type]
    return a == b
