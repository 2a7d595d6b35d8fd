"""Figures of the Experiment page: what fusion gains, for whom, and where every strategy stands."""

import math

import plotly.graph_objects as go

from backend.evaluation.significance import Interval
from backend.figures import theme, tradeoffs, wording
from backend.workflows.experiment_measures import Measures, StrategyMeasures
from backend.workflows.experiment_verdict import ExperimentVerdict
from backend.workflows.experiment_view import ExperimentView

ROLES = {
    "fusion": "Reads all modalities",
    "single": "Reads one modality",
    "clicks": "Sees clicks only",
    "control": "Control: content without meaning",
}
EXPLAINED = {
    "gains": "How much better the best fusion is than each rival. The line holds the true gain in "
    "95 of 100 repetitions; where it crosses the dashed rule, chance may explain the gain.",
    "groups": "The same gain over the toughest rival, for people with few, some and many training "
    "interactions.",
    "standings": "Every strategy on the test part, best above. The mark is the mean over seeds, "
    "the line one standard deviation to both sides.",
    "every_metric": "A row is a strategy, a column a metric with its own scale: a stronger "
    "colour is better within its column. A strategy that is strong everywhere leads in everything.",
    "profiles": "The best fusion, the best single modality, the best model of clicks and the "
    "strongest control. On each axis the outer end is the best of them, the inner one the worst: "
    "the shape says where a strategy is strong, not by how much.",
}
"""How to read each figure, for a reader who knows no statistics."""
_COLOURS = {
    "fusion": theme.ACCENT,
    "single": "#0D9488",
    "clicks": theme.BASELINE,
    "control": "#B45309",
}
_SYMBOLS = {"fusion": "circle", "single": "square", "clicks": "diamond", "control": "x"}


def gains(found: ExperimentVerdict) -> go.Figure:
    """The best fusion against each rival and against its control, in percent of the rival."""
    title = "Gain of the best fusion (95 %)"
    rows = [(f"over {finding.label}", finding) for finding in found.findings]
    if found.over_control:
        rows.append(("over itself with all content shuffled", found.over_control))
    return _percent_rows(
        title,
        [(label, Interval(f.gain, f.low, f.high)) for label, f in rows],
        "Gain (% of the rival's mean)",
    )


def groups(found: ExperimentVerdict) -> go.Figure:
    """The gain over the toughest rival for quiet and for active people."""
    return _percent_rows(
        "For whom: by training interactions",
        [
            (f"{group.group} ({group.users:,} people)", Interval(group.gain, group.low, group.high))
            for group in found.groups
        ],
        "Gain (% of the rival's mean)",
    )


def standings(found: ExperimentVerdict, metric: str) -> go.Figure:
    """Every strategy: its mean over seeds, and one standard deviation to both sides as a line."""
    name = wording.metric_title(metric)
    rows = sorted(found.standings, key=lambda row: row.test)
    if not rows:
        return theme.sentence(name, "No strategy has finished.")
    figure = theme.frame(
        f"{name} of every strategy", x=f"{name} on test users", height=150 + 36 * len(rows)
    )
    for place, row in enumerate(rows):
        low, high = row.test - row.spread, row.test + row.spread
        theme.span(figure, Interval(row.test, low, high), place, _COLOURS[row.role])
    figure.update_traces(showlegend=False)  # the lines of the seeds
    for role, title in ROLES.items():
        members = [(place, row) for place, row in enumerate(rows) if row.role == role]
        figure.add_scatter(
            x=[row.test for _, row in members],
            y=[place for place, _ in members],
            mode="markers",
            name=title,
            marker={"color": _COLOURS[role], "symbol": _SYMBOLS[role], "size": 11},
            customdata=[theme.safe(row.label) for _, row in members],
            hovertemplate="%{customdata}<br>%{x:.4f}<extra></extra>",
        )
    theme.label_rows(figure, [theme.safe(row.label) for row in rows])
    return theme.legend_on_top(figure)


def every_metric(found: Measures, metric: str, dark: bool = False) -> go.Figure:
    """Strategy x metric, means over the seeds, the best by `metric` above."""
    ordered = sorted(
        (row for row in found.rows if metric in row.values),
        key=lambda row: row.values[metric].mean,
        reverse=found.higher.get(metric, True),
    )
    cutoff = metric.partition("@")[2]
    shown = [name for name in found.metrics if name.partition("@")[2] in ("", cutoff)]
    return tradeoffs.all_metrics([_means(row) for row in ordered], shown, found.higher, dark)


def profiles(found: Measures, verdict: ExperimentVerdict) -> go.Figure:
    """A radar of the best fusion, the best single modality, the best model of clicks and the
    strongest control, each over its seeds."""
    rows = {row.key: row for row in found.rows}
    best = (verdict.best_fusion, verdict.best_single, verdict.best_click_only)
    controls = [row for row in verdict.standings if row.role == "control" and row.key in rows]
    chosen = [rows[key] for key in best if key in rows]
    if controls:
        chosen.append(rows[max(controls, key=lambda row: row.validation).key])
    return tradeoffs.radar([_means(row) for row in chosen], found.metrics, found.higher)


def opening(found: ExperimentView) -> str:
    """How often the test part was looked at, in a sentence; "" before that."""
    if found.opened_at is None:
        return ""
    once = (
        "Strategies were chosen on validation; the test part was opened once, on "
        f"{found.opened_at:%d %B %Y}."
    )
    if found.openings < 2:
        return once
    return (
        f"{once} It was the {wording.ordinal(found.openings)} experiment to open the test part of "
        "these data: the more of them, the likelier one of their gains is luck."
    )


def meaning(found: ExperimentVerdict) -> str:
    """Whether the content's meaning is used at all, in a sentence; "" without a control."""
    control = found.over_control
    if control is None:
        return ""
    gain = wording.percent(control.gain, sign=True)
    if control.low > 0:
        return f"The content is really read: it is worth {gain} over content that was shuffled."
    return (
        f"Content that was shuffled over the items does about as well ({gain}): what the model "
        "gains, it does not owe to what the items show and say."
    )


def _means(row: StrategyMeasures) -> tuple[str, dict[str, float]]:
    return row.label, {name: value.mean for name, value in row.values.items()}


def _percent_rows(title: str, rows: list[tuple[str, Interval]], x: str) -> go.Figure:
    if not rows:
        return theme.sentence(title, "There is nothing to compare with.")
    figure = theme.frame(title, x=x, height=130 + 44 * len(rows))
    rows = rows[::-1]
    for place, (_, gain) in enumerate(rows):
        shown = Interval(100 * gain.value, 100 * gain.low, 100 * gain.high)
        theme.span(figure, shown, place, theme.ACCENT)
    figure.add_scatter(
        x=[100 * gain.value for _, gain in rows],
        y=list(range(len(rows))),
        mode="markers",
        marker={"color": theme.ACCENT, "size": 11},
        customdata=[
            f"{theme.safe(label)}: {gain.value:+.1%} [{gain.low:+.1%}, {gain.high:+.1%}]"
            for label, gain in rows
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    ends = [100 * end for _, gain in rows for end in (gain.low, gain.high)]
    figure.update_xaxes(range=theme.padded([0.0, *(end for end in ends if math.isfinite(end))]))
    theme.rule(figure, 0.0, "no difference")
    theme.label_rows(figure, [theme.safe(label) for label, _ in rows])
    return figure
