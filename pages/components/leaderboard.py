"""Who leads: the metric and the baseline to choose, the picture, the table."""

import math

import pandas as pd
import streamlit as st

from backend.figures import compare as figures
from backend.figures import wording
from backend.schema import HEADLINE_METRIC
from backend.workflows import comparison
from backend.workflows.comparison import Leaderboard
from pages.components import charts, measures, state
from pages.components.words import explain

_COLUMNS = (
    "ndcg@20", "recall@20", "precision@20", "coverage@20", "diversity@20", "novelty@20",
    "rmse", "mae", "auc", "logloss", "calibration_error",
)  # fmt: skip
_ROWS = 12
"""More scroll inside the table, so that the views below stay near."""


def controls(board: Leaderboard) -> str:
    """Metric, protocol and pinned baseline; returns the baseline's run id."""
    left, middle, right = st.columns(3)
    with left:
        state.pick(
            "Metric",
            "metric",
            board.metrics,
            default=HEADLINE_METRIC,
            titles={name: wording.metric_title(name) for name in board.metrics},
            help=metric_sentence(board.metric),
        )
    with middle:
        titles = {row.run_id: row.label for row in board.rows}
        pinned = state.pick(
            "Compared with",
            "baseline",
            list(titles),
            default=default_baseline(board),
            titles=titles,
            help=explain("baseline"),
        )
    with right:
        if len(board.protocols) > 1:
            state.pick(
                "Tested by",
                "protocol",
                [protocol.key for protocol in board.protocols],
                titles={p.key: f"{p.label} ({p.runs} runs)" for p in board.protocols},
                help=explain("protocol"),
                forget=("baseline", "runs"),
            )
    with st.container(horizontal=True, vertical_alignment="center"):
        measures.popover(board.metric)
        if board.controls:
            state.switch(
                f"Show {board.controls} control{'s' if board.controls != 1 else ''}",
                "controls",
                help="Runs whose content was swapped between items, replaced by noise or taken "
                "away: controls of experiments, and trainings of 'Does this model read the "
                "content?'. They are there to be beaten, so they are left out at first.",
            )
    return pinned


def with_controls() -> bool:
    """Whether controls are to stand among the runs."""
    return state.read("controls") == "1"


def default_baseline(board: Leaderboard) -> str:
    """The best run that sees clicks only, else the last of the board."""
    clicks = [row for row in board.rows if not row.reads_content]
    return (clicks[0] if clicks else board.rows[-1]).run_id


def metric_sentence(metric: str) -> str:
    """What a metric means, for the hover."""
    found = comparison.metric_help().get(metric.partition("@")[0])
    if found is None:
        return wording.metric_title(metric)
    better = "Higher" if found.higher_is_better else "Lower"
    return f"{found.sentence} {better} is better. Source: {found.source}."


def show(board: Leaderboard, pinned: str) -> None:
    """The picture, then the table with its download."""
    charts.show(
        figures.leaderboard(board, pinned, charts.is_dark()),
        key="leaderboard",
        alt=f"Leaderboard. {board.verdict}",
    )
    table = as_table(board)
    metrics = [wording.metric_title(name) for name in _shown(board)]
    st.dataframe(
        table[["Run", *metrics, "Training (s)", "Parameters"]],
        hide_index=True,
        key="leader_table",
        alt="Leaderboard as a table",
        height="content" if len(table) <= _ROWS else 35 * (_ROWS + 1) + 3,
        placeholder=wording.NOT_SHOWN,
        column_config={
            **{
                wording.metric_title(name): st.column_config.NumberColumn(
                    format=number_format(table[wording.metric_title(name)]),
                    help=metric_sentence(name),
                )
                for name in _shown(board)
            },
            "Training (s)": st.column_config.NumberColumn(format="%.1f"),
            "Parameters": st.column_config.NumberColumn(
                format="localized", help=explain("parameters")
            ),
        },
    )
    st.download_button(
        "Download the table (CSV)",
        lambda: table.to_csv(index=False).encode("utf-8-sig"),
        file_name="leaderboard.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def as_table(board: Leaderboard) -> pd.DataFrame:
    """One row per run: every metric, and the interval of the metric in view."""
    rows = []
    for row in board.rows:
        score = row.score
        values = {
            "Run": row.label,
            "Seed": row.seed,
            f"{wording.metric_title(board.metric)} low": score.low if score else None,
            f"{wording.metric_title(board.metric)} high": score.high if score else None,
            "Training (s)": row.seconds,
            "Parameters": row.parameters,
            "Epochs": row.epochs,
        }
        values |= {wording.metric_title(n): v for n, v in row.metrics.items()}
        rows.append(values)
    return pd.DataFrame(rows)


def number_format(column: pd.Series) -> str:
    """As many decimals as give the largest value three significant digits."""
    largest = column.abs().max()
    places = 3 if not largest > 0 else max(0, 2 - math.floor(math.log10(largest)))
    return f"%.{places}f"


def _shown(board: Leaderboard) -> list[str]:
    names = [board.metric, *(n for n in _COLUMNS if n in board.metrics and n != board.metric)]
    return [name for name in names if name in board.metrics]
