"""Figures of a search for settings: its trials in order, what they chose, what mattered."""

import math
from collections.abc import Mapping
from itertools import accumulate

import plotly.graph_objects as go

from backend.figures import parallel, theme, wording
from backend.workflows.tuning_view import StrategyTrials
from db.records import TrialRecord, TrialState


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
    order = sorted(done, key=lambda trial: trial.value, reverse=not higher_is_better)
    return parallel.lines(
        title,
        [_title(name) for name in names],
        [
            parallel.Line(
                f"Trial {trial.number + 1}", tuple(_value(trial, name, metric) for name in names)
            )
            for trial in order
        ],
    )


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


def _value(trial: TrialRecord, name: str, metric: str) -> float:
    return trial.value if name == metric else float(str(trial.settings[name]))


def _title(name: str) -> str:
    return wording.metric_title(name)


def _told(trial: TrialRecord) -> str:
    return "<br>".join(
        f"{_title(name)} {wording.number(float(str(value)))}"
        for name, value in trial.settings.items()
    )
