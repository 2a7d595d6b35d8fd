"""What a shared image-text space is worth, drawn."""

from collections.abc import Mapping
from typing import Final

import plotly.graph_objects as go

from backend.figures import theme, wording
from backend.workflows.alignment import Alignment

_DEPTHS: Final = (
    ("recall@10", "top 10", 0.35),
    ("recall@5", "top 5", 0.5),
    ("recall@1", "first", 1),
)
"""Drawn over each other, the deepest and palest first."""
_DIRECTIONS: Final = (
    ("image_to_text", "Pictures find their words", "image"),
    ("text_to_image", "Words find their picture", "text"),
)
"""From below; the colour is that of what is asked with."""


def recall(found: Alignment) -> go.Figure:
    """Recall on the held-out items in both directions, before and after, with chance as a rule.

    A bar holds three, over each other: solid found first, paler in the top 5, palest in the top 10.
    """
    rows = _rows(found)
    figure = theme.frame(
        "How often the right one is found",
        x="Held-out items (%)",
        height=120 + 62 * len(rows),
    )
    for recall, title, opacity in _DEPTHS:
        figure.add_bar(
            x=[100 * recalls[recall] for _, recalls, _ in rows],
            y=list(range(len(rows))),
            orientation="h",
            width=0.34,
            marker_color=[theme.faded(colour, opacity) for _, _, colour in rows],
            name=title,
            hovertemplate=f"{title}: %{{x:.3g}} %<extra></extra>",
        )
    figure.update_layout(barmode="overlay")
    theme.label_rows(
        figure, [f"{label}: {wording.percent(recalls['recall@10'])}" for label, recalls, _ in rows]
    )
    theme.rule(figure, 100 * found.chance, "by chance", anchor="left")
    figure.update_xaxes(range=[0, 100], nticks=6, tickangle=0)
    return figure


def _rows(found: Alignment) -> list[tuple[str, Mapping[str, float], str]]:
    rows = []
    for direction, label, asked in _DIRECTIONS:
        if found.before:
            rows.append((f"{label}, before", found.before[direction], theme.BASELINE))
        after = f"{label}, after" if found.before else label
        rows.append((after, found.after[direction], theme.player_colour(asked)))
    return rows
