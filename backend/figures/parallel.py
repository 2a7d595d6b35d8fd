"""Parallel coordinates: a line per run or trial through its settings to its figure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from backend.figures import theme, wording

Value = float | str | None
"""None: there is no such setting on this line."""

_LOG_FROM: Final = 8.0
"""Axes whose largest value is so many times the smallest one are drawn on a log scale."""
_LONGEST: Final = 18


@dataclass(frozen=True)
class Line:
    """One line; `values` in the order of the axes."""

    name: str
    values: tuple[Value, ...]


class Axis:
    """From a value to its height between 0 and 1: numbers by size, words in their order."""

    def __init__(self, title: str, values: Sequence[Value]) -> None:
        self.title = title
        known = [value for value in values if value is not None]
        self._words = (
            sorted({str(v) for v in known}) if any(isinstance(v, str) for v in known) else []
        )
        numbers = [value for value in known if not isinstance(value, str)]
        self._low, self._high = (min(numbers), max(numbers)) if numbers else (0.0, 0.0)
        self._log = self._low > 0 and self._high >= _LOG_FROM * self._low

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """(height, text): both ends of numbers, every word."""
        if self._words:
            return tuple((self.place(word) or 0.0, word) for word in self._words)
        ends = dict.fromkeys((self._low, self._high))
        return tuple((self.place(end) or 0.0, wording.number(end)) for end in ends)

    @property
    def ordered(self) -> bool:
        """Whether it is one of numbers."""
        return not self._words

    def place(self, value: Value) -> float | None:
        if value is None:
            return None
        if self._words:
            last = len(self._words) - 1
            return self._words.index(str(value)) / last if last else 0.5
        number = float(value)
        if self._high == self._low:
            return 0.5
        if self._log:
            return math.log(number / self._low) / math.log(self._high / self._low)
        return (number - self._low) / (self._high - self._low)


def lines(title: str, names: Sequence[str], found: Sequence[Line]) -> go.Figure:
    """`found` from the worst to the best: the better, the brighter, and the best one thick."""
    axes = [Axis(name, [line.values[place] for line in found]) for place, name in enumerate(names)]
    figure = theme.frame(title, height=400)
    for place, line in enumerate(found):
        best = place == len(found) - 1
        share = place / max(1, len(found) - 1)
        figure.add_scatter(
            x=list(range(len(axes))),
            y=[axis.place(value) for axis, value in zip(axes, line.values, strict=True)],
            name=line.name,
            mode="lines+markers",
            connectgaps=True,
            line={
                "color": theme.ACCENT if best else _colour(share),
                "width": 4 if best else 1.5,
                "shape": "spline",
                "smoothing": 0.4,
            },
            opacity=1.0 if best else 0.7,
            marker={"size": 7 if best else 4},
            text=[
                f"{theme.safe(a.title)} {_said(v)}" for a, v in zip(axes, line.values, strict=True)
            ],
            hovertemplate=f"{line.name}: %{{text}}<extra></extra>",
        )
    for place, axis in enumerate(axes):
        figure.add_vline(x=place, line={"color": theme.GRID, "width": 1}, layer="below")
        for height, text in axis.ticks:
            _tick(figure, place, height, text, axis.ordered)
    labels = ["<br>".join(theme.safe(axis.title).split(" ")) for axis in axes]
    figure.update_xaxes(
        tickvals=list(range(len(axes))), ticktext=labels, showgrid=False, zeroline=False,
        range=[-0.4, len(axes) - 0.6],
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[-0.16, 1.14])
    return figure


def _tick(figure: go.Figure, place: int, height: float, text: str, outside: bool) -> None:
    """The ends of numbers stand beyond the axis, words beside it."""
    low = height < 0.5
    label = theme.safe(wording.shortened(text, _LONGEST))
    figure.add_annotation(
        x=place, text=label, showarrow=False, font={"size": 11}, opacity=0.8,
        y=height + (-0.04 if low else 0.04) if outside else height,
        xanchor="center" if outside else "left", yanchor="top" if low and outside else "bottom",
        xshift=0 if outside else 4,
    )  # fmt: skip


def _said(value: Value) -> str:
    if value is None:
        return "not used"
    return theme.safe(value) if isinstance(value, str) else wording.number(value)


def _colour(share: float) -> str:
    (found,) = sample_colorscale([list(stop) for stop in theme.CONTINUOUS], [share])
    return str(found)
