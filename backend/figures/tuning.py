"""Figures of a search for settings: its trials in order, what they chose, what mattered."""

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from backend.figures import theme, wording
from backend.workflows.tuning_view import StrategyTrials
from db.records import TrialRecord, TrialState

_LOG_FROM = 8.0
"""Axes whose largest value is so many times the smallest one are drawn on a log scale."""


def history(row: StrategyTrials, metric: str, higher_is_better: bool) -> go.Figure:
    """The figure of every trial in order, the best so far, and where the defaults stand."""
    name = wording.metric_title(metric)
    title = f"{name} on validation, trial by trial"
    known = [trial for trial in row.trials if not math.isnan(trial.value)]
    if not known:
        return theme.sentence(title, "The first trial has no figure yet.")
    figure = theme.frame(title, x="Trial", y=name, height=300)
    better = max if higher_is_better else min
    finished = [trial for trial in known if trial.state is TrialState.DONE]
    figure.add_scatter(
        x=[trial.number + 1 for trial in finished],
        y=list(accumulate((trial.value for trial in finished), better)),
        name="Best so far",
        mode="lines",
        line={"color": theme.ACCENT, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )
    early = [trial for trial in known if trial.state is not TrialState.DONE]
    for trials, label, colour, symbol in (
        (finished, "Finished", theme.ACCENT, "circle"),
        (early, "Ended early", theme.BASELINE, "x"),
    ):
        figure.add_scatter(
            x=[trial.number + 1 for trial in trials],
            y=[trial.value for trial in trials],
            name=label,
            mode="markers",
            marker={"color": colour, "size": 8, "symbol": symbol},
            customdata=[_told(trial) for trial in trials],
            hovertemplate="Trial %{x}: %{y:.4g}<br>%{customdata}<extra></extra>",
        )
    if row.default is not None:
        figure.add_hline(
            y=row.default, line={"color": theme.BASELINE, "width": 1.5, "dash": "dash"}
        )
        figure.add_annotation(
            x=1, xref="paper", xanchor="right", y=row.default, yanchor="bottom", text="defaults",
            showarrow=False, font={"size": 11, "color": theme.BASELINE},
        )  # fmt: skip
    return theme.legend_on_top(figure)


def coordinates(row: StrategyTrials, metric: str, higher_is_better: bool) -> go.Figure:
    """Parallel coordinates: a line per finished trial through its settings to its figure; the
    better, the brighter, and the best one thick."""
    title = "What the trials chose"
    done = [trial for trial in row.trials if trial.state is TrialState.DONE]
    if len(done) < 2 or not row.settings:
        return theme.sentence(title, "Lines appear here once two trials are finished.")
    names = [*row.settings, metric]
    axes = [_Axis([_value(trial, name, metric) for trial in done]) for name in names]
    figure = theme.frame(title, height=380)
    order = sorted(done, key=lambda trial: trial.value, reverse=not higher_is_better)
    for place, trial in enumerate(order):
        best = place == len(order) - 1
        share = place / (len(order) - 1)
        figure.add_scatter(
            x=list(range(len(names))),
            y=[axis.place(_value(trial, n, metric)) for n, axis in zip(names, axes, strict=True)],
            name=f"Trial {trial.number + 1}",
            mode="lines+markers",
            line={
                "color": theme.ACCENT if best else _colour(share),
                "width": 4 if best else 1.5,
                "shape": "spline",
                "smoothing": 0.4,
            },
            opacity=1.0 if best else 0.7,
            marker={"size": 7 if best else 4},
            text=[f"{_title(n)} {wording.number(_value(trial, n, metric))}" for n in names],
            hovertemplate=f"Trial {trial.number + 1}: %{{text}}<extra></extra>",
        )
    for place, axis in enumerate(axes):
        figure.add_vline(x=place, line={"color": theme.GRID, "width": 1}, layer="below")
        for y, value in ((-0.04, axis.low), (1.04, axis.high)):
            figure.add_annotation(
                x=place, y=y, yanchor="top" if y < 0 else "bottom", text=wording.number(value),
                showarrow=False, font={"size": 11}, opacity=0.8,
            )  # fmt: skip
    labels = ["<br>".join(theme.safe(_title(name)).split(" ")) for name in names]
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=labels, showgrid=False, zeroline=False,
        range=[-0.4, len(names) - 0.6],
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.16, 1.14])
    return figure


def importance(shares: Mapping[str, float]) -> go.Figure:
    """How much of the variation between trials each setting explains."""
    title = "Which settings mattered"
    if not shares:
        return theme.sentence(title, "Four finished trials that differ are needed to tell.")
    rows = list(shares.items())[::-1]
    figure = theme.frame(
        title, x="Share of the variation between trials (%)", height=130 + 34 * len(rows)
    )
    figure.add_bar(
        x=[100 * share for _, share in rows],
        y=list(range(len(rows))),
        orientation="h",
        width=0.35,
        marker={"color": theme.ACCENT},
        text=[wording.percent(share) for _, share in rows],
        textposition="outside",
        cliponaxis=False,
        customdata=[_title(name) for name, _ in rows],
        hovertemplate="%{customdata}: %{x:.3g} %<extra></extra>",
    )
    theme.label_rows(figure, [theme.safe(_title(name)) for name, _ in rows])
    figure.update_xaxes(range=[0, 118])
    return figure


class _Axis:
    """From a value to its height between 0 and 1."""

    def __init__(self, values: Sequence[float]) -> None:
        self.low, self.high = min(values), max(values)
        self._log = self.low > 0 and self.high >= _LOG_FROM * self.low

    def place(self, value: float) -> float:
        if self.high == self.low:
            return 0.5
        if self._log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def _value(trial: TrialRecord, name: str, metric: str) -> float:
    return trial.value if name == metric else float(str(trial.settings[name]))


def _title(name: str) -> str:
    return wording.metric_title(name)


def _colour(share: float) -> str:
    (found,) = sample_colorscale([list(stop) for stop in theme.CONTINUOUS], [share])
    return str(found)


def _told(trial: TrialRecord) -> str:
    return "<br>".join(
        f"{_title(name)} {wording.number(float(str(value)))}"
        for name, value in trial.settings.items()
    )
