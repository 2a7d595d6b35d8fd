"""Figures of the Overview page."""

import plotly.graph_objects as go

from backend.evaluation.significance import Interval
from backend.figures import theme, wording
from backend.workflows.overview import BestRun


def lead(best: BestRun | None) -> go.Figure:
    """The best run that reads content against the best that sees clicks only, with intervals.

    Without one of the two the leader stands alone.
    """
    title = "Content against clicks alone"
    if best is None:
        return theme.sentence(title, "No finished run yet.", height=150)
    clicks, content = best.reference, best.content
    alone = clicks is None or content is None
    rows: list[tuple[str, Interval, str]] = [(best.label, best.score, theme.BASELINE)]
    if clicks is not None and content is not None:
        rows = [
            (best.reference_label or "", clicks, theme.BASELINE),
            (best.content_label or "", content, theme.ACCENT),
        ]
    figure = theme.frame(
        "Best run" if alone else title, x="NDCG@20 on test users", height=110 + 40 * len(rows)
    )
    for place, (_, score, colour) in enumerate(rows):
        theme.span(figure, score, place, colour)
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
