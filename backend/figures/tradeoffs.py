"""Accuracy against what else matters: Pareto front, all metrics at once, a radar, segments."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from backend.figures import theme, wording
from backend.workflows.comparison import Leaderboard, LeaderRow
from backend.workflows.segments import ItemSegments
from backend.workflows.synergy import Synergy

RADAR: Final = ("ndcg", "recall", "coverage", "diversity", "novelty", "serendipity")
RELATIONS: Final = {
    "complementary": "complete each other",
    "redundant": "say the same",
    "conflict": "disagree",
    "independent": "add up",
}
_LONGEST: Final = 36
_NARROW: Final = 26
_MOST_COLUMNS: Final = 4
_ROW: Final = 28
_GAP: Final = 84
"""Pixels; names of metrics stand in the gap, upright on a narrow screen."""
_BOTH_WAYS: Final = (
    (0.0, "rgba(180, 83, 9, 0.6)"),
    (0.5, "rgba(128, 128, 128, 0.05)"),
    (1.0, "rgba(124, 107, 214, 0.65)"),
)

Table = Sequence[tuple[str, Mapping[str, float]]]
"""(label, metric -> value) per run or strategy."""


def pareto(board: Leaderboard, other: str, other_higher: bool, dark: bool = False) -> go.Figure:
    """Every run by two metrics; joined are those that no other run beats in both."""
    name, second = wording.metric_title(board.metric), wording.metric_title(other)
    rows = [r for r in board.rows if board.metric in r.metrics and other in r.metrics]
    title = f"{name} against {second.lower() if second.istitle() else second}"
    if len(rows) < 2 or other == board.metric:
        return theme.sentence(title, "Two runs with both metrics are needed.")
    front = _front(rows, board, other, other_higher)
    better = "more" if other_higher else "less"
    places = [row.metrics[other] for row in rows]
    middle = (min(places) + max(places)) / 2
    figure = theme.frame(
        title, x=f"{second} ({better} is better)", y=f"{name} on test users", height=460
    )
    figure.add_scatter(
        x=[row.metrics[other] for row in front],
        y=[row.metrics[board.metric] for row in front],
        mode="lines",
        line={"color": theme.ink(dark), "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[row.metrics[other] for row in rows],
        y=[row.metrics[board.metric] for row in rows],
        mode="markers+text",
        text=_named(rows, front, board.metric, other),
        textposition=["top left" if row.metrics[other] > middle else "top right" for row in rows],
        textfont={"size": 11},
        cliponaxis=False,
        marker={
            "size": 11,
            "color": [theme.ACCENT if row.reads_content else theme.BASELINE for row in rows],
            "symbol": ["circle" if row.reads_content else "diamond" for row in rows],
        },
        customdata=[theme.safe(row.label) for row in rows],
        hovertemplate=f"%{{customdata}}<br>{name} %{{y:.3g}}, {second} %{{x:.3g}}<extra></extra>",
    )
    return figure


def all_metrics(
    table: Table, metrics: Sequence[str], higher: Mapping[str, bool], dark: bool = False
) -> go.Figure:
    """Strategy x metric, few metrics side by side so that a narrow screen can show them: the value
    in the cell, the colour from worst to best of its column."""
    title = "Every metric (a stronger colour is better within a column)"
    shown = [m for m in metrics if sum(m in values for _, values in table) > 1]
    if not shown:
        return theme.sentence(title, "Two runs are needed to compare metrics.")
    labels = theme.distinct([label for label, _ in table], _NARROW)
    parts = [shown[at : at + _MOST_COLUMNS] for at in range(0, len(shown), _MOST_COLUMNS)]
    inside = len(parts) * _ROW * len(table) + (len(parts) - 1) * _GAP
    figure = make_subplots(len(parts), 1, vertical_spacing=_GAP / inside)
    figure.update_layout(theme.frame(title, height=inside + _GAP + 90).layout)
    figure.update_layout(xaxis_title="", yaxis_title="")
    for place, part in enumerate(parts, start=1):
        figure.add_trace(_heat(table, part, labels, higher, dark), place, 1)
    figure.update_xaxes(side="bottom", automargin=True)
    figure.update_xaxes(title_text="Metric on test users", row=len(parts), col=1)
    figure.update_yaxes(automargin=True)
    return theme.label_cells(figure, labels)


def _heat(
    table: Table, metrics: Sequence[str], labels: list[str], higher: Mapping[str, bool], dark: bool
) -> go.Heatmap:
    columns = {m: _scaled([values.get(m) for _, values in table], higher[m]) for m in metrics}
    titles = [wording.metric_title(m) for m in metrics]
    return theme.cells(
        [[columns[m][place] for m in metrics] for place in range(len(table))],
        ["<br>".join(title.replace("@", " @").split(" ")) for title in titles],
        labels,
        [[_cell(values.get(m)) for m in metrics] for _, values in table],
        hover="%{y}<br>%{customdata}: %{text}<extra></extra>",
        dark=dark,
        customdata=[titles for _ in table],
        zmin=0,
        zmax=1,
        textfont_size=11,
    )


def radar(table: Table, metrics: Sequence[str], higher: Mapping[str, bool]) -> go.Figure:
    """At most six runs over a few metrics, each from the worst to the best of all runs shown."""
    title = "Strengths at a glance (outside is best of these runs)"
    cutoff = next((m.partition("@")[2] for m in metrics if m.startswith("ndcg@20")), "20")
    axes = [f"{stem}@{cutoff}" for stem in RADAR if f"{stem}@{cutoff}" in metrics]
    axes = [m for m in axes if all(m in values for _, values in table)]
    if len(axes) < 3 or len(table) < 2:
        return theme.sentence(title, "Two runs with at least three metrics are needed.")
    scaled = {m: _scaled([values[m] for _, values in table], higher[m]) for m in axes}
    figure = theme.frame(title, height=480)
    names = [wording.metric_title(m) for m in axes]
    labels = theme.distinct([label for label, _ in table])
    for place, label in enumerate(labels[: len(theme.RUN_COLOURS)]):
        values = [0.15 + 0.85 * scaled[m][place] for m in axes]
        figure.add_scatterpolar(
            r=[*values, values[0]],
            theta=[*names, names[0]],
            name=label,
            line={"color": theme.RUN_COLOURS[place], "dash": theme.DASHES[place], "width": 2},
            text=[_cell(table[place][1][m]) for m in (*axes, axes[0])],
            hovertemplate="%{theta}: %{text}<extra>%{fullData.name}</extra>",
        )
    figure.update_polars(
        bgcolor="rgba(0,0,0,0)",
        radialaxis={"range": [0, 1], "showticklabels": False, "gridcolor": theme.GRID},
        angularaxis={"gridcolor": theme.GRID},
    )
    theme.legend_on_top(figure)
    return figure.update_layout(
        margin={"t": 60, "b": 60, "l": 84, "r": 84},
        legend={"yref": "container", "y": 0, "yanchor": "bottom"},
    )


def _column(name: str) -> str:
    """The axis says already that numbers are interactions."""
    short = wording.shortened(name.removesuffix(" interactions"), 24)
    return theme.wrapped(theme.safe(short), 8)


def item_segments(found: ItemSegments, title: str, dark: bool = False) -> go.Figure:
    """Run x kind of item: the share of test choices found among the first twenty."""
    if not found.segments:
        return theme.sentence(title, "No test choices to divide.")
    labels = theme.distinct(list(found.labels))
    columns = [
        f"{_column(name)}<br>{size:,}<br>choices"
        for name, size in zip(found.segments, found.sizes, strict=True)
    ]
    values = [[math.nan if v is None else v for v in row] for row in found.values]
    figure = theme.frame(
        title, x="Kind of item; choices in the test", height=170 + 34 * len(labels)
    )
    figure.add_trace(
        theme.cells(
            values,
            columns,
            labels,
            [["" if math.isnan(v) else wording.percent(v) for v in row] for row in values],
            hover="%{y}<br>%{x}: %{text} found among the first 20<extra></extra>",
            dark=dark,
        )
    )
    return theme.label_cells(figure, labels)


def win_loss_people(
    pairs: Sequence[tuple[str, float, float]], label_a: str, label_b: str, metric: str
) -> go.Figure:
    """One point per group of people with the same two values, its size the number of them; above
    the diagonal the first run has the better list."""
    name = wording.metric_title(metric)
    title = "Person by person"
    if not pairs:
        return theme.sentence(title, "The two runs share no users.")
    groups: dict[tuple[float, float], list[str]] = {}
    for user, a, b in pairs:
        groups.setdefault((round(b, 3), round(a, 3)), []).append(user)
    figure = theme.frame(
        title,
        x=f"{name} with {theme.safe(wording.shortened(label_b, _LONGEST))}",
        y=f"{name} with {theme.safe(wording.shortened(label_a, _LONGEST))}",
        height=460,
    )
    top = max(max(a, b) for _, a, b in pairs) or 1.0
    figure.add_scattergl(
        x=[0, top],
        y=[0, top],
        mode="lines",
        line={"color": theme.BASELINE, "dash": "dash", "width": 1},
        hoverinfo="skip",
    )
    keys = list(groups)
    figure.add_scattergl(
        x=[x for x, _ in keys],
        y=[y for _, y in keys],
        mode="markers",
        marker={
            "size": [6 + 3 * math.sqrt(min(len(groups[key]), 60)) for key in keys],
            "color": [theme.ACCENT if y > x else theme.BASELINE for x, y in keys],
            "opacity": 0.65,
        },
        text=[_people(len(groups[key])) for key in keys],
        customdata=[groups[key][0] for key in keys],
        hovertemplate="%{text}: %{y:.3g} against %{x:.3g}<extra></extra>",
    )
    return figure


def synergy(found: Synergy, dark: bool = False) -> go.Figure:
    """Category x pair of modalities: what the two are worth together beyond each alone."""
    title = f"Do modalities complete each other? {theme.safe(wording.shortened(found.label, 40))}"
    if not found.pairs:
        return theme.sentence(title, "This run reads fewer than two modalities.")
    pairs = list(dict.fromkeys(p.pair for p in found.pairs))
    rows = list(dict.fromkeys(p.category for p in found.pairs))
    by_place = {(p.category, p.pair): p for p in found.pairs}
    cells = [[by_place[row, pair] for pair in pairs] for row in rows][::-1]
    most = max(0.1, *(abs(p.interaction) for p in found.pairs))
    figure = theme.frame(title, x="Two modalities", height=150 + 34 * len(rows))
    figure.add_heatmap(
        z=[[p.interaction for p in row] for row in cells],
        x=[f"{theme.player_title(a)} and {theme.player_title(b).lower()}" for a, b in pairs],
        y=[theme.safe(wording.shortened(row, 30)) for row in rows][::-1],
        text=[
            [f"{RELATIONS[p.relation]} ({wording.gain(p.interaction)})" for p in row]
            for row in cells
        ],
        customdata=[[[p.items, f"{p.agreement:+.2f}"] for p in row] for row in cells],
        colorscale=[list(stop) for stop in _BOTH_WAYS],
        zmin=-most,
        zmax=most,
        showscale=False,
        xgap=2,
        ygap=2,
        texttemplate="%{text}",
        textfont={"color": theme.ink(dark), "size": 11},
        hovertemplate=(
            "%{y}, %{x}<br>%{text}<br>%{customdata[0]} items, agreement %{customdata[1]}"
            "<extra></extra>"
        ),
    )
    figure.update_xaxes(showgrid=False)
    figure.update_yaxes(showgrid=False)
    return figure


def _named(
    rows: Sequence[LeaderRow], front: Sequence[LeaderRow], metric: str, other: str
) -> list[str]:
    """The names of the front; of runs on one spot the first."""
    seen: set[tuple[float, float]] = set()
    names = []
    for row in rows:
        spot = (row.metrics[metric], row.metrics[other])
        shown = row in front and spot not in seen
        names.append(theme.safe(wording.shortened(row.label, 28)) if shown else "")
        seen.add(spot)
    return names


def _front(
    rows: Sequence[LeaderRow], board: Leaderboard, other: str, other_higher: bool
) -> list[LeaderRow]:
    """Runs that no run beats in one and equals in the other, along the second metric."""
    first, second = (1 if board.higher_is_better else -1), (1 if other_higher else -1)

    def place(row: LeaderRow) -> tuple[float, float]:
        return second * row.metrics[other], first * row.metrics[board.metric]

    front: list[LeaderRow] = []
    for row in sorted(rows, key=place, reverse=True):
        # the last of the front leads the first metric among all that are no worse in the second
        if not front or place(row)[1] > place(front[-1])[1] or place(row) == place(front[-1]):
            front.append(row)
    return sorted(front, key=lambda row: row.metrics[other])


def _scaled(values: Sequence[float | None], higher: bool) -> list[float]:
    """From 0 (worst) to 1 (best); 0.5 where all are equal, NaN where there is none."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    found = []
    for value in values:
        if value is None or not math.isfinite(value):
            found.append(math.nan)
        else:
            share = (value - low) / (high - low) if high > low else 0.5
            found.append(share if higher else 1 - share)
    return found


def _people(count: int) -> str:
    return f"{count:,} {'person' if count == 1 else 'people'}"


def _cell(value: float | None) -> str:
    return "" if value is None else wording.number(value)
