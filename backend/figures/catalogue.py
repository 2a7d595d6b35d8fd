"""Figures of the Catalogue page: what the data look like."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from backend.figures import theme, wording
from backend.workflows.catalogue import Profile

_MOST_POINTS = 600


def long_tail(profile: Profile) -> go.Figure:
    """Interactions per item, most popular first; the head's share is shaded."""
    title = f"Long tail: a tenth takes {wording.percent(profile.top_tenth_share)}"
    counts = profile.item_counts
    if len(counts) == 0 or counts[0] == 0:
        return theme.sentence("Long tail", "No interactions yet.")
    figure = theme.frame(title, x="Items, most popular first (% of all)", y="Interactions per item")
    share = 100 * np.arange(1, len(counts) + 1) / len(counts)
    keep = _spread(len(counts))
    figure.add_scatter(
        x=share[keep],
        y=counts[keep],
        mode="lines",
        line={"color": theme.ACCENT, "width": 2},
        fill="tozeroy",
        hovertemplate="Top %{x:.1f} % of items: at least %{y:,} interactions<extra></extra>",
    )
    figure.add_vrect(x0=0, x1=10, fillcolor=theme.BASELINE, opacity=0.15, line_width=0)
    return figure


def activity(profile: Profile) -> go.Figure:
    """How many people have how many interactions."""
    title = "How active people are"
    counts = profile.user_counts
    if len(counts) == 0:
        return theme.sentence(title, "No people yet.")
    values, people = np.unique(counts, return_counts=True)
    figure = theme.frame(title, x="Interactions per person", y="People")
    if len(values) > 60:
        edges = np.unique(np.geomspace(1, values[-1] + 1, 24).astype(int))
        people, _ = np.histogram(counts, edges)
        names = [f"{a}" if b == a + 1 else f"{a} to {b - 1}" for a, b in _pairs(edges)]
        figure.add_bar(x=names, y=people, marker_color=theme.ACCENT)
        figure.update_xaxes(type="category")
    else:
        figure.add_bar(x=values, y=people, marker_color=theme.ACCENT)
    figure.update_traces(hovertemplate="%{x} interactions: %{y:,} people<extra></extra>")
    return figure


def coverage(profile: Profile) -> go.Figure:
    """Share of items that have each modality, in the modality's colour."""
    title = "How many items have each modality"
    if not profile.coverage:
        return theme.sentence(title, "The items have neither pictures nor text.")
    names = sorted(profile.coverage, key=lambda name: profile.coverage[name])
    figure = theme.frame(title, x="Items (%)", height=110 + 44 * len(names))
    figure.add_bar(
        x=[100 * profile.coverage[name] for name in names],
        y=[theme.player_title(name) for name in names],
        orientation="h",
        marker_color=[theme.player_colour(name) for name in names],
        text=[
            f"{wording.percent(profile.coverage[name])} ({profile.missing.get(name, 0):,} missing)"
            for name in names
        ],
        textposition="inside",
        insidetextanchor="start",
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure.update_xaxes(range=[0, 100])
    return figure


def categories(profile: Profile) -> go.Figure:
    """Items per category, most frequent on top."""
    return _bars(
        "Items per category",
        {wording.shortened(name, 28): count for name, count in profile.categories.items()},
        "Items",
        "The items carry no category.",
    )


def splits(profile: Profile) -> go.Figure:
    """Interactions in each part of the split that came with the data."""
    return _bars(
        "Split given with the data",
        {name.capitalize(): count for name, count in profile.splits.items()},
        "Interactions",
        "The data came without a split; one is drawn for every run.",
    )


def ratings(profile: Profile) -> go.Figure:
    """How often each rating was given."""
    title = "Ratings"
    if not profile.ratings:
        return theme.sentence(title, "All interactions count the same: these are clicks.")
    figure = theme.frame(title, x="Rating", y="Interactions")
    figure.add_bar(
        x=[f"{value:g}" for value in profile.ratings],
        y=list(profile.ratings.values()),
        marker_color=theme.ACCENT,
        hovertemplate="Rating %{x}: %{y:,} interactions<extra></extra>",
    )
    figure.update_xaxes(type="category")
    return figure


def timeline(profile: Profile) -> go.Figure:
    """Interactions over time."""
    title = "When it happened"
    if not profile.timeline:
        return theme.sentence(title, "The interactions carry no time.")
    figure = theme.frame(title, x="Time", y="Interactions")
    figure.add_scatter(
        x=list(profile.timeline),
        y=list(profile.timeline.values()),
        mode="lines",
        line={"color": theme.ACCENT, "width": 2, "shape": "hv"},
        hovertemplate="%{x}: %{y:,}<extra></extra>",
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


def _bars(title: str, counts: Mapping[str, int], unit: str, nothing: str) -> go.Figure:
    if not counts:
        return theme.sentence(title, nothing)
    names = list(counts)[::-1]
    figure = theme.frame(title, x=unit, height=110 + 24 * len(names))
    figure.add_bar(
        x=[counts[name] for name in names],
        y=[theme.safe(name) for name in names],
        orientation="h",
        marker_color=theme.ACCENT,
        text=[f"{counts[name]:,}" for name in names],
        textposition="auto",
        hovertemplate="%{y}: %{x:,}<extra></extra>",
    )
    return figure


def _spread(n: int) -> NDArray[np.int64]:
    """At most _MOST_POINTS places, dense at the head where the curve bends."""
    if n <= _MOST_POINTS:
        return np.arange(n)
    return np.unique(np.geomspace(1, n, _MOST_POINTS).astype(np.int64) - 1)


def _pairs(edges: NDArray[np.int64]) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in pairwise(edges)]
