"""The figure of a probe: what the lists lose under each intervention."""

from typing import Final

import plotly.graph_objects as go

from backend.evaluation.significance import Interval
from backend.figures import theme, wording
from backend.workflows.probing import ModalityUse, Probe

KINDS: Final = {
    "removed": "taken away",
    "shuffled": "swapped between items",
    "noise": "replaced by noise",
    "mean": "all made average",
    "graph": "swapped in the graph of alike items alone",
    "apart": "swapped everywhere but in that graph",
    "retrained": "taken away before training",
    "retrained shuffled": "swapped before training",
}
"""What was done to the content, as a reader says it."""


def drops(found: Probe) -> go.Figure:
    """A row for each modality and intervention, with its interval."""
    metric = wording.metric_title(found.metric)
    title = f"What {metric} loses (95 %)"
    rows = [(use, effect) for use in found.modalities for effect in use.effects][::-1]
    if not rows:
        return theme.sentence(
            title, "This model was given no content, so nothing could be changed."
        )
    figure = theme.frame(title, x=f"Drop of {metric}", height=130 + 44 * len(rows))
    for place, (use, effect) in enumerate(rows):
        span = Interval(effect.drop, effect.low, effect.high)
        theme.span(figure, span, place, theme.player_colour(use.modality))
    figure.add_scatter(
        x=[effect.drop for _, effect in rows],
        y=list(range(len(rows))),
        mode="markers",
        marker={"color": [theme.player_colour(use.modality) for use, _ in rows], "size": 11},
        customdata=[
            f"{_label(use, effect.kind)}: {wording.signed(effect.drop)} "
            f"[{wording.signed(effect.low)}, {wording.signed(effect.high)}]"
            for use, effect in rows
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    theme.rule(figure, 0.0, "no difference")
    theme.label_rows(figure, [_label(use, effect.kind) for use, effect in rows])
    return figure


def _label(use: ModalityUse, kind: str) -> str:
    return theme.safe(f"{theme.player_title(use.modality)} {KINDS.get(kind, kind)}")
