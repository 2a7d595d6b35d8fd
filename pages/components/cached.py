"""Results that never change, kept in memory by what they were asked for."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from backend.workflows.workspace import Workspace, open_workspace

P = ParamSpec("P")
R = TypeVar("R")


def remember(ask: Callable[Concatenate[Workspace, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`ask(workspace, ...)`, computed once per process; only for what cannot change any more.

    Data sets and finished runs are immutable, so their identifiers are fingerprint enough.
    """
    workspace = open_workspace()
    name = f"{ask.__module__}.{ask.__qualname__}"
    key = (str(workspace.settings.home), name, args, tuple(sorted(kwargs.items())))
    result: R = _remembered(key, ask, workspace, args, kwargs)
    return result


@st.cache_resource(max_entries=256, show_spinner=False)
def _remembered(key: Any, _ask: Any, _workspace: Any, _args: Any, _kwargs: Any) -> Any:
    return _ask(_workspace, *_args, **_kwargs)
