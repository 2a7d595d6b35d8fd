"""Figures of the Overview page."""

import plotly.graph_objects as go

from backend.evaluation.significance import Interval
from backend.figures import theme, wording
from backend.workflows.overview import BestRun


def lead(best: BestRun | None) -> go.Figure:
    """The leading run against the best run that sees clicks only, with their intervals.

    Where the leader itself sees clicks only it stands alone.
    """
    title = "Best run against clicks alone"
    if best is None:
        return theme.sentence(title, "No finished run yet.", height=150)
    rows: list[tuple[str, Interval, str]] = []
    alone = best.reference is None or best.reference_label in (None, best.label)
    if best.reference is not None and not alone:
        rows.append((str(best.reference_label), best.reference, theme.BASELINE))
    rows.append((best.label, best.score, theme.ACCENT if rows else theme.BASELINE))
    figure = theme.frame(
        "Best run" if alone else title, x="NDCG@20 on test users", height=110 + 40 * len(rows)
    )
    for place, (_, score, colour) in enumerate(rows):
        figure.add_scatter(
            x=[score.low, score.high],
            y=[place, place],
            mode="lines",
            line={"color": colour, "width": 3},
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=[score.value],
            y=[place],
            mode="markers",
            marker={"color": colour, "size": 12},
            hovertemplate=f"{wording.interval(score)}<extra></extra>",
        )
    theme.label_rows(
        figure,
        [
            theme.safe(f"{wording.shortened(label, 34)}: {wording.number(score.value)}")
            for label, score, _ in rows
        ],
    )
    figure.update_xaxes(
        nticks=4,
        tickangle=0,
        range=theme.padded([s.low for _, s, _ in rows] + [s.high for _, s, _ in rows]),
    )
    return figure
