"""What every metric means: formula, source and what it says of an empty case, one click away."""

import streamlit as st

from backend.figures import wording
from backend.workflows import comparison
from backend.workflows.comparison import MetricHelp
from pages.components.markup import plain


def popover(metric: str = "") -> None:
    """A button that opens the metric in view first, then all others."""
    known = comparison.metric_help()
    first = metric.partition("@")[0]
    ordered = [*([known[first]] if first in known else []), *known.values()]
    with st.popover("How every number is measured", icon=":material/function:"):
        if "@" in metric:
            st.caption(f"k is how many items of a list count: {plain(metric.partition('@')[2])}.")
        for found in dict.fromkeys(ordered):
            _explain(found)


def _explain(found: MetricHelp) -> None:
    better = "Higher" if found.higher_is_better else "Lower"
    st.markdown(
        f"**{plain(wording.metric_title(found.name))}**. {plain(found.sentence)} "
        f"{better} is better.\n"
        f"- Formula: {plain(found.formula)}\n"
        f"- Source: {plain(found.source)}\n"
        f"- Empty case: {plain(found.empty_case)}"
    )
