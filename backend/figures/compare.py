"""Figures of the Compare page: who leads, for whom, at what cost."""

import math
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from backend.evaluation.significance import Interval
from backend.figures import parallel, theme, wording
from backend.workflows.comparison import Curve, Leaderboard, LeaderRow, PairedRow, Segments
from backend.workflows.hyperparameters import Hyperparameters

_MOST_IN_ONE_PLOT = 6
_MOST_AXES = 9
_MOST_RUNS = 12
"""Rows of the leaderboard's picture; the table beside it has every run."""


def leaderboard(board: Leaderboard, pinned: str = "", dark: bool = False) -> go.Figure:
    """The best runs sorted, intervals as lines, the pinned run as a vertical rule.

    `pinned` is a run id, shown wherever it stands; runs that see clicks only are grey, the pinned
    run black or white.
    """
    name = wording.metric_title(board.metric)
    rows = _scored(board)
    if not rows:
        return theme.sentence(name, "No finished run has this metric.")
    better = "higher is better" if board.higher_is_better else "lower is better"
    title = f"{name} with 95 % intervals"
    if len(rows) > _MOST_RUNS:
        title = f"{name}, the best {_MOST_RUNS} of {len(rows):,} runs"
        rows = rows[:_MOST_RUNS] + [row for row in rows[_MOST_RUNS:] if row.run_id == pinned]
    figure = theme.frame(title, x=f"{name} ({better})", height=110 + 38 * len(rows))
    labels = theme.distinct([row.label for row in rows])[::-1]  # the best is the first of equals
    rows = rows[::-1]
    colours = [_colour(row, pinned, dark) for row in rows]
    scores = [_interval(row) for row in rows]
    for place, (score, colour) in enumerate(zip(scores, colours, strict=True)):
        theme.span(figure, score, place, colour)
    figure.add_scatter(
        x=[score.value for score in scores],
        y=list(range(len(rows))),
        mode="markers",
        marker={"color": colours, "size": 11},
        customdata=labels,
        text=[wording.interval(score) for score in scores],
        hovertemplate="%{customdata}<br>%{text}<extra></extra>",
    )
    for row, score in zip(rows, scores, strict=True):
        if row.run_id == pinned:
            theme.rule(figure, score.value, "compared with")
    theme.label_rows(figure, labels)
    figure.update_xaxes(range=theme.padded([*(s.low for s in scores), *(s.high for s in scores)]))
    return figure


def fusion_strategies(board: Leaderboard) -> go.Figure:
    """One row per fusion strategy: every run of it as a point, their mean as a bar.

    The best run that sees clicks only is the vertical rule.
    """
    name = wording.metric_title(board.metric)
    scored = _scored(board)
    fused = [row for row in scored if row.fusion]
    if not fused:
        return theme.sentence(
            "Fusion strategies", "No run with a fusion yet. Train 'fused' with several strategies."
        )
    groups: dict[str, list[LeaderRow]] = {}
    for row in fused:
        groups.setdefault(fusion_title(row), []).append(row)
    means = {key: _mean([_score(r) for r in group]) for key, group in groups.items()}
    names = sorted(groups, key=lambda key: means[key], reverse=not board.higher_is_better)
    figure = theme.frame(
        f"Fusion strategies: {name}", x=f"{name} on test users", height=130 + 46 * len(names)
    )
    figure.add_bar(
        y=list(range(len(names))),
        x=[means[key] for key in names],
        orientation="h",
        width=0.22,
        marker_color=theme.ACCENT,
        opacity=0.45,
        customdata=[theme.safe(key) for key in names],
        hovertemplate="%{customdata}: mean %{x:.3g}<extra></extra>",
    )
    for place, key in enumerate(names):
        for row in groups[key]:
            score = _interval(row)
            figure.add_scatter(
                x=[score.value],
                y=[place],
                mode="markers",
                marker={"color": theme.ACCENT, "size": 9},
                error_x=_error(score.low, score.value, score.high, theme.ACCENT),
                hovertemplate=f"{theme.safe(row.label)}<br>{wording.interval(score)}<extra></extra>",
            )
    theme.label_rows(figure, [f"{theme.safe(k)}: {wording.number(means[k])}" for k in names])
    clicks = [row for row in scored if not row.reads_content]
    if clicks:
        best = (max if board.higher_is_better else min)(clicks, key=_score)
        theme.rule(figure, _score(best), f"clicks only: {best.label}")
    return figure


