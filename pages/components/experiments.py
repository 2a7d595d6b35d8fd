"""An experiment: its form, its matrix while it runs, its verdict."""

from collections.abc import Mapping
from typing import Final

import pandas as pd
import streamlit as st

from backend.figures import experiment as figures
from backend.figures import theme, wording
from backend.workflows import experiment, experiment_measures, experiment_view, training
from backend.workflows.experiment import ExperimentPlan
from backend.workflows.experiment_verdict import ExperimentVerdict
from backend.workflows.experiment_view import ExperimentView, MatrixRow
from backend.workflows.workspace import open_workspace
from pages.components import charts, guards, headline, jobs, measures, plans, reporting, state
from pages.components.boundary import boundary
from pages.components.cached import remember
from pages.components.markup import plain
from pages.components.words import explain

_MARKS: Final[Mapping[str, str]] = {
    "done": "✓ done",
    "running": "▶ running",
    "queued": "waiting",
    "failed": "✕ failed",
    "cancelled": "stopped",
}


def finding(found: ExperimentView) -> None:
    """The verdict in one sentence, or how far the matrix is."""
    if found.verdict:
        headline.show(found.verdict.sentence, figures.opening(found))
        return
    headline.show("No verdict yet", "It comes when every strategy is trained.")


def show(found: ExperimentView) -> None:
    """Figures of a finished experiment; the living matrix of one under way."""
    if found.verdict:
        reporting.offer(found)
        guards.experiment(found.id)
        _verdict(found, found.verdict)
        with st.expander("Every run", icon=":material/grid_on:"):
            _matrix(found.rows)
    else:
        _under_way(found)
    with st.expander("Repeat it elsewhere", icon=":material/terminal:"):
        st.code(found.command, language="bash")


def form(dataset_id: str) -> None:
    """What to compare, what it costs, one button."""
    workspace = open_workspace()
    choices = training.choices(workspace, dataset_id)
    titles = {choice.name: choice.title for choice in choices.models}
    models = state.pick_many(
        "Models besides the baselines",
        "experiment_models",
        list(titles),
        default=experiment.CONTENT,
        titles=titles,
        chips=True,
        help="'Fused' brings all fusion strategies. Popularity, ItemKNN and EASE always take part.",
    )
    left, middle, right = st.columns(3)
    seeds = left.number_input("Repetitions", 1, 20, 3, key="exp_seeds", help=explain("seed"))
    budget = middle.number_input(
        "Trials per strategy",
        1,
        200,
        1,
        key="exp_budget",
        help="How many settings each strategy may try on validation. 1 trains the defaults.",
    )
    name = right.text_input("Name", key="exp_name", placeholder="Optional")
    with left:
        split = plans.held_out(choices)
    with middle:
        positive = plans.liked(choices)
    encoders = plans.encoders(choices)
    with boundary():
        plan = ExperimentPlan(
            dataset_id,
            name=name,
            models=models,
            encoders=encoders,
            seeds=int(seeds),
            budget=int(budget),
            split=split,
            positive=positive,
        )
        cost = experiment.cost(workspace, plan)
        st.caption(
            f"{cost.runs} runs, about {wording.duration(cost.seconds)}; what was trained before is "
            f"not trained again. Basis: {plain(cost.basis)}."
        )
        if st.button(
            "Start the experiment", type="primary", icon=":material/play_arrow:", key="exp_start"
        ):
            record, _ = experiment.start(workspace, plan)
            state.write(experiment=record.id)
            st.rerun()


def _verdict(found: ExperimentView, verdict: ExperimentVerdict) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        charts.show(figures.gains(verdict), key="exp_gains", data=True)
        st.caption(f"{figures.EXPLAINED['gains']} {plain(figures.meaning(verdict))}")
    with right:
        charts.show(figures.groups(verdict), key="exp_groups", data=True)
        st.caption(figures.EXPLAINED["groups"])
    charts.show(figures.standings(verdict, found.metric), key="exp_standings", data=True)
    st.caption(figures.EXPLAINED["standings"])
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "Strategy": row.label,
                    "Kind": figures.ROLES[row.role],
                    "Test": wording.number(row.test),
                    "Validation": wording.number(row.validation),
                    "Seeds": row.seeds,
                    "Time per run": wording.duration(row.seconds),
                    "Parameters": row.parameters,
                }
                for row in sorted(verdict.standings, key=lambda row: -row.test)
            ]
        ),
        hide_index=True,
    )
    measured = remember(experiment_measures.measures, found.id)
    charts.show(
        figures.every_metric(measured, found.metric, charts.is_dark()),
        key="exp_metrics",
        data=True,
    )
    st.caption(figures.EXPLAINED["every_metric"])
    charts.show(figures.profiles(measured, verdict), key="exp_profiles", data=True)
    st.caption(figures.EXPLAINED["profiles"])
    measures.popover(found.metric)
    for why in verdict.failed.values():
        st.warning(plain(why))


def _under_way(found: ExperimentView) -> None:
    """How far it is, and the matrix as it fills."""
    workspace = open_workspace()

    def draw() -> list[str]:
        now = experiment_view.view(workspace, found.id)
        if now.job is None:
            st.info(
                "This experiment was started from the command line.", icon=":material/terminal:"
            )
        elif now.job.error:
            st.error(plain(now.job.error))
        else:
            jobs.progress(now.job, named=False)
        done = sum(set(row.states.values()) == {"done"} for row in now.rows)
        st.caption(f"{done} of {len(now.rows)} strategies are trained.")
        _matrix(now.rows)
        return _going(now)

    jobs.live(draw, _going(found))


def _going(found: ExperimentView) -> list[str]:
    job = found.job
    return [job.id] if job and job.state in ("queued", "running") else []


def _matrix(rows: tuple[MatrixRow, ...]) -> None:
    table = pd.DataFrame(
        [
            {
                "Strategy": row.label,
                "Kind": figures.ROLES[row.role],
                **{name.capitalize(): _MARKS.get(s, s) for name, s in row.states.items()},
            }
            for row in rows
        ]
    ).fillna("")
    st.dataframe(table, hide_index=True)
    for row in rows:
        if row.error:
            st.caption(f"{theme.safe(row.label)}: {plain(row.error)}")
