"""Figures of learned personal weights."""

import plotly.graph_objects as go

from backend.figures import theme, wording
from backend.workflows.preferences import PersonalPreference, Preferences


def personal(found: PersonalPreference) -> go.Figure:
    """One bar per source; the mean of all people as a rule beside it."""
    names = sorted(found.weights, key=lambda player: found.weights[player])
    labels = [
        f"{theme.player_title(player)}  {wording.percent(found.weights[player])}"
        for player in names
    ]
    figure = theme.frame(
        "What the model weighs for this person",
        x="Learned weight (%)",
        height=120 + 44 * len(names),
    )
    figure.add_bar(
        y=labels,
        x=[100 * found.weights[player] for player in names],
        orientation="h",
        name="This person",
        marker_color=[theme.player_colour(player) for player in names],
        hovertemplate="%{y}<extra></extra>",
    )
    figure.add_scatter(
        y=labels,
        x=[100 * found.means[player] for player in names],
        mode="markers",
        name="Mean of all people",
        marker={"symbol": "line-ns", "size": 24, "line": {"width": 3, "color": theme.BASELINE}},
        hovertemplate="Mean %{x:.3g} %<extra></extra>",
    )
    figure.update_xaxes(range=[0, 100])
    return theme.legend_on_top(figure)


def everybody(found: Preferences) -> go.Figure:
    """How the weights are spread over people, one violin per source."""
    figure = theme.frame(
        "Personal weights of all people",
        x="Learned weight (%)",
        height=120 + 80 * len(found.weights),
    )
    for player in [*found.weights][::-1]:
        figure.add_violin(
            x=100 * found.weights[player],
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