def learning_curves(curves: Sequence[Curve], metric: str) -> go.Figure:
    """Validation metric per epoch; small multiples beyond six runs. The best epoch is marked."""
    name = wording.metric_title(metric)
    if not curves:
        return theme.sentence(
            "Learning curves", "The chosen runs are solved, not trained in steps."
        )
    if len(curves) > _MOST_IN_ONE_PLOT:
        return _multiples(curves, name)
    figure = theme.frame(f"{name} on validation while training", x="Epoch", y=name, height=420)
    labels = theme.distinct([curve.label for curve in curves])
    for place, (curve, label) in enumerate(zip(curves, labels, strict=True)):
        colour = theme.RUN_COLOURS[place]
        figure.add_scatter(
            x=curve.epochs,
            y=curve.metric,
            name=label,
            mode="lines",
            connectgaps=True,
            line={"color": colour, "width": 2, "dash": theme.DASHES[place]},
            hovertemplate="Epoch %{x}: %{y:.3g}<extra>%{fullData.name}</extra>",
        )
        _mark_best(figure, curve, colour)
    return theme.legend_on_top(figure)


def segments(found: Segments, dark: bool = False) -> go.Figure:
    """Mean metric per run and user segment, the value printed in every cell."""
    title = "For whom each run works"
    if not found.values or not found.segments:
        return theme.sentence(title, "No per-user results to divide.")
    labels = theme.distinct(list(found.labels))
    columns = [
        f"{theme.safe(name).removesuffix(' interactions')}<br>{size:,}<br>people"
        for name, size in zip(found.segments, found.sizes, strict=True)
    ]
    values = [[math.nan if v is None else v for v in row] for row in found.values]
    figure = theme.frame(title, x="People by training interactions", height=150 + 34 * len(labels))
    figure.add_trace(
        theme.cells(
            values,
            columns,
            labels,
            [["" if math.isnan(v) else wording.number(v) for v in row] for row in values],
            hover="%{y}<br>%{x}: %{text}<extra></extra>",
            dark=dark,
        )
    )
    return theme.label_cells(figure, labels)


def forest(rows: Sequence[PairedRow], baseline: str, metric: str) -> go.Figure:
    """Differences from the baseline with intervals; hollow where the interval covers zero."""
    title = f"Difference from {theme.safe(wording.shortened(baseline, 40))}"
    if not rows:
        return theme.sentence(title, "Nothing else to compare with.")
    named = zip(rows, theme.distinct([row.label for row in rows]), strict=True)
    ordered = sorted(named, key=lambda pair: pair[0].difference.value)
    labels = [label for _, label in ordered]
    figure = theme.frame(
        title,
        x=f"Difference in {wording.metric_title(metric)}, same users",
        height=120 + 38 * len(ordered),
    )
    for place, (row, label) in enumerate(ordered):
        gap = row.difference
        clear = gap.low > 0 or gap.high < 0
        colour = theme.ACCENT if clear else theme.BASELINE
        figure.add_scatter(
            x=[gap.value],
            y=[place],
            name=label,
            mode="markers",
            marker={"color": colour, "size": 11, "symbol": "circle" if clear else "circle-open"},
            error_x=_error(gap.low, gap.value, gap.high, colour),
            hovertemplate=(
                f"{label}<br>{wording.signed(gap.value)} "
                f"[{wording.signed(gap.low)}, {wording.signed(gap.high)}]<br>"
                f"{wording.percent(row.relative, sign=True)}<extra></extra>"
            ),
        )
    theme.rule(figure, 0.0, "no difference")
    theme.label_rows(figure, labels)
    return figure


