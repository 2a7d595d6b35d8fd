"""Figures of click prediction: predicted chances against what happened."""

from collections.abc import Sequence

import plotly.graph_objects as go

from backend.figures import theme
from backend.workflows.clicks import Reliability

TITLE = "Do the predicted chances come true?"


def reliability(runs: Sequence[Reliability]) -> go.Figure:
    """Share clicked over predicted chance, with 95 % intervals; on the diagonal, chances are
    true."""
    if not runs:
        return theme.sentence(TITLE, "No run predicts clicks here yet.")
    figure = theme.frame(TITLE, x="Predicted chance of a click", y="Share clicked", height=380)
    top = min(1.0, 1.1 * max(max(*run.predicted, *run.high) for run in runs))
    figure.add_scatter(
        x=[0, top],
        y=[0, top],
        mode="lines",
        name="True chances",
        line={"color": theme.BASELINE, "dash": "dot", "width": 1.5},
        hoverinfo="skip",
    )
    for run, colour, dash in zip(runs, theme.RUN_COLOURS, theme.DASHES, strict=False):
        figure.add_scatter(
            x=run.predicted,
            y=run.clicked,
            mode="lines+markers",
            name=f"{run.label} (error {run.error:.3f})",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"size": 7},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [h - c for h, c in zip(run.high, run.clicked, strict=True)],
                "arrayminus": [c - low for low, c in zip(run.low, run.clicked, strict=True)],
                "thickness": 1,
                "width": 3,
            },
            customdata=run.count,
            hovertemplate="predicted %{x:.1%}, clicked %{y:.1%} of %{customdata:,}"
            "<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(range=[0, top], tickformat=".0%")
    figure.update_yaxes(range=[0, top], tickformat=".0%")
    return figure
