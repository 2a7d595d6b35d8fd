"""Figures of the launch simulator: who the audience is, and what carries the item."""

import plotly.graph_objects as go

from backend.figures import theme, wording
from backend.workflows.launch import Launch


def segments(found: Launch) -> go.Figure:
    """Share of each favourite category in the audience, the share among everybody as a rule."""
    title = "What the audience usually chooses"
    rows = found.segments[::-1]
    if not rows:
        return theme.sentence(title, "The items have no categories to group people by.")
    figure = theme.frame(title, x="Share of people (%)", height=140 + 38 * len(rows))
    labels = [theme.safe(wording.shortened(row.category, 28)) for row in rows]
    places = list(range(len(rows)))
    figure.add_bar(
        y=places,
        x=[100 * row.audience for row in rows],
        orientation="h",
        name="In the audience",
        marker_color=theme.ACCENT,
        customdata=labels,
        hovertemplate="%{customdata}: %{x:.0f} % of the audience<extra></extra>",
    )
    figure.add_scatter(
        y=places,
        x=[100 * row.everybody for row in rows],
        mode="markers",
        name="Among everybody",
        marker={"symbol": "line-ns-open", "size": 20, "color": theme.BASELINE, "line_width": 3},
        customdata=labels,
        hovertemplate="%{customdata}: %{x:.0f} % of everybody<extra></extra>",
    )
    theme.label_rows(figure, labels)
    figure.update_layout(showlegend=True)
    return figure


def carriers(found: Launch) -> go.Figure:
    """Mean contribution of each player to the item's score over the audience."""
    title = "What carries the item"
    parts = sorted(found.attributions.items(), key=lambda part: part[1])
    if not parts:
        return theme.sentence(title, "This run gives no contributions.")
    figure = theme.frame(title, x="Mean contribution to the score", height=120 + 38 * len(parts))
    figure.add_bar(
        y=[theme.player_title(player) for player, _ in parts],
        x=[value for _, value in parts],
        orientation="h",
        marker_color=[theme.player_colour(player) for player, _ in parts],
        text=[wording.signed(value) for _, value in parts],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure.update_xaxes(range=theme.padded([0.0, *(value for _, value in parts)], 0.25))
    return figure
