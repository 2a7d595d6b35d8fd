"""A figure on a page: stable while it updates, with a description and a way to take it along."""

import plotly.graph_objects as go
import streamlit as st

_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg", "filename": "fusionlens"},
}


def is_dark() -> bool:
    """Whether this person looks at a dark page."""
    return st.context.theme.type == "dark"


def show(figure: go.Figure, key: str, alt: str = "") -> None:
    """Draw a figure; `key` keeps zoom and identity over reruns, `alt` is for screen readers."""
    title = figure.layout.title.text or ""
    st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt or title or "Chart")
