"""A figure on a page: stable while it updates, with a description and a way to take it along."""

import plotly.graph_objects as go
import streamlit as st

from backend.figures import theme
from backend.figures.table import as_csv

_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "svg", "filename": "fusionlens"},
}


def is_dark() -> bool:
    """Whether this person looks at a dark page."""
    return st.context.theme.type == "dark"


def show(figure: go.Figure, key: str, alt: str = "", *, data: bool = False) -> None:
    """Draw a figure; `key` keeps zoom and identity over reruns, `alt` is for screen readers.

    The picture's own toolbar saves an SVG; with `data` a link below it saves the numbers.
    """
    st.plotly_chart(figure, key=key, config=_CONFIG, alt=alt or theme.title_of(figure) or "Chart")
    if data and figure.data:
        st.download_button(
            "Numbers (CSV)",
            lambda: as_csv(figure),
            file_name=f"{key}.csv",
            mime="text/csv",
            key=f"{key}_csv",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
        )