def costs(board: Leaderboard, against: str = "seconds", dark: bool = False) -> go.Figure:
    """Metric against training seconds or parameters (log scale); up and left is better.

    Named are the runs that nothing cheaper beats; the others say their name on hover.
    """
    name = wording.metric_title(board.metric)
    shown = [row for row in _scored(board) if getattr(row, against) > 0]
    title = f"{name} against {'training time' if against == 'seconds' else 'size'}"
    if not shown:
        return theme.sentence(title, "No run has this cost on record.")
    unit = "Training time (s, log scale)" if against == "seconds" else "Parameters (log scale)"
    figure = theme.frame(title, x=unit, y=f"{name} on test users", height=440)
    values = [_score(row) for row in shown]
    front = _front(shown, against, board)
    costs = [getattr(row, against) for row in shown]
    middle = math.sqrt(min(costs) * max(costs))
    figure.add_scatter(
        x=costs,
        y=values,
        mode="markers+text",
        text=[
            theme.safe(wording.shortened(row.label, 28)) if row in front else "" for row in shown
        ],
        textposition=[
            "top left" if getattr(row, against) > middle else "top right" for row in shown
        ],
        textfont={"size": 11},
        marker={
            "size": 11,
            "color": [theme.ACCENT if row.reads_content else theme.BASELINE for row in shown],
        },
        customdata=[
            [
                wording.duration(row.seconds),
                f"{row.parameters:,}",
                wording.interval(score),
                theme.safe(row.label),
            ]
            for row, score in ((row, _interval(row)) for row in shown)
        ],
        hovertemplate=(
            "%{customdata[3]}<br>%{customdata[2]}<br>%{customdata[0]}, %{customdata[1]} parameters"
            "<extra></extra>"
        ),
    )
    figure.add_scatter(
        x=[getattr(row, against) for row in front],
        y=[_score(row) for row in front],
        mode="lines",
        line={"color": theme.ink(dark), "width": 1, "dash": "dot", "shape": "hv"},
        hoverinfo="skip",
    )
    figure.update_xaxes(type="log", dtick=1)
    return figure


def hyperparameters(
    found: Hyperparameters, metric: str, higher_is_better: bool = True
) -> go.Figure:
    """Parallel coordinates over the settings in which the runs differ; the best run on top."""
    title = "From settings to the figure"
    names = found.names[:_MOST_AXES]
    if len(found.runs) < 2 or not names:
        return theme.sentence(title, "Two runs that differ in a setting are needed.")
    labels = theme.distinct([run.label for run in found.runs])
    ordered = sorted(
        zip(labels, found.runs, strict=True),
        key=lambda pair: pair[1].score,
        reverse=not higher_is_better,
    )
    return parallel.lines(
        title,
        [*(wording.metric_title(name) for name in names), wording.metric_title(metric)],
        [parallel.Line(label, (*run.values[: len(names)], run.score)) for label, run in ordered],
    )


