"""Figures of the Explain page: what each modality contributed."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from backend.figures import theme, wording
from backend.workflows.explanation import Explanation, Recovery, RunExplanation, UserExplanation

_FADED = 0.45


def waterfall(explanation: Explanation) -> go.Figure:
    """From the baseline to the score, one step per player in its colour.

    An attribution that is not faithful is drawn faded, so that nobody reads it as solid.
    """
    title = "From the baseline to the score"
    if not explanation.attributions:
        return theme.sentence(title, "This run gives no contributions for this item.")
    steps = sorted(explanation.attributions.items(), key=lambda step: -abs(step[1]))
    ends = explanation.baseline + np.cumsum([value for _, value in steps])
    starts = np.concatenate([[explanation.baseline], ends[:-1]])
    figure = theme.frame(title, x="Score", height=150 + 44 * (len(steps) + 2))
    figure.add_bar(
        y=[_title(player, explanation) for player, _ in steps],
        x=[value for _, value in steps],
        base=starts.tolist(),
        orientation="h",
        marker_color=[theme.player_colour(player) for player, _ in steps],
        opacity=1.0 if explanation.faithful else _FADED,
        text=[wording.signed(value) for _, value in steps],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    for name, value in (("Baseline", explanation.baseline), ("Score", explanation.score)):
        figure.add_scatter(
            x=[value],
            y=[name],
            mode="markers+text",
            marker={"color": theme.BASELINE, "size": 13, "symbol": "diamond"},
            text=[wording.number(value)],
            textposition="middle right",
            cliponaxis=False,
            hovertemplate=f"{name} {wording.number(value)}<extra></extra>",
        )
    order = ["Baseline", *(theme.player_title(player) for player, _ in steps), "Score"]
    figure.update_yaxes(categoryorder="array", categoryarray=order[::-1], type="category")
    ends_of_all = [*starts, *ends, explanation.baseline, explanation.score]
    # Room for the labels outside of the bars.
    figure.update_xaxes(range=theme.padded(ends_of_all, 0.22))
    return figure


def shares(user: UserExplanation) -> go.Figure:
    """What re-orders one person's list; planted weights, where known, as rules beside the bars."""
    title = "What moves this person's list"
    if not user.shares:
        return theme.sentence(title, "Nothing to divide: this run has one source of evidence.")
    names = sorted(user.shares, key=lambda player: user.shares[player])
    labels = {
        player: f"{theme.player_title(player)}  {wording.percent(user.shares[player])}"
        for player in names
    }
    figure = theme.frame(title, x="Share of the ordering (%)", height=120 + 44 * len(names))
    figure.add_bar(
        y=list(labels.values()),
        x=[100 * user.shares[player] for player in names],
        orientation="h",
        name="Recovered from the run",
        marker_color=[theme.player_colour(player) for player in names],
        hovertemplate="%{y}<extra></extra>",
    )
    if user.planted:
        known = [player for player in names if player in user.planted]
        figure.add_scatter(
            y=[labels[player] for player in known],
            x=[100 * user.planted[player] for player in known],
            mode="markers",
            name="Planted in the generated data",
            marker={"symbol": "line-ns", "size": 24, "line": {"width": 3, "color": theme.BASELINE}},
            hovertemplate="Planted %{x:.3g} %<extra></extra>",
        )
        theme.legend_on_top(figure)
    figure.update_xaxes(range=[0, 100])
    return figure


def list_contributions(user: UserExplanation) -> go.Figure:
    """Contributions to each item of the person's list, stacked around zero."""
    title = "Contributions over the list"
    if not user.list_items or not user.list_attributions:
        return theme.sentence(title, "No list to take apart.")
    places = [
        f"{rank}. {theme.safe(wording.shortened(name, 32))}"
        for rank, name in enumerate(user.list_items, start=1)
    ]
    figure = theme.frame(title, x="Contribution to the score", height=120 + 34 * len(places))
    for player in _in_order(user.list_attributions):
        figure.add_bar(
            y=places,
            x=user.list_attributions[player],
            orientation="h",
            name=theme.player_title(player),
            marker_color=theme.player_colour(player),
            hovertemplate="%{y}<br>%{fullData.name} %{x:+.3g}<extra></extra>",
        )
    figure.update_layout(barmode="relative")
    figure.update_yaxes(autorange="reversed", type="category")
    return theme.legend_on_top(figure)


def share_distribution(run: RunExplanation) -> go.Figure:
    """How the shares differ from person to person, one violin per player."""
    title = "How much people differ"
    if not run.shares or not any(len(values) for values in run.shares.values()):
        return theme.sentence(title, "No people were sampled.")
    figure = theme.frame(
        title, x="Share of a person's ordering (%)", height=120 + 80 * len(run.shares)
    )
    for player in _in_order(run.shares)[::-1]:
        figure.add_violin(
            x=100 * np.asarray(run.shares[player]),
            name=theme.player_title(player),
            orientation="h",
            line_color=theme.player_colour(player),
            fillcolor=theme.faded(theme.player_colour(player)),
            box_visible=True,
            meanline_visible=True,
            points=False,
            spanmode="hard",
            hoverinfo="x+name",
        )
    figure.update_xaxes(range=[0, 100])
    return figure


def mean_absolute(run: RunExplanation) -> go.Figure:
    """Mean absolute contribution over the lists of the sampled people."""
    title = "How much each source moves a score"
    if not run.mean_absolute:
        return theme.sentence(title, "This run gives no contributions.")
    names = sorted(run.mean_absolute, key=lambda player: run.mean_absolute[player])
    figure = theme.frame(
        title, x="Mean absolute contribution (score units)", height=120 + 44 * len(names)
    )
    figure.add_bar(
        y=[
            f"{theme.player_title(player)}  {wording.number(run.mean_absolute[player])}"
            for player in names
        ],
        x=[run.mean_absolute[player] for player in names],
        orientation="h",
        marker_color=[theme.player_colour(player) for player in names],
        hovertemplate="%{y}<extra></extra>",
    )
    return figure


def recovery(found: Recovery | None) -> go.Figure:
    """Recovered against planted weight of one modality for every sampled person."""
    title = "Recovered against planted"
    if found is None or len(found.planted) == 0:
        return theme.sentence(title, "The truth is known for generated data only.")
    rho = wording.number(found.spearman_users)
    first, among = found.compared[0], " + ".join(found.compared)
    figure = theme.frame(
        f"{title}: rank correlation {rho}",
        x=f"Planted {first} weight (% of {among})",
        y=f"Recovered {first} share (%)",
        height=420,
    )
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": theme.BASELINE, "dash": "dash"},
        hoverinfo="skip",
    )
    trace = go.Scattergl if len(found.planted) > 1000 else go.Scatter
    figure.add_trace(
        trace(
            x=100 * np.asarray(found.planted),
            y=100 * np.asarray(found.recovered),
            mode="markers",
            marker={"color": theme.player_colour(first), "size": 7, "opacity": 0.55},
            hovertemplate="Planted %{x:.3g} %, recovered %{y:.3g} %<extra></extra>",
        )
    )
    figure.update_xaxes(range=[-2, 102])
    figure.update_yaxes(range=[-2, 102])
    return figure


def _title(player: str, explanation: Explanation) -> str:
    mark = " (imputed)" if player in explanation.imputed else ""
    return theme.player_title(player) + mark


def _in_order(players: Mapping[str, object]) -> list[str]:
    known = [player for player in theme.MODALITY_COLOURS if player in players]
    return known + [player for player in players if player not in known]
