"""Learned personal weights of the sources, where a model has them; nothing where it has none."""

import streamlit as st

from backend.figures import preferences as figures
from backend.figures import theme, wording
from backend.workflows import preferences
from pages.components import charts
from pages.components.cached import remember

_BESIDE = (
    "A learned weight says what the model listens to. What it changes in a list is measured "
    "by the contributions."
)


def person(run_id: str, user_id: str) -> None:
    """One person's weights beside the mean of all."""
    found = remember(preferences.preference, run_id, user_id)
    if found is None:
        return
    charts.show(figures.personal(found), key="preference", data=True)
    choices = "1 choice" if found.history == 1 else f"{found.history:,} choices"
    st.caption(f"Learned from {choices}; with few, weights stay near the mean. {_BESIDE}")


def brief(run_id: str, user_id: str) -> None:
    """The same in one line."""
    found = remember(preferences.preference, run_id, user_id)
    if found is None:
        return
    weights = sorted(found.weights.items(), key=lambda pair: -pair[1])
    parts = [f"{theme.player_title(name).lower()} {wording.percent(w)}" for name, w in weights]
    st.caption(f"Weighs {', '.join(parts)}", help=_BESIDE)


def run(run_id: str) -> None:
    """How people differ in them."""
    found = remember(preferences.preferences, run_id)
    if found is None:
        return
    charts.show(figures.everybody(found), key="preferences", data=True)
    st.caption(_BESIDE)