def win_loss(
    pairs: Sequence[tuple[str, float, float]], label_a: str, label_b: str, dark: bool = False
) -> go.Figure:
    """For how many people each of two runs is better."""
    title = "Who gets the better list"
    if not pairs:
        return theme.sentence(title, "The two runs share no users.")
    gaps = np.array([a - b for _, a, b in pairs])
    counts = [int((gaps > 0).sum()), int((gaps == 0).sum()), int((gaps < 0).sum())]
    names = [
        f"{theme.safe(wording.shortened(label_a, 30))} better",
        "No difference",
        f"{theme.safe(wording.shortened(label_b, 30))} better",
    ]
    figure = theme.frame(title, x="People", height=220)
    figure.add_bar(
        y=names[::-1],
        x=counts[::-1],
        orientation="h",
        marker_color=[theme.BASELINE, theme.GRID, theme.ACCENT],
        text=[f"{n:,} ({wording.percent(n / len(pairs))})" for n in counts[::-1]],
        textposition=["inside" if n > max(counts) / 2 else "outside" for n in counts[::-1]],
        insidetextanchor="start",
        textfont={"color": theme.ink(dark)},
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure.update_xaxes(range=[0, 1.05 * max(counts)])
    return figure


def fusion_title(row: LeaderRow) -> str:
    """What a run shares with its repetitions: "Fused · Late · seed 2" -> "Late"."""
    parts = [part.strip() for part in row.label.split("·")][1:]
    return " · ".join(part for part in parts if not part.startswith("seed ")) or (row.fusion or "")


def _multiples(curves: Sequence[Curve], name: str) -> go.Figure:
    columns = 3
    lines = -(-len(curves) // columns)
    titles = [theme.safe(wording.shortened(curve.label, 34)) for curve in curves]
    figure = make_subplots(
        lines, columns, shared_yaxes="all", subplot_titles=titles,
        horizontal_spacing=0.05, vertical_spacing=min(0.12, 0.4 / lines),
    )  # fmt: skip
    frame = theme.frame(f"{name} on validation while training", height=80 + 190 * lines)
    figure.update_layout(frame.layout)
    figure.update_layout(margin={"t": 90}, xaxis_title="", yaxis_title="")
    figure.update_annotations(font_size=12)
    for place, curve in enumerate(curves):
        row, column = place // columns + 1, place % columns + 1
        figure.add_scatter(
            x=curve.epochs,
            y=curve.metric,
            mode="lines",
            connectgaps=True,
            line={"color": theme.ACCENT, "width": 2},
            hovertemplate="Epoch %{x}: %{y:.3g}<extra></extra>",
            row=row,
            col=column,
        )
    figure.update_xaxes(gridcolor=theme.GRID)
    figure.update_yaxes(gridcolor=theme.GRID)
    return figure


def _mark_best(figure: go.Figure, curve: Curve, colour: str) -> None:
    if curve.best_epoch not in curve.epochs:
        return
    value = curve.metric[curve.epochs.index(curve.best_epoch)]
    if value is not None:
        figure.add_scatter(
            x=[curve.best_epoch],
            y=[value],
            mode="markers",
            marker={"color": colour, "size": 11, "symbol": "star"},
            showlegend=False,
            hovertemplate="Best epoch %{x}: %{y:.3g}<extra></extra>",
        )


def _front(rows: Sequence[LeaderRow], against: str, board: Leaderboard) -> list[LeaderRow]:
    """Runs that nothing beats at equal or lower cost."""
    sign = 1 if board.higher_is_better else -1
    front: list[LeaderRow] = []
    for row in sorted(rows, key=lambda r: (getattr(r, against), -sign * _score(r))):
        if not front or sign * _score(row) > sign * _score(front[-1]):
            front.append(row)
    return front


def _colour(row: LeaderRow, pinned: str, dark: bool) -> str:
    if row.run_id == pinned:
        return theme.ink(dark)
    return theme.ACCENT if row.reads_content else theme.BASELINE


def _scored(board: Leaderboard) -> list[LeaderRow]:
    """The rows that have the board's metric."""
    return [row for row in board.rows if row.score and math.isfinite(row.score.value)]


def _interval(row: LeaderRow) -> Interval:
    assert row.score is not None  # of the rows that `_scored` lets through
    return row.score


def _score(row: LeaderRow) -> float:
    return _interval(row).value


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _error(low: float, value: float, high: float, colour: str) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value],
        "arrayminus": [value - low],
        "color": colour,
        "thickness": 2.5,
        "width": 0,
    }
