"""Figures of strategies that were trained again: the spread over seeds, the effect of the split."""

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from backend.evaluation.significance import Interval
from backend.figures import theme, wording
from backend.workflows.repetition import Repetition, SplitEffect

_MOST_RUNS = 30


def seeds(found: Sequence[Repetition], metric: str) -> go.Figure:
    """One row per strategy, the best above: every seed as a point, a line over their range, the
    mean as a bar across it."""
    name = wording.metric_title(metric)
    title = f"{name} under every seed"
    if not found:
        return theme.sentence(title, "No finished run has this metric.")
    rows = list(found[:_MOST_RUNS])[::-1]
    figure = theme.frame(title, x=f"{name} on test users", height=120 + 38 * len(rows))
    colours = [theme.ACCENT if row.reads_content else theme.BASELINE for row in rows]
    for place, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        span = Interval(row.mean, min(row.values), max(row.values))
        theme.span(figure, span, place, colour)
    figure.add_scatter(
        x=[value for row in rows for value in row.values],
        y=[place for place, row in enumerate(rows) for _ in row.values],
        mode="markers",
        marker={
            "size": 9,
            "color": [c for row, c in zip(rows, colours, strict=True) for _ in row.values],
        },
        customdata=[
            f"{theme.safe(row.label)}, seed {seed}: {wording.number(value)}"
            for row in rows
            for seed, value in zip(row.seeds, row.values, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    figure.add_scatter(
        x=[row.mean for row in rows],
        y=list(range(len(rows))),
        mode="markers",
        marker={"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": colours}},
        customdata=[_spread(row) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )
    theme.label_rows(figure, [_spread(row) for row in rows])
    values = [value for row in rows for value in row.values]
    figure.update_xaxes(range=theme.padded(values))
    return figure


def split_effect(found: SplitEffect, metric: str, dark: bool = False) -> go.Figure:
    """Strategy x way to hold out: the value and the rank in every cell, a stronger colour is
    better within a column."""
    name = wording.metric_title(metric)
    title = "Does another split change who leads?"
    if len(found.protocols) < 2:
        return theme.sentence(
            title, "Train the same models under a second split (Train page, How to test) to see it."
        )
    labels = theme.distinct([row.label for row in found.rows])
    figure = theme.frame(
        title, x=f"How the test part was held out; {name}, rank in brackets",
        height=190 + 34 * len(labels),
    )  # fmt: skip
    worst = [
        max((row.ranks[place] or 0) for row in found.rows) for place in range(len(found.protocols))
    ]
    figure.add_trace(
        theme.cells(
            [
                [_height(rank, last) for rank, last in zip(row.ranks, worst, strict=True)]
                for row in found.rows
            ],
            ["<br>".join(theme.safe(text).split(", ", 1)) for text in found.protocols],
            labels,
            [
                [_cell(v, r) for v, r in zip(row.values, row.ranks, strict=True)]
                for row in found.rows
            ],
            hover="%{y}<br>%{x}: %{text}<extra></extra>",
            dark=dark,
            zmin=0,
            zmax=1,
            textfont_size=12,
        )
    )
    return theme.label_cells(figure, labels)


def _spread(row: Repetition) -> str:
    if len(row.values) < 2:
        return f"{theme.safe(row.label)}: {wording.number(row.mean)}, one seed"
    spread = wording.number(row.spread, 2)
    return (
        f"{theme.safe(row.label)}: {wording.number(row.mean)} ± {spread} "
        f"over {len(row.values)} seeds"
    )


def _height(rank: int | None, last: int) -> float:
    if rank is None:
        return math.nan
    return 1.0 if last < 2 else 1 - (rank - 1) / (last - 1)


def _cell(value: float | None, rank: int | None) -> str:
    return "" if value is None or rank is None else f"{wording.number(value)} ({rank})"
