"""Figures of Data health: coverage, concentration, thin people and items, nearest items."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from backend.figures import theme, wording
from backend.workflows.health import HealthReport

_MOST_POINTS = 400


def coverage(report: HealthReport) -> go.Figure:
    """Small multiples: per modality, the share of items that have it, by how often they are
    chosen."""
    title = "Which items have what"
    if not report.coverage:
        return theme.sentence(title, "The items have neither pictures nor text.")
    names = [str(modality) for modality in report.coverage]
    figure = _rows(title, [theme.player_title(name) for name in names], height=96)
    for place, found in enumerate(report.coverage.values(), start=1):
        bands = found if min(found.values()) < 1 else {"All": 1.0}
        figure.add_bar(
            x=[100 * share for share in bands.values()][::-1],
            y=list(bands)[::-1],
            orientation="h",
            marker_color=theme.player_colour(names[place - 1]),
            text=[wording.percent(share) for share in bands.values()][::-1],
            textposition="inside",
            insidetextanchor="start",
            name=theme.player_title(names[place - 1]),
            hovertemplate="%{y} of the items by choices: %{x:.3g} %<extra></extra>",
            row=place,
            col=1,
        )
    figure.update_xaxes(range=[0, 100])
    figure.update_xaxes(title={"text": "Items (%)"}, row=len(names), col=1)
    return figure


def concentration(report: HealthReport) -> go.Figure:
    """Lorenz curve: what share of the interactions the most chosen items take."""
    counts = np.sort(report.activity.item_counts)[::-1]
    if not len(counts) or not counts.sum():
        return theme.sentence("How interactions fall on items", "No interactions yet.")
    title = f"A tenth of the items takes {wording.percent(report.activity.top_tenth_share)}"
    figure = theme.frame(
        title, x="Items, most chosen first (%)", y="Interactions they take (%)", height=320
    )
    keep = np.unique(np.linspace(0, len(counts), min(len(counts), _MOST_POINTS) + 1).astype(int))
    items = 100 * keep / len(counts)
    taken = 100 * np.concatenate([[0], np.cumsum(counts)])[keep] / counts.sum()
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": theme.BASELINE, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
        name="All equal",
    )
    figure.add_scatter(
        x=items,
        y=taken,
        mode="lines",
        line={"color": theme.ACCENT, "width": 2},
        hovertemplate="The top %{x:.3g} % of the items take %{y:.3g} %<extra></extra>",
        name="Interactions",
    )
    figure.add_annotation(
        x=98, y=14, text=f"dashed: all items equal<br>Gini {report.activity.gini:.2f}",
        showarrow=False, font={"size": 12}, opacity=0.8, align="right", xanchor="right",
    )  # fmt: skip
    figure.update_xaxes(range=[0, 100])
    figure.update_yaxes(range=[0, 102])
    return figure


def thin(report: HealthReport) -> go.Figure:
    """Share of people and of items with fewer than k interactions."""
    title = "Who and what has few interactions"
    below = report.activity.below
    if not len(report.activity.user_counts):
        return theme.sentence(title, "No interactions yet.")
    figure = theme.frame(title, x="Share (%)", height=320)
    labels = [f"fewer than {k}" for k in below][::-1]
    for name, place, colour in (
        ("Items", 1, theme.BASELINE),
        ("People", 0, theme.ACCENT),
    ):
        shares = [pair[place] for pair in below.values()][::-1]
        figure.add_bar(
            x=[100 * share for share in shares],
            y=labels,
            orientation="h",
            name=name,
            marker_color=colour,
            text=[f"{name} {wording.percent(share)}" for share in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"{name} with %{{y}}: %{{x:.3g}} %<extra></extra>",
        )
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_xaxes(range=[0, 115], tickvals=[0, 25, 50, 75, 100])
    return figure


def nearest(report: HealthReport) -> go.Figure:
    """Small multiples: how alike each item's nearest other item is, in every modality."""
    title = "How alike the nearest other item is"
    known: Mapping[str, object] = report.nearest
    if not known:
        return theme.sentence(title, "Encode the items to see it.")
    names = list(report.nearest)
    figure = _rows(title, [theme.player_title(name) for name in names], height=120)
    for place, (name, found) in enumerate(report.nearest.items(), start=1):
        middles = [(low + high) / 2 for low, high in pairwise(found.edges)]
        alike = [low >= found.threshold - 0.01 for low in found.edges[:-1]]
        colour = theme.player_colour(name)
        figure.add_bar(
            x=middles,
            y=list(found.counts),
            width=found.edges[1] - found.edges[0],
            marker_color=[colour if one else theme.faded(colour, 0.45) for one in alike],
            name=theme.player_title(name),
            hovertemplate="cosine about %{x:.2f}: %{y:,} items<extra></extra>",
            row=place,
            col=1,
        )
        figure.add_vline(
            x=found.threshold, line={"color": theme.BASELINE, "width": 1.5, "dash": "dash"},
            row=place, col=1,
        )  # fmt: skip
    figure.update_layout(bargap=0.05)
    figure.update_xaxes(range=[min(f.edges[0] for f in report.nearest.values()), 1.01])
    figure.update_xaxes(
        title={"text": "Cosine to the nearest (dashed: as good as equal)"}, row=len(names), col=1
    )
    return figure


def _rows(title: str, labels: list[str], height: int) -> go.Figure:
    """One panel below the other on a common x axis, each named above its left corner."""
    figure = make_subplots(
        rows=len(labels),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=min(0.3, 0.16 / max(1, len(labels) - 1)),
        subplot_titles=labels,
    )
    figure.update_layout(theme.frame(title, height=100 + height * len(labels)).layout)
    figure.update_annotations(x=0, xanchor="left", font={"size": 12})
    figure.update_xaxes(gridcolor=theme.GRID, zeroline=False, automargin=True, title_standoff=8)
    figure.update_yaxes(gridcolor=theme.GRID, zeroline=False, automargin=True)
    return figure
