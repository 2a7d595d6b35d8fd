"""The report as one HTML file: answer first, figures that still answer to the mouse, no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from backend.figures import experiment as figures
from backend.figures import wording
from backend.figures.theme import player_title, title_of
from backend.report.tables import tables
from backend.workflows.experiment_report import ReportContents

_CONFIG: Final = {"displaylogo": False, "responsive": True, "displayModeBar": "hover"}
_INK: Final = "#1f2937"


@dataclass(frozen=True)
class Picture:
    """A figure with the sentence that says how to read it."""

    figure: go.Figure
    explanation: str

    @property
    def title(self) -> str:
        return title_of(self.figure)


def html_report(contents: ReportContents) -> bytes:
    """UTF-8; everything that the page needs is in the file, Plotly included once."""
    page = _environment().get_template("template.html")
    text = page.render(
        found=contents,
        headline=wording.headline(contents.verdict.sentence),
        verdict=contents.verdict,
        view=contents.view,
        data=contents.data,
        opening=figures.opening(contents.view),
        meaning=figures.meaning(contents.verdict),
        pictures=[_drawn(place, picture) for place, picture in enumerate(pictures(contents))],
        tables={table.name: table for table in tables(contents)},
        plotly=Markup(get_plotlyjs()),
    )
    return text.encode()


def pictures(contents: ReportContents) -> tuple[Picture, ...]:
    """The figures of the Experiment page, in its order."""
    verdict, metric = contents.verdict, contents.view.metric
    found = {
        "gains": figures.gains(verdict),
        "groups": figures.groups(verdict),
        "standings": figures.standings(verdict, metric),
        "every_metric": figures.every_metric(contents.measures, metric),
        "profiles": figures.profiles(contents.measures, verdict),
    }
    return tuple(
        Picture(figure, figures.EXPLAINED[name]) for name, figure in found.items() if figure.data
    )


def _drawn(place: int, picture: Picture) -> dict[str, str]:
    figure = go.Figure(picture.figure)
    # A page of its own is light, whatever the reader's theme: Plotly's labels follow no theme.
    figure.update_layout(font={"color": _INK, "family": "system-ui, sans-serif"})
    if figure.layout.showlegend:  # on a narrow screen it takes several rows, over a title on top
        figure.update_layout(legend={"yref": "container", "y": 0, "yanchor": "bottom"})
        figure.update_layout(margin={"t": 48})
    drawing = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=f"figure-{place}", config=_CONFIG
    )
    return {
        "drawing": Markup(drawing),
        "title": picture.title,
        "explanation": picture.explanation,
    }


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": wording.percent,
        "player": player_title,
        "metric": wording.metric_title,
        "listed": _listed,
    }
    return environment


def _listed(parts: Sequence[str]) -> str:
    return ", ".join(parts)
