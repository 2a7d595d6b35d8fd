"""Runs while they learn and after they ended."""

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from backend.figures import train as figures
from backend.figures import wording
from backend.schema import HEADLINE_METRIC
from backend.workflows import training
from backend.workflows.training import RunProgress
from backend.workflows.workspace import open_workspace
from pages.components import blending, charts, jobs, leaderboard, state
from pages.components.markup import plain

_WORDS = {
    "done": "finished",
    "failed": "failed",
    "cancelled": "stopped",
    "queued": "waiting",
    "running": "training",
}


def finding(runs: Sequence[RunProgress]) -> str:
    """The page's first sentence."""
    going = sum(_active(run) for run in runs)
    done = sum(run.run.state == "done" for run in runs)
    failed = sum(run.run.state == "failed" for run in runs)
    if not runs:
        return "Nothing was trained on these data yet"
    parts = [f"{going} under way"] if going else []
    parts += [f"{done} finished"] if done else []
    parts += [f"{failed} failed"] if failed else []
    if len(parts) == 1 and going + done + failed == len(runs):
        return f"{len(runs)} run{'s' if len(runs) != 1 else ''} {parts[0].partition(' ')[2]}"
    parts = parts or ["all stopped"]
    return f"{len(runs)} run{'s' if len(runs) != 1 else ''}: " + ", ".join(parts)


def watch(dataset_id: str, runs: Sequence[RunProgress]) -> None:
    """Everything about the runs, alive while one of them is active."""
    jobs.live(lambda: _draw(dataset_id), [run.run.id for run in runs if _active(run)])


def _draw(dataset_id: str) -> list[str]:
    runs = training.progress(open_workspace(), dataset_id)
    active = [run for run in runs if _active(run)]
    learning = [run for run in active if run.run.state == "running"]
    waiting = [run for run in active if run.run.state == "queued"]
    for run in learning:
        _learning(run)
    if waiting:
        _waiting(waiting)
    for run in runs:
        if run.run.state in ("failed", "cancelled"):
            _stopped(run)
    done = [run for run in runs if run.run.state == "done"]
    if done:
        _finished(done)
    return [run.run.id for run in active]


def _learning(run: RunProgress) -> None:
    with st.container(border=True):
        _heading(run, "Stop")
        if run.job is not None:
            jobs.progress(run.job, named=False)
        if run.epochs:
            st.caption(_so_far(run))
        if len(_curve(run)) > 1:
            charts.show(
                figures.learning(run), key=f"learning_{run.run.id}", alt=f"Learning of {run.label}"
            )


def _waiting(runs: Sequence[RunProgress]) -> None:
    with st.container(border=True):
        st.markdown(f"**{len(runs)} waiting**")
        for run in sorted(runs, key=lambda r: (r.job.position or 0) if r.job else 0):
            _heading(run, "Remove")


def _heading(run: RunProgress, action: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(run.label)}**")
        if st.button(
            action,
            key=f"cancel_{run.run.id}",
            type="tertiary",
            icon=":material/stop_circle:",
            help="Stops at the next checkpoint; it can go on later from there.",
        ):
            training.cancel(open_workspace(), run.run.id)
            st.toast("It stops at its next checkpoint.")


def _stopped(run: RunProgress) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(run.label)}** · {_WORDS[str(run.run.state)]}")
            if st.button(
                "Go on",
                key=f"resume_{run.run.id}",
                icon=":material/replay:",
                help="Queues it again; it goes on from its last checkpoint.",
            ):
                training.resume(open_workspace(), run.run.id)
                st.rerun(scope="app")
        error = run.run.error or (run.job.error if run.job else None)
        if error:
            st.error(plain(error), icon=":material/error:")


def _finished(runs: Sequence[RunProgress]) -> None:
    st.markdown("**Finished**")
    table = pd.DataFrame(
        {
            "Run": [run.label for run in runs],
            "NDCG@20": [_finite(run.run.metrics.get(HEADLINE_METRIC)) for run in runs],
            "Learning": [_curve(run) for run in runs],
            "Epochs": [run.run.epochs for run in runs],
            "Took": [wording.duration(run.run.seconds) for run in runs],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        key="finished_runs",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "NDCG@20": st.column_config.NumberColumn(
                format=leaderboard.number_format(table["NDCG@20"]), help="On the test split."
            ),
            "Learning": st.column_config.LineChartColumn(
                help="The validation metric, epoch by epoch; empty for models that are solved."
            ),
        },
        alt="Finished runs",
        height="content",
        placeholder=wording.NOT_SHOWN,
    )
    chosen = event.selection.rows
    if not chosen or chosen[0] >= len(runs):
        st.caption("Choose a row to see its curve and to use its settings again.")
        return
    run = runs[chosen[0]]
    charts.show(figures.learning(run), key=f"curve_{run.run.id}", alt=f"Learning of {run.label}")
    blending.weights(run)
    with st.container(horizontal=True):
        state.link(
            "train",
            "Use its strategy again",
            icon=":material/content_copy:",
            models=run.run.model,
            fusions=run.run.fusion or "",
        )
        state.link("recommend", "See its lists", icon=":material/recommend:", run=run.run.id)
        state.link("explain", "Take it apart", icon=":material/query_stats:", run=run.run.id)


def _so_far(run: RunProgress) -> str:
    last = run.epochs[-1]
    scores = [s for e in run.epochs if (s := _finite(e.metrics.get(HEADLINE_METRIC))) is not None]
    best = f" · best validation NDCG@20 {wording.number(max(scores))}" if scores else ""
    return f"Epoch {last.epoch} of at most {run.max_epochs}{best}"


def _curve(run: RunProgress) -> list[float]:
    scores = [_finite(epoch.metrics.get(HEADLINE_METRIC)) for epoch in run.epochs]
    known = [score for score in scores if score is not None]
    return known if len(known) > 1 else []


def _active(run: RunProgress) -> bool:
    return run.run.state in ("queued", "running")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
