"""Figures of the Train page: runs while they learn."""

import math

import plotly.graph_objects as go

from backend.figures import theme, wording
from backend.workflows.judging import monitored
from backend.workflows.training import RunProgress


def learning(progress: RunProgress) -> go.Figure:
    """One run's validation curve, with the loss behind it on its own scale; no title, for a row."""
    if not progress.epochs:
        return theme.sentence("", "The curve begins after the first epoch.", height=170)
    metric = monitored(progress.run.objective)
    figure = theme.frame("", x="Epoch", y=wording.metric_title(metric), height=190)
    figure.update_layout(margin={"t": 10}, uirevision=progress.run.id)
    epochs = [epoch.epoch for epoch in progress.epochs]
    figure.add_scatter(
        x=epochs,
        y=[_finite(epoch.loss) for epoch in progress.epochs],
        yaxis="y2",
        name="Loss",
        mode="lines",
        line={"color": theme.BASELINE, "width": 1.5, "dash": "dot"},
        hovertemplate="Epoch %{x}: loss %{y:.3g}<extra></extra>",
    )
    scored = [e for e in progress.epochs if _finite(e.metrics.get(metric)) is not None]
    figure.add_scatter(
        x=[epoch.epoch for epoch in scored],
        y=[epoch.metrics[metric] for epoch in scored],
        name="Validation",
        mode="lines+markers",
        line={"color": theme.ACCENT, "width": 2},
        marker={"size": 5},
        hovertemplate="Epoch %{x}: %{y:.3g}<extra></extra>",
    )
    figure.update_layout(
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "showgrid": False,
            "title": {"text": "Loss (dotted)"},
            "automargin": True,
            "zeroline": False,
        }
    )
    return figure


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
