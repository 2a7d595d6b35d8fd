"""Figures of the Overview page."""

import plotly.graph_objects as go

from backend.evaluation.significance import Interval
from backend.figures import theme, wording
from backend.workflows.overview import BestRun


def lead(best: BestRun | None) -> go.Figure:
    """The leading run against the best run that sees clicks only, with their intervals."""
    title = "Best run against clicks alone"
    if best is None:
        return theme.sentence(title, "No finished run yet.", height=150)
    figure = theme.frame(title, x="NDCG@20 on test users", height=170)
    rows: list[tuple[str, Interval, str]] = []
    if best.reference is not None and best.reference_label:
        rows.append((best.reference_label, best.reference, theme.BASELINE))
    rows.append((best.label, best.score, theme.ACCENT if rows else theme.BASELINE))
    for label, score, colour in rows:
        figure.add_scatter(
            x=[score.value],
            y=[theme.safe(wording.shortened(label, 26))],
            mode="markers",
            marker={"color": colour, "size": 12},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [score.high - score.value],
                "arrayminus": [score.value - score.low],
                "color": colour,
                "thickness": 2,
            },
            hovertemplate=f"{wording.interval(score)}<extra></extra>",
        )
    figure.update_yaxes(range=[-0.6, len(rows) - 0.4])
    return figure
