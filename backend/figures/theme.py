"""Colours and the common frame of every figure; readable on a light and on a dark ground."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import plotly.graph_objects as go

from backend.evaluation.significance import Interval
from backend.figures import wording
from backend.schema import COLLABORATIVE, Modality

Anchor = Literal["left", "center", "right"]

MODALITY_COLOURS: Final[Mapping[str, str]] = {
    Modality.IMAGE.value: "#0072B2",
    Modality.TEXT.value: "#E69F00",
    Modality.AUDIO.value: "#009E73",
    Modality.VIDEO.value: "#CC79A7",
    Modality.ATTRIBUTES.value: "#56B4E9",
    Modality.REVIEWS.value: "#D55E00",
    COLLABORATIVE: "#6B7280",
}
"""Okabe-Ito, safe for colour-blind readers; the same everywhere."""

PLAYER_TITLES: Final[Mapping[str, str]] = {
    Modality.IMAGE.value: "Image",
    Modality.TEXT.value: "Text",
    Modality.AUDIO.value: "Audio",
    Modality.VIDEO.value: "Video",
    Modality.ATTRIBUTES.value: "Attributes",
    Modality.REVIEWS.value: "Reviews",
    COLLABORATIVE: "Clicks",
}
"""What a modality, or the collaborative part, is called on a page."""

BASELINE: Final = "#9CA3AF"
"""Runs that see clicks only, and everything a reader compares against."""
ACCENT: Final = "#7C6BD6"
"""Runs that read content; not the colour of any modality."""
INK_LIGHT: Final = "#111827"
"""The pinned run on a light ground."""
INK_DARK: Final = "#F9FAFB"
"""The pinned run on a dark ground."""
RUN_COLOURS: Final = ("#7C6BD6", "#0D9488", "#C026D3", "#65A30D", "#E11D48", "#B45309")
"""For at most six curves in one plot; none of them stands for a modality."""
DASHES: Final = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Go with RUN_COLOURS, so that colour is never the only difference."""
GROUP_COLOURS: Final = (
    "#604BB5", "#FC9369", "#0EBCF4", "#1A6733", "#E84567",
    "#CAAA20", "#B163B2", "#7F7609", "#7E87FF", "#A0306B",
)  # fmt: skip
"""For up to ten groups of items on either ground. Any two are at least 22 apart in CIELAB for
normal sight and for each of the three kinds of colour blindness (Machado 2009)."""
GROUP_MARKS: Final = (
    "circle", "square", "diamond", "triangle-up", "cross",
    "pentagon", "star", "x", "hexagon", "triangle-down",
)  # fmt: skip
"""Go with GROUP_COLOURS, so that colour is never the only difference."""
CONTINUOUS: Final = (
    (0.0, "#46508F"), (0.25, "#2A788E"), (0.5, "#22A884"), (0.75, "#7AD151"), (1.0, "#E3D62A"),
)  # fmt: skip
"""For numbers on a map: Viridis without its ends, which vanish on a dark or a light ground. Tells
order in grey and for every kind of colour blindness."""
_LINE: Final = 40
_ROW: Final = 22
GRID: Final = "rgba(128, 128, 128, 0.22)"
SEQUENTIAL: Final = (
    (0.0, "rgba(124, 107, 214, 0.04)"),
    (1.0, "rgba(124, 107, 214, 0.65)"),
)
"""For heat maps; transparent at the low end, so it fits both grounds."""


def ink(dark: bool) -> str:
    """The pinned run's colour on this ground."""
    return INK_DARK if dark else INK_LIGHT


def player_title(player: str) -> str:
    """ "collaborative" -> "Clicks"."""
    return PLAYER_TITLES.get(player, player.replace("_", " ").capitalize())


def player_colour(player: str) -> str:
    """The modality's colour; the baseline grey for a name that is none."""
    return MODALITY_COLOURS.get(player, BASELINE)


def faded(colour: str, opacity: float = 0.35) -> str:
    """ "#0072B2" -> "rgba(0, 114, 178, 0.35)"."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def safe(text: object) -> str:
    """Plotly renders a subset of HTML in every label: text from data must not be read as that."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def wrapped(text: str, width: int) -> str:
    """Plotly wraps nothing, and a phone is narrow; `text` is escaped already."""
    return "<br>".join(textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False))


