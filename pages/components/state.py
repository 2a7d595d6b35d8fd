"""State that lives in the URL, so that a link opens the same view and back and forward work.

The URL is the truth: a widget made here takes its value from the URL on every run and writes a
choice back to it. Nothing but a person's choice ever changes the URL.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Final, Literal

import streamlit as st

from pages.components import frame
from pages.components.markup import plain

CARRIED: Final = ("dataset", "run", "user", "item")
"""What a link to another page takes along."""

Control = Literal["select", "segments"]


def read(name: str, default: str = "") -> str:
    """A parameter of the URL."""
    return st.query_params.get(name, default)


def read_many(name: str) -> tuple[str, ...]:
    """A parameter that holds several values, comma-separated."""
    return tuple(part for part in read(name).split(",") if part)


def write(**values: str) -> None:
    """Set parameters of the URL; an empty value removes one."""
    for name, value in values.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def dataset_id() -> str:
    """The data set that the sidebar resolved for this run of the script; "" where none exists."""
    frame.require()
    return str(st.session_state["_dataset"])


def pick(
    label: str,
    name: str,
    options: Sequence[str],
    *,
    default: str = "",
    titles: Mapping[str, str] | None = None,
    control: Control = "select",
    help: str | None = None,
    hide_label: bool = False,
    forget: Sequence[str] = (),
    search: bool = True,
) -> str:
    """One of `options`, bound to the URL parameter `name`; a change drops the parameters `forget`.

    An unknown value in the URL falls back to `default`, else to the first option.
    """
    fallback = default if default in options else options[0]
    current = read(name)
    current = current if current in options else fallback
    key = _follow(name, current)
    shown = titles or {}
    arguments = {
        "key": key,
        "help": help,
        "label_visibility": "collapsed" if hide_label else "visible",
        "on_change": _store,
        "args": (name, fallback, tuple(forget)),
    }
    if control == "segments":
        chosen = st.segmented_control(
            label, options, required=True, format_func=_labelled(shown, plain), **arguments
        )
    else:
        chosen = st.selectbox(
            label,
            options,
            format_func=_labelled(shown, str),
            filter_mode="fuzzy" if search else None,
            **arguments,
        )
    return str(chosen or current)


def pick_many(
    label: str,
    name: str,
    options: Sequence[str],
    *,
    default: Sequence[str] = (),
    titles: Mapping[str, str] | None = None,
    chips: bool = False,
    help: str | None = None,
) -> tuple[str, ...]:
    """Several of `options` in their order, bound to the URL parameter `name` (comma-separated).

    Unknown values in the URL are ignored; without the parameter `default` is chosen.
    """
    fallback = [option for option in options if option in default]
    wanted = read_many(name)
    current = [option for option in options if option in wanted] if wanted else fallback
    key = _follow(name, current)
    shown = titles or {}
    arguments = {"key": key, "help": help, "on_change": _store_many, "args": (name,)}
    if chips:
        chosen = st.pills(
            label,
            options,
            selection_mode="multi",
            wrap=True,
            format_func=_labelled(shown, plain),
            **arguments,
        )
    else:
        chosen = st.multiselect(label, options, format_func=_labelled(shown, str), **arguments)
    return tuple(option for option in options if option in chosen)


def write_in(
    label: str, name: str, *, placeholder: str = "", forget: Sequence[str] = (), help: str = ""
) -> str:
    """A search box bound to the URL parameter `name`."""
    key = _follow(name, read(name))
    return (
        st.text_input(
            label,
            key=key,
            placeholder=placeholder,
            type="search",
            help=help or None,
            on_change=_store,
            args=(name, "", tuple(forget)),
        )
        or ""
    ).strip()


def slide(
    label: str,
    name: str,
    *,
    low: float = 0.0,
    high: float = 1.0,
    step: float = 0.05,
    default: float = 0.0,
    help: str = "",
    format: str | None = None,
) -> float:
    """A number between `low` and `high`, bound to the URL parameter `name`."""
    current = _number(read(name), low, high, default)
    key = _follow(name, current)
    found = st.slider(
        label,
        low,
        high,
        step=step,
        key=key,
        format=format,
        help=help or None,
        on_change=_store_number,
        args=(name, default),
    )
    return float(found)


def switch(label: str, name: str, *, help: str = "") -> bool:
    """On or off, bound to the URL parameter `name`, which is absent while off."""
    key = _follow(name, read(name) == "1")
    return st.toggle(label, key=key, help=help or None, on_change=_store_switch, args=(name,))


def page_number(name: str, pages: int) -> int:
    """Pages of a long list, bound to the URL; counted from 0. Nothing is drawn for one page."""
    wanted = read(name)
    current = min(max(int(wanted) if wanted.isdigit() else 1, 1), max(pages, 1))
    if pages > 1:
        key = _follow(name, current)
        st.pagination(pages, key=key, on_change=_store, args=(name, "1", ()))
    return current - 1


def current_page(name: str) -> int:
    """The page that the URL asks for, counted from 0, before the number of pages is known."""
    wanted = read(name)
    return max(int(wanted) - 1, 0) if wanted.isdigit() else 0


def carried(**changes: str) -> dict[str, str]:
    """The parameters that a link takes along, with changes; an empty change drops one."""
    values = {name: read(name) for name in CARRIED}
    values["dataset"] = dataset_id()
    values.update(changes)
    return {name: value for name, value in values.items() if value}


def link(page: str, label: str, *, icon: str = "", help: str = "", **changes: str) -> None:
    """A link to another page that keeps what is chosen; opens in a new tab as any link does."""
    st.page_link(
        frame.path(page), label=label, icon=icon or None, help=help, query_params=carried(**changes)
    )


def go(page: str, **changes: str) -> None:
    """Open another page at once, keeping what is chosen."""
    st.switch_page(frame.path(page), query_params=carried(**changes))


def _follow(name: str, current: object) -> str:
    """The widget's key, its value set to what the URL says.

    Set even where it seems to be that already: after a change of page the key still shows the
    value of the old page's widget, while the new page's widget would start from its first option.
    """
    key = f"url_{name}"
    st.session_state[key] = current
    return key


def _store(name: str, default: str, forget: Sequence[str]) -> None:
    value = st.session_state.get(f"url_{name}")
    for other in forget:
        st.query_params.pop(other, None)
    text = "" if value is None else str(value)
    write(**{name: "" if text == default and name != "dataset" else text})


def _store_switch(name: str) -> None:
    write(**{name: "1" if st.session_state[f"url_{name}"] else ""})


def _store_number(name: str, default: float) -> None:
    value = float(st.session_state[f"url_{name}"])
    write(**{name: "" if value == default else f"{value:g}"})


def _number(text: str, low: float, high: float, default: float) -> float:
    """What the URL says where that is a number, inside the range; else the default."""
    try:
        value = float(text)
    except ValueError:
        return default
    return min(max(value, low), high) if isfinite(value) else default


def _store_many(name: str) -> None:
    write(**{name: ",".join(st.session_state.get(f"url_{name}") or ())})


def _labelled(titles: Mapping[str, str], fallback: Callable[[str], str]) -> Callable[[str], str]:
    return lambda option: fallback(titles.get(option, option))
