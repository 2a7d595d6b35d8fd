"""Figures of the gate: how many explanations pass, and how clearly."""

from collections.abc import Mapping
from typing import Final

import plotly.graph_objects as go

from backend.figures import theme, wording
from backend.workflows.trust import GateReport

_TITLES: Final[Mapping[str, str]] = {
    "sum": "Adds up",
    "learned": "The model has learned",
    "curves": "Deletion and insertion",
    "baselines": "Other baselines",
    "methods": "Other methods",
    "seeds": "Other seeds",
}
_SCALES: Final[Mapping[str, str]] = {
    "curves": "faster than in random order, of the range",
    "baselines": "other items against which the same source leads",
    "methods": "methods that name the same source",
    "seeds": "other seeds that name the same source",
}


def check_title(name: str) -> str:
    """ "baselines" -> "Other baselines"."""
    return _TITLES.get(name, name)


def outcome(report: GateReport) -> go.Figure:
    """How many explanations are shown, and which check withholds the others."""
    title = "Shown and withheld explanations"
    if not report.judged:
        return theme.sentence(title, "There was no list to judge.")
    bars = {"Shown": report.shown}
    bars |= {f"Withheld: {check_title(n).lower()}": c for n, c in report.failures.items()}
    labels = [f"{name}  {wording.percent(n / report.judged)}" for name, n in bars.items()]
    figure = theme.frame(title, x="Share of the explanations (%)", height=120 + 44 * len(bars))
    figure.add_bar(
        y=labels,
        x=[100 * count / report.judged for count in bars.values()],
        orientation="h",
        marker_color=[theme.ACCENT, *[theme.BASELINE] * len(report.failures)],
        hovertemplate="%{y}<extra></extra>",
    )
    figure.update_xaxes(range=[0, 100])
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def measured(report: GateReport) -> go.Figure:
    """The distribution of every measure over the explanations."""
    title = "How clearly they pass"
    known = {name: values for name, values in report.values.items() if len(values)}
    if not known:
        return theme.sentence(title, "Nothing was measured.")
    figure = theme.frame(title, x="Measured (%)", height=120 + 70 * len(known))
    for name, values in reversed(known.items()):
        figure.add_violin(
            x=100 * values,
            name=check_title(name),
            orientation="h",
            line_color=theme.ACCENT,
            fillcolor=theme.faded(theme.ACCENT),
            box_visible=True,
            points=False,
            spanmode="hard",
            hovertext=f"{check_title(name)}: {_SCALES[name]}",
            hoverinfo="x+text",
        )
    figure.update_xaxes(range=[-2, 102])
    return figure