def frame(title: str, *, x: str = "", y: str = "", height: int = 360) -> go.Figure:
    """An empty figure with title, axis titles and a transparent ground."""
    figure = go.Figure()
    lines = wrapped(title, _LINE)
    more = 20 * lines.count("<br>")
    figure.update_layout(
        title={"text": lines, "font": {"size": 15}, "x": 0, "xanchor": "left"},
        height=height + more,
        margin={"l": 8, "r": 16, "t": 48 + more, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"align": "left"},
        showlegend=False,
        bargap=0.35,
        uirevision=title,
    )
    figure.update_xaxes(
        title={"text": x}, gridcolor=GRID, zerolinecolor=GRID, automargin=True, title_standoff=8
    )
    figure.update_yaxes(
        title={"text": y}, gridcolor=GRID, zerolinecolor=GRID, automargin=True, title_standoff=8
    )
    return figure


def title_of(figure: go.Figure) -> str:
    """The title in one line; "" without one."""
    return str(figure.layout.title.text or "").replace("<br>", " ")


def legend_on_top(figure: go.Figure) -> go.Figure:
    """A legend in one row under the title (for at most six entries)."""
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "title": {"text": ""}},
        margin={"t": figure.layout.margin.t + 28},
    )
    return figure


def sentence(title: str, text: str, height: int = 220) -> go.Figure:
    """The empty case: a figure that says why there is nothing to see."""
    figure = frame(title, height=height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=wrapped(safe(text), _LINE), x=0.5, y=0.5, xref="paper", yref="paper",
        showarrow=False, font={"size": 14}, opacity=0.75,
    )  # fmt: skip
    return figure


def padded(values: Sequence[float], share: float = 0.05) -> list[float]:
    """An axis range with a margin on both sides of `values` (at least one)."""
    low, high = min(values), max(values)
    margin = share * (high - low or abs(high) or 1.0)
    return [low - margin, high + margin]


def label_rows(figure: go.Figure, labels: Sequence[str]) -> None:
    """Names of rows 0, 1, ... (from below) above each row instead of beside it.

    Long names would leave a narrow screen no room for the picture. `labels` are escaped already.
    """
    names = [
        {"x": 0, "xref": "paper", "xanchor": "left", "y": place + 0.14, "yanchor": "bottom",
         "text": label, "showarrow": False, "font": {"size": 12}}
        for place, label in enumerate(labels)
    ]  # fmt: skip
    # All at once: each added alone makes Plotly check all the others again.
    figure.update_layout(annotations=[*figure.layout.annotations, *names])
    figure.update_yaxes(
        title={"text": ""},
        tickvals=list(range(len(labels))),
        showticklabels=False,
        zeroline=False,
        range=[-0.5, len(labels) - 0.25],
    )


def distinct(labels: Sequence[str], length: int = 40) -> list[str]:
    """Escaped and shortened; equal ones are numbered, since an axis merges equal names."""
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        text = safe(wording.shortened_inside(label, length))
        seen[text] = seen.get(text, 0) + 1
        found.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return found


def cells(
    values: Sequence[Sequence[float]],
    columns: Sequence[str],
    rows: Sequence[str],
    text: Sequence[Sequence[str]],
    *,
    hover: str,
    dark: bool,
    **more: Any,
) -> go.Heatmap:
    """A heat map that says the value in every cell, its first row at the top; `more` as Plotly
    calls it."""
    return go.Heatmap(
        z=values[::-1],
        x=columns,
        y=rows[::-1],
        text=text[::-1],
        colorscale=[list(stop) for stop in SEQUENTIAL],
        showscale=False,
        xgap=2,
        ygap=2,
        texttemplate="%{text}",
        hovertemplate=hover,
        **{"textfont_color": ink(dark), **more},
    )


def label_cells(figure: go.Figure, rows: Sequence[str]) -> go.Figure:
    """For `cells`: long names of rows in several lines, so that the cells keep their room."""
    figure.update_xaxes(showgrid=False, tickangle=0, tickfont_size=11, title_standoff=16)
    return figure.update_yaxes(
        showgrid=False, tickvals=list(rows), ticktext=[wrapped(row, _ROW) for row in rows]
    )


def span(figure: go.Figure, estimate: Interval, place: int, colour: str) -> None:
    """The interval as a line in row `place`."""
    figure.add_scatter(
        x=[estimate.low, estimate.high],
        y=[place, place],
        mode="lines",
        line={"color": colour, "width": 3},
        hoverinfo="skip",
    )


def rule(figure: go.Figure, x: float, label: str, anchor: Anchor = "center") -> None:
    """A vertical rule where the baseline stands; its label begins there where `anchor` is left."""
    figure.add_vline(x=x, line={"color": BASELINE, "width": 1.5, "dash": "dash"})
    figure.add_annotation(
        x=x, y=1, xanchor=anchor, yref="paper", yanchor="bottom", text=safe(label),
        showarrow=False, font={"size": 11, "color": BASELINE},
    )  # fmt: skip
